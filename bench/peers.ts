/**
 * The programs we compare with. They live in bench/peers with a lockfile of their own, are installed when a bench asks
 * for one, and are no part of Writ.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const peersDirectory = fileURLToPath(new URL('./peers/', import.meta.url))

const require = createRequire(new URL('./peers/package.json', import.meta.url))

/** Installs the peers unless they are there. @throws Error that says what npm said */
export async function installPeers(say: (progress: string) => void): Promise<void> {
  if (existsSync(`${peersDirectory}node_modules/.package-lock.json`)) return
  say('installing what is compared with: npm ci in bench/peers')
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: peersDirectory,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  npm.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise((resolve) => npm.on('error', resolve).on('close', resolve))
  if (code !== 0) {
    throw new Error(
      `npm ci in bench/peers failed (${code}). It needs the network once; --only leaves benches out.\n${output.trim()}`,
    )
  }
}

/** A peer's module, untyped: the types of programs that may not be installed cannot be relied on. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export async function peer(name: string): Promise<any> {
  return import(pathToFileURL(require.resolve(name)).href)
}

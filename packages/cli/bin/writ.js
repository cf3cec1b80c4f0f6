#!/usr/bin/env node
/*
 * Where `writ` begins, in plain JavaScript so that any Node can at least say what is missing.
 *
 * In a checkout the source is TypeScript and runs as it is: under this Node when it strips types, else under the
 * one that `npm ci` brought (node_modules/.bin/node). In the published package there is only dist/.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const oldest = [20, 19]
const source = new URL('../src/main.ts', import.meta.url)

if (!existsSync(source)) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    fail(
      `writ needs Node ${oldest.join('.')} or newer; this is ${process.version}. Get one from https://nodejs.org.`,
    )
  } else await start(new URL('../dist/main.js', import.meta.url))
} else if (process.features.typescript) await start(source)
else restart()

async function start(main) {
  const { main: run } = await import(main.href)
  await run()
}

/** Runs the same command under the Node of the checkout; signals and the way it ends are passed through. */
function restart() {
  const { node } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  ).devDependencies
  const program = ['../../../node_modules/node/bin/node', '../../../node_modules/node/bin/node.exe']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path))
  if (program === undefined) {
    fail(
      `This checkout runs on Node ${node}; this is ${process.version}. Run \`npm ci\` here: it brings that Node along.`,
    )
    return
  }
  const child = spawn(program, process.argv.slice(1), { stdio: 'inherit' })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  const forward = (signal) => child.kill(signal)
  for (const signal of signals) process.on(signal, forward)
  child.on('error', (error) => fail(`${program} could not be started: ${error.message}`))
  child.on('exit', (code, signal) => {
    for (const name of signals) process.off(name, forward)
    if (signal === null) process.exitCode = code
    else process.kill(process.pid, signal)
  })
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exitCode = 4
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const bin = join(root, 'packages/cli/bin/writ.js')
const policy = join(root, 'policies/sales-agent.policy.yaml')

let folder: string
let running: ChildProcess[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-serve-'))
  // As root the database runs under an account of its own, which has to reach its data.
  chmodSync(folder, 0o755)
  running = []
})

afterEach(async () => {
  for (const child of running.filter((each) => each.exitCode === null && each.signalCode === null)) {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
})

interface Started {
  readonly child: ChildProcess
  readonly url: string
  readonly seen: { stdout: string; stderr: string }
}

async function serve(options: { node?: string; args?: string[] } = {}): Promise<Started> {
  const port = await freePort()
  const args = [
    bin,
    'serve',
    '--data',
    join(folder, 'data'),
    '--port',
    String(port),
    ...(options.args ?? ['--policy', policy]),
  ]
  const child = spawn(options.node ?? process.execPath, args, { cwd: folder, env: environment() })
  running.push(child)
  const seen = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    seen.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    seen.stderr += chunk
  })
  const ended = once(child, 'exit').then(() => 'ended')
  while (!seen.stdout.includes('Ctrl-C') && !seen.stdout.includes('"running"')) {
    if ((await Promise.race([once(child.stdout, 'data'), ended])) === 'ended') break
  }
  return { child, url: `http://localhost:${port}`, seen }
}

/** Without what the surrounding run has set. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(WRIT_|DATABASE_|VITEST|NODE_OPTIONS)/.test(name),
  )
  return { ...Object.fromEntries(kept), NO_COLOR: '1' }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function endOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, 'exit')
  return child.exitCode
}

describe('writ serve', () => {
  test('says where it is and how to set it up, and stops on SIGTERM with 0', async () => {
    const { child, url, seen } = await serve()
    expect(seen.stdout).toContain(`Address   ${url}\n`)
    expect(seen.stdout).toContain(`API docs  ${url}/docs\n`)
    expect(seen.stdout).toContain(`Mails     ${url}/outbox\n`)
    expect(seen.stdout).toMatch(/Set up {4}\S+\/setup#token=writ_setup_\S+/)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await endOf(child)).toBe(0)
    expect(seen.stderr).toContain('Stopped.')
    for (const line of seen.stderr.split('\n').filter((each) => each.startsWith('{')))
      expect(JSON.parse(line)).toHaveProperty('level')
  })

  test('with --json is one JSON value, and stops on SIGINT with 0', async () => {
    const { child, url, seen } = await serve({ args: ['--policy', policy, '--json'] })
    expect(JSON.parse(seen.stdout)).toMatchObject({
      status: 'running',
      publicUrl: url,
      docsUrl: `${url}/docs`,
      outboxUrl: `${url}/outbox`,
    })
    child.kill('SIGINT')
    expect(await endOf(child)).toBe(0)
    expect(seen.stderr).toBe('')
  })

  test('says that something else listens there, and suggests the next port', async () => {
    const { url } = await serve()
    const port = Number(new URL(url).port)
    const second = spawnSync(
      process.execPath,
      [bin, 'serve', '--data', join(folder, 'other'), '--policy', policy, '--port', String(port)],
      {
        cwd: folder,
        env: environment(),
        encoding: 'utf8',
      },
    )
    expect(second.status).toBe(4)
    expect(second.stderr).toContain(`Something else is listening on 127.0.0.1:${port} already.`)
    expect(second.stderr).toContain(`writ serve --port ${port + 1}`)
  })

  test('lists what is wrong with the configuration, in the words that were typed', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [bin, 'serve', '--port', 'many', '--data', join(folder, 'data')],
      {
        cwd: folder,
        env: { ...environment(), WRIT_POTR: '1' },
        encoding: 'utf8',
      },
    )
    expect({ status, stdout }).toEqual({ status: 4, stdout: '' })
    expect(stderr).toContain('--port ')
    expect(stderr).toContain('WRIT_POTR is not a variable of Writ')
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test('at the first start without a policy says which variable names one', () => {
    const { status, stderr } = spawnSync(process.execPath, [bin, 'serve', '--data', join(folder, 'data')], {
      cwd: folder,
      env: environment(),
      encoding: 'utf8',
    })
    expect(status).toBe(4)
    expect(stderr).toContain('WRIT_POLICY should name a policy file')
  })
})

describe('bin/writ.js', () => {
  const old = ['/usr/bin/node', '/usr/local/bin/node'].find(
    (path) => existsSync(path) && !process.version.startsWith(versionOf(path)),
  )

  test.runIf(old)(
    'in a checkout goes on under its own node when the one it has strips no types',
    async () => {
      const { child, url } = await serve({ node: old! })
      expect((await fetch(`${url}/healthz`)).status).toBe(200)
      child.kill('SIGTERM')
      expect(await endOf(child)).toBe(0)
    },
  )

  test('ends silently when its reader goes away', () => {
    const { stdout, stderr } = spawnSync(
      'sh',
      ['-c', `"${process.execPath}" "${bin}" policy schema | head -n 1`],
      {
        env: environment(),
        encoding: 'utf8',
      },
    )
    expect({ stdout, stderr }).toEqual({ stdout: '{\n', stderr: '' })
  })

  test('shows a stack trace under WRIT_LOG=debug alone', () => {
    const check = (env: NodeJS.ProcessEnv) =>
      spawnSync(process.execPath, [bin, 'policy', 'check', 'missing'], { cwd: folder, env, encoding: 'utf8' })
        .stderr
    expect(check(environment())).not.toMatch(/\n\s+at /)
    expect(check({ ...environment(), WRIT_LOG: 'debug' })).toMatch(/\n\s+at /)
  })
})

function versionOf(node: string): string {
  return spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
}

/**
 * A server in a process of its own, on an embedded database of its own, that can be killed with or without it.
 *
 * Only what was started here is ever killed, by its process id.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isPostmaster, processIdentity } from '../../src/platform/postgres/processes.ts'
import { removeDirectory, temporaryDirectory } from './cluster.ts'

const script = fileURLToPath(new URL('./attack-server.ts', import.meta.url))
const policy = fileURLToPath(new URL('../../../../policies/sales-agent.policy.yaml', import.meta.url))

export interface Victim {
  /** Of the server that runs now. */
  readonly address: string
  readonly setupUrl: string | undefined
  readonly pid: number
  /** Of its database. */
  readonly postmaster: number
  /** Starts the server that was killed, as its operator would: by the same command and nothing else. */
  start(): Promise<void>
  kill(what: 'server' | 'postmaster' | 'both'): Promise<void>
  /** Ends the server as a supervisor does, and waits for it. */
  stop(): Promise<void>
  /** Stops what runs and removes everything. */
  remove(): Promise<void>
}

/** Starts a server on an empty directory. */
export async function startVictim(environment: Record<string, string> = {}): Promise<Victim> {
  const outer = temporaryDirectory()
  chmodSync(outer, 0o711) // For the database's account, when this runs as root.
  const directory = join(outer, 'd')
  mkdirSync(directory, { mode: 0o700 })
  const data = join(directory, 'postgres', 'data')
  let server: ChildProcess | undefined
  let announced: { address: string; setupUrl?: string } | undefined

  const victim: Victim = {
    get address() {
      return announced!.address
    },
    get setupUrl() {
      return announced!.setupUrl
    },
    get pid() {
      return server!.pid!
    },
    get postmaster() {
      return postmasterOf(data)!
    },
    async start() {
      server = spawn(process.execPath, [script], {
        env: {
          PATH: process.env['PATH'],
          HOME: process.env['HOME'],
          WRIT_DATA: directory,
          WRIT_POLICY: policy,
          WRIT_PORT: '0',
          WRIT_URL: 'http://localhost:8484',
          WRIT_LOG: process.env['TEST_LOG'] ?? 'silent',
          ...environment,
        },
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      announced = await firstLine(server)
    },
    async kill(what) {
      // Both at once: neither may have time to react to the other's death.
      const postmaster = what === 'server' ? undefined : postmasterOf(data)
      if (what !== 'postmaster') server!.kill('SIGKILL')
      if (postmaster !== undefined && isPostmaster(postmaster, data)) process.kill(postmaster, 'SIGKILL')
      if (what !== 'postmaster') await ended(server!)
      if (postmaster !== undefined) await gone(postmaster)
    },
    async stop() {
      server!.stdin!.end()
      await ended(server!)
    },
    async remove() {
      if (server && server.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL')
        await ended(server)
      }
      const postmaster = postmasterOf(data)
      if (postmaster !== undefined && isPostmaster(postmaster, data)) {
        process.kill(postmaster, 'SIGQUIT')
        await gone(postmaster)
      }
      removeDirectory(outer)
    },
  }
  await victim.start()
  return victim
}

async function firstLine(server: ChildProcess): Promise<{ address: string; setupUrl?: string }> {
  let text = ''
  for await (const chunk of server.stdout!) {
    text += chunk
    if (text.includes('\n')) return JSON.parse(text.slice(0, text.indexOf('\n')))
  }
  throw new Error('The server ended before it listened; what it wrote to stderr says why.')
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
}

function postmasterOf(data: string): number | undefined {
  const file = join(data, 'postmaster.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined
}

async function gone(pid: number): Promise<void> {
  while (processIdentity(pid) !== undefined) await new Promise((resolve) => setImmediate(resolve))
}

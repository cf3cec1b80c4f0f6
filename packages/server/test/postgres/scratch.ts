/**
 * Databases and processes of one test, gone after it however it ends.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { isPostmaster, processIdentity } from '../../src/platform/postgres/processes.ts'
import {
  type EmbeddedOptions,
  type EmbeddedPostgres,
  startEmbedded,
} from '../../src/platform/postgres/supervisor.ts'
import { removeDirectory, temporaryDirectory } from '../support/cluster.ts'

/** An empty directory whose database, should the test leave one running, is stopped. */
export function scratchDirectory(): string {
  const outer = temporaryDirectory()
  chmodSync(outer, 0o711) // For the database's account, when the tests run as root.
  const directory = join(outer, 'd')
  mkdirSync(directory, { mode: 0o700 })
  onTestFinished(async () => {
    const data = join(directory, 'postgres', 'data')
    const pid = postmasterPid(data)
    if (pid !== undefined && isPostmaster(pid, data)) {
      process.kill(pid, 'SIGQUIT')
      await gone(pid)
    }
    removeDirectory(outer)
  })
  return directory
}

/** Starts a database that is stopped after the test. */
export async function start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const database = await startEmbedded(options)
  onTestFinished(() => database.stop())
  return database
}

export interface ServerProcess {
  readonly process: ChildProcess
  /** Of the postmaster. */
  readonly pid: number
  readonly ownerUrl: string
}

/** Another server process on this directory, with its database running. */
export async function startServerProcess(directory: string): Promise<ServerProcess> {
  const server = spawnServerProcess(directory)
  let text = ''
  for await (const chunk of server.stdout!) {
    text += chunk
    if (text.includes('\n')) break
  }
  return { process: server, ...(JSON.parse(text) as { pid: number; ownerUrl: string }) }
}

export function spawnServerProcess(directory: string): ChildProcess {
  const script = fileURLToPath(new URL('./serve.ts', import.meta.url))
  const server = spawn(process.execPath, [script, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void server.kill('SIGKILL'))
  return server
}

export async function killHard(server: ChildProcess): Promise<void> {
  const exited = once(server, 'exit')
  server.kill('SIGKILL')
  await exited
}

/** Resolves when the process has ended; the test's time limit is the bound. */
export async function gone(pid: number): Promise<void> {
  while (processIdentity(pid) !== undefined) await new Promise((resolve) => setImmediate(resolve))
}

export function postmasterPid(data: string): number | undefined {
  const file = join(data, 'postmaster.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined
}

export async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows
  } finally {
    await client.end()
  }
}

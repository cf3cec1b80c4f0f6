import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { programPath } from './binaries.ts'
import type { Cluster } from './cluster.ts'
import { DatabaseError } from './errors.ts'
import { isPostmaster, processIdentity } from './processes.ts'
import { notLoadable, ProgramFailed, programEnvironment, runProgram } from './program.ts'
import { logFiles } from './settings.ts'

/** A PostgreSQL server process that accepts connections. */
export interface Postmaster {
  readonly pid: number
  /** Resolves, never rejects, when the process has ended, with how as far as that is known. */
  readonly ended: Promise<string>
}

/** The lock file that PostgreSQL keeps in its data directory: storage.sgml, "postmaster.pid". */
interface PidFile {
  readonly pid: number
  readonly port: number
  /** Empty when it listens on TCP alone. */
  readonly socketDirectory: string
  readonly status: string
}

/** Crash recovery replays at most max_wal_size; a machine that needs longer than this needs a person. */
const startTimeoutMs = 180_000
const pollMs = 10
const adoptedPollMs = 100

export function readPidFile(cluster: Cluster): PidFile | undefined {
  try {
    const lines = readFileSync(join(cluster.data, 'postmaster.pid'), 'utf8').split('\n')
    const [pid, , , port, socketDirectory = '', , , status = ''] = lines.map((line) => line.trim())
    return { pid: Number(pid), port: Number(port), socketDirectory, status }
  } catch {
    return undefined
  }
}

/** The postmaster of this cluster that runs now, whoever started it. */
export function runningPostmaster(cluster: Cluster): PidFile | undefined {
  const file = readPidFile(cluster)
  return file && isPostmaster(file.pid, cluster.data) ? file : undefined
}

/**
 * Starts a postmaster; it is a process group of its own, so the terminal's Ctrl-C reaches the server, which
 * drains and then stops the database, and not the database under it. It outlives this process.
 *
 * @throws `database.start_failed` with the last words of its log.
 */
export async function launch(cluster: Cluster): Promise<Postmaster> {
  const log = openSync(startLog(cluster), 'w', 0o600)
  const child = spawn(programPath(cluster.binaries, 'postgres'), ['-D', cluster.data], {
    cwd: cluster.data,
    env: { ...programEnvironment(), ...ignoreReusedPid(cluster) },
    stdio: ['ignore', log, log],
    detached: true,
    windowsHide: true,
    ...cluster.account,
  })
  closeSync(log)
  const ended = endOf(child, cluster)
  child.unref()
  if (child.pid !== undefined && (await becomesReady(cluster, child.pid, ended)))
    return { pid: child.pid, ended }
  const how =
    child.pid !== undefined && processIdentity(child.pid)
      ? `not ready after ${startTimeoutMs} ms`
      : await ended
  throw new DatabaseError(
    'database.start_failed',
    `The database in ${cluster.data} did not start (${how}): ${lastWords(cluster)}`,
  )
}

/**
 * Takes over a postmaster that an earlier server left behind, if it is the one we would start: it proves by
 * SCRAM that it knows our password, serves our directory and is of our version.
 */
export async function adopt(cluster: Cluster, superuserUrl: string): Promise<Postmaster | undefined> {
  const running = await settled(cluster)
  if (!running || !(await isOurs(cluster, superuserUrl))) return undefined
  return { pid: running.pid, ended: endOfStranger(running.pid) }
}

/**
 * Stops the postmaster if one runs: open transactions are rolled back, a checkpoint is written. When that
 * takes too long it is told to stop without one, and the next start recovers from the log.
 *
 * @throws `database.stop_failed` when it is still there.
 */
export async function shutDown(cluster: Cluster, timeoutSeconds: number): Promise<void> {
  let words = ''
  for (const mode of ['fast', 'immediate']) {
    if (!runningPostmaster(cluster)) return
    const args = ['stop', '-D', cluster.data, '-m', mode, '-t', String(timeoutSeconds), '-w', '-s']
    try {
      await runProgram(cluster.binaries, 'pg_ctl', args, { account: cluster.account, cwd: cluster.data })
    } catch (error) {
      if (!(error instanceof ProgramFailed)) throw error
      words = error.message // It may have ended between our look and pg_ctl's.
    }
  }
  const running = runningPostmaster(cluster)
  if (running)
    throw new DatabaseError(
      'database.stop_failed',
      `The database process ${running.pid} does not stop: ${words}`,
    )
}

/**
 * A postmaster refuses to start while the pid in a left postmaster.pid lives, even as somebody else's. Deleting
 * the file would also delete its other use, finding orphaned backends that still write. PostgreSQL has a
 * variable for a pid that is known not to be a postmaster (CreateLockFile in miscinit.c): with it, it forgives the
 * pid and still looks for orphans.
 */
function ignoreReusedPid(cluster: Cluster): NodeJS.ProcessEnv {
  const left = readPidFile(cluster)
  if (!left || isPostmaster(left.pid, cluster.data)) return {}
  return { PG_GRANDPARENT_PID: String(left.pid) }
}

function endOf(child: ChildProcess, cluster: Cluster): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ? `killed by ${signal}` : `exit code ${code}`))
    child.once('error', (error: NodeJS.ErrnoException) => {
      resolve(
        error.code === 'ENOENT' ? notLoadable(programPath(cluster.binaries, 'postgres')) : error.message,
      )
    })
  })
}

/** Nobody is told of the end of another's child, so this looks. */
async function endOfStranger(pid: number): Promise<string> {
  const identity = processIdentity(pid)
  while (identity !== undefined && processIdentity(pid) === identity)
    await delay(adoptedPollMs, undefined, { ref: false })
  return 'ended'
}

async function becomesReady(cluster: Cluster, pid: number, ended: Promise<string>): Promise<boolean> {
  let over = false
  void ended.then(() => {
    over = true
  })
  const deadline = performance.now() + startTimeoutMs
  while (!over && performance.now() < deadline) {
    const file = readPidFile(cluster)
    if (file?.pid === pid && file.status === 'ready') return true
    await delay(pollMs)
  }
  return false
}

/** Waits until a running postmaster has either started or gone; undefined when none runs. */
async function settled(cluster: Cluster): Promise<PidFile | undefined> {
  const deadline = performance.now() + startTimeoutMs
  for (;;) {
    const running = runningPostmaster(cluster)
    if (!running || running.status === 'ready' || performance.now() > deadline) return running
    await delay(pollMs)
  }
}

async function isOurs(cluster: Cluster, superuserUrl: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: superuserUrl,
    connectionTimeoutMillis: 3000,
    query_timeout: 3000,
  })
  client.on('error', () => {}) // It may be shutting down; then the query says so.
  try {
    await client.connect()
    const { rows } = await client.query<{ data: string; version: string }>(
      `select current_setting('data_directory') as data, current_setting('server_version') as version`,
    )
    return rows[0]?.data === cluster.data && rows[0].version === cluster.binaries.version
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/** Before the log collector runs, PostgreSQL writes to standard error; afterwards to its log files. */
function lastWords(cluster: Cluster): string {
  const newest = logFiles(cluster).at(-1)
  const texts = [startLog(cluster), ...(newest ? [join(cluster.logs, newest)] : [])].map(tail)
  return texts.filter(Boolean).join('\n') || `see ${cluster.logs}`
}

function tail(path: string): string {
  return readFileSync(path, 'utf8').trim().split('\n').slice(-5).join('\n')
}

function startLog(cluster: Cluster): string {
  return join(cluster.logs, 'start.log')
}

/**
 * A PostgreSQL that belongs to this server process.
 *
 * Invariants
 * - One living server per directory: a second is refused, a killed one does not block its successor.
 * - The database outlives a kill -9 of the server and is adopted by the next; it never outlives `stop`.
 * - While the server lives, a database that dies is started again, on the same address.
 * - Nothing here listens to signals. The server drains first and calls `stop` last.
 *
 * @module
 */
import { mkdirSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { findBinaries } from './binaries.ts'
import { type Cluster, openCluster, superuserUrl } from './cluster.ts'
import { connectionUrl, type Endpoint, freePort, socketFits, withDatabase } from './endpoint.ts'
import { DatabaseError } from './errors.ts'
import { type Lock, takeLock } from './lock.ts'
import { type Log, silent } from './log.ts'
import { placeDatabase, reachableBinaries } from './placement.ts'
import { adopt, launch, type Postmaster, runningPostmaster, shutDown } from './postmaster.ts'
import { databaseName, ensureDatabase, ensureRoles, roles } from './roles.ts'
import { pruneLogs, readSettings, renderSettings, type Tuning, writeSettings } from './settings.ts'

export interface EmbeddedOptions {
  /** The server's data directory. The database's files go to `postgres` in it. */
  readonly directory: string
  readonly log?: Log
  /** Listen on this loopback port. Default: a Unix socket, or a free port where that cannot be. */
  readonly port?: number
  /** False only for tests: faster, and a crash loses what was committed last, a power failure everything. */
  readonly durable?: boolean
  /** Settings of postgresql.conf that win over the built-in ones. */
  readonly settings?: Readonly<Record<string, string>>
  /** The database process ended without having been asked to; it is being started again. */
  readonly onExit?: (how: string) => void
  /** Where root keeps what the database's account cannot reach in `directory`. */
  readonly stateDirectory?: string
}

const stopTimeoutSeconds = 10
const longestBackoffMs = 5_000
/** A database that lived this long did not fail by starting. */
const soundAfterMs = 10_000

/**
 * Starts the database of a directory, creating it on first use, and keeps it running until `stop`.
 *
 * Adopts a database that an earlier server left running, if it would be started the same way now; otherwise
 * stops that one first.
 *
 * @throws `database.directory_in_use` while another living server has the directory.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? silent
  const directory = makeDirectory(options.directory)
  const stateDirectory = options.stateDirectory ?? '/var/lib/writ'
  const tuning: Tuning = { durable: options.durable ?? true, settings: options.settings ?? {} }
  const lock = lockDirectory(directory)
  try {
    const placement = placeDatabase(directory, stateDirectory, log)
    const binaries = reachableBinaries(findBinaries(), placement.account, stateDirectory)
    const cluster = await openCluster(placement, binaries, tuning.durable)
    const endpoint = await chooseEndpoint(cluster, options.port)
    const postmaster = await adoptOrLaunch(cluster, endpoint, tuning, log)
    try {
      await prepare(cluster, endpoint)
    } catch (error) {
      await shutDown(cluster, stopTimeoutSeconds)
      throw error
    }
    return new EmbeddedPostgres(cluster, endpoint, lock, postmaster, log, options.onExit)
  } catch (error) {
    lock.release()
    throw error
  }
}

/** A running database of one's own. */
export class EmbeddedPostgres {
  /** The server's own role. Stays valid across restarts. */
  readonly appUrl: string
  /** For migrations. */
  readonly ownerUrl: string
  /** For tests and for the operator. The server does not use it. */
  readonly superuserUrl: string

  readonly #cluster: Cluster
  readonly #endpoint: Endpoint
  readonly #lock: Lock
  readonly #log: Log
  readonly #onExit: ((how: string) => void) | undefined
  readonly #restartListeners: (() => void)[] = []
  readonly #stopping = new AbortController()
  readonly #watching: Promise<void>
  #postmaster: Postmaster
  #restartCount = 0
  #stopped: Promise<void> | undefined

  /** Use {@link startEmbedded}. */
  constructor(
    cluster: Cluster,
    endpoint: Endpoint,
    lock: Lock,
    postmaster: Postmaster,
    log: Log,
    onExit: ((how: string) => void) | undefined,
  ) {
    const { credentials } = cluster
    this.appUrl = connectionUrl(endpoint, roles.app, credentials.app, databaseName)
    this.ownerUrl = connectionUrl(endpoint, roles.owner, credentials.owner, databaseName)
    this.superuserUrl = withDatabase(superuserUrl(cluster, endpoint), databaseName)
    this.#cluster = cluster
    this.#endpoint = endpoint
    this.#lock = lock
    this.#postmaster = postmaster
    this.#log = log
    this.#onExit = onExit
    this.#watching = this.#watch()
  }

  get pid(): number {
    return this.#postmaster.pid
  }

  get restartCount(): number {
    return this.#restartCount
  }

  /** Calls `listener` whenever the database accepts connections again after having died. */
  onRestart(listener: () => void): void {
    this.#restartListeners.push(listener)
  }

  /**
   * Stops the database and gives the directory free. Repeated calls wait for the first.
   *
   * @throws `database.stop_failed` when the process outlives both ways of stopping it, 10 s each.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    try {
      await shutDown(this.#cluster, stopTimeoutSeconds)
      await this.#watching
      // A restart that was under way when we were called may have brought up another one.
      await shutDown(this.#cluster, stopTimeoutSeconds)
    } finally {
      this.#lock.release()
    }
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping
    const stopping = new Promise<'stopping'>((resolve) => {
      signal.addEventListener('abort', () => resolve('stopping'), { once: true })
    })
    let failures = 0
    for (;;) {
      const since = performance.now()
      const how = await Promise.race([this.#postmaster.ended, stopping])
      if (signal.aborted) return
      this.#log.error({ pid: this.pid, how }, 'The database process ended unexpectedly; starting it again')
      this.#onExit?.(how)
      failures = performance.now() - since < soundAfterMs ? failures + 1 : 0
      const restarted = await this.#restart(failures)
      if (!restarted || signal.aborted) return
      this.#postmaster = restarted
      this.#restartCount += 1
      this.#log.info({ pid: this.pid }, 'The database runs again')
      for (const listener of this.#restartListeners) listener()
    }
  }

  /** Tries until it runs or `stop` is called: twice at once, then at growing distances. */
  async #restart(failuresBefore: number): Promise<Postmaster | undefined> {
    const { signal } = this.#stopping
    for (let failures = failuresBefore; !signal.aborted; failures += 1) {
      const backoffMs = failures <= 1 ? 0 : Math.min(longestBackoffMs, 50 * 2 ** failures)
      await delay(backoffMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return undefined
      try {
        const url = superuserUrl(this.#cluster, this.#endpoint)
        return (await adopt(this.#cluster, url)) ?? (await launch(this.#cluster))
      } catch (error) {
        this.#log.error({ err: error }, 'The database did not start; trying again')
      }
    }
    return undefined
  }
}

function makeDirectory(path: string): string {
  mkdirSync(dirname(resolve(path)), { recursive: true })
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return realpathSync(path)
}

function lockDirectory(directory: string): Lock {
  const lock = takeLock(join(directory, 'server.pid'))
  if (!('heldBy' in lock)) return lock
  throw new DatabaseError(
    'database.directory_in_use',
    `The server with process id ${lock.heldBy} already uses ${directory}. Stop it first, or give this one a directory of its own (WRIT_DATA). ` +
      'For several servers on one database set DATABASE_URL and DATABASE_OWNER_URL.',
  )
}

/** A database that already runs keeps its port, so that it can be adopted. */
async function chooseEndpoint(cluster: Cluster, port: number | undefined): Promise<Endpoint> {
  if (port !== undefined) return { port }
  if (socketFits(cluster.run)) return { socketDirectory: cluster.run }
  return { port: runningPostmaster(cluster)?.port || (await freePort()) }
}

async function adoptOrLaunch(
  cluster: Cluster,
  endpoint: Endpoint,
  tuning: Tuning,
  log: Log,
): Promise<Postmaster> {
  const settings = renderSettings(cluster, endpoint, tuning)
  if (settings === readSettings(cluster)) {
    const adopted = await adopt(cluster, superuserUrl(cluster, endpoint))
    if (adopted) {
      log.warn({ pid: adopted.pid }, 'Adopted the database process that an earlier server left running')
      return adopted
    }
  }
  await shutDown(cluster, stopTimeoutSeconds)
  writeSettings(cluster, settings)
  pruneLogs(cluster)
  return launch(cluster)
}

async function prepare(cluster: Cluster, endpoint: Endpoint): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl(cluster, endpoint) })
  await client.connect()
  try {
    await ensureRoles(client, cluster.credentials)
    await ensureDatabase(client, databaseName)
  } finally {
    await client.end()
  }
}

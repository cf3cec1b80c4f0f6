import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { findBinaries } from './binaries.ts'
import { openCluster } from './cluster.ts'
import { connectionUrl } from './endpoint.ts'
import { DatabaseError } from './errors.ts'
import { lockHolder } from './lock.ts'
import { type Log, silent } from './log.ts'
import { placeDatabase } from './placement.ts'
import { runningPostmaster } from './postmaster.ts'
import { databaseName, refusePowerfulRole, roles } from './roles.ts'
import { type EmbeddedPostgres, startEmbedded } from './supervisor.ts'

export interface DatabaseConfig {
  /** The server's data directory, used when no `databaseUrl` is given. */
  readonly dataDirectory: string
  /** `DATABASE_URL`: a PostgreSQL of the operator's, as `writ_app`. */
  readonly databaseUrl?: string | undefined
  /** `DATABASE_OWNER_URL`: the same database, as `writ_owner`. */
  readonly databaseOwnerUrl?: string | undefined
  /** Connections that this process opens at most; the embedded database allows as many and some to spare. */
  readonly connections?: number
}

export interface ResolvedDatabase {
  readonly appUrl: string
  /** Undefined: this server may not migrate; somebody else does. */
  readonly ownerUrl: string | undefined
  /** Undefined: the operator's own PostgreSQL, or that of a server which runs beside this process. */
  readonly embedded: EmbeddedPostgres | undefined
  /** Stops what was started here, and nothing else. */
  stop(): Promise<void>
}

const fewestConnections = 100
/** For the operator's commands and psql beside the server. */
const spareConnections = 20

type Events = { readonly log?: Log; readonly onExit?: (how: string) => void }

/**
 * The database that the configuration asks for, ready for connections: the operator's, checked, or the
 * embedded one, started.
 *
 * @throws `database.role_too_powerful` when row-level security would not hold the role of `databaseUrl`.
 * @throws `database.unreachable` and `database.configuration`; what {@link startEmbedded} throws.
 */
export async function resolveDatabase(
  config: DatabaseConfig,
  events: Events = {},
): Promise<ResolvedDatabase> {
  const { databaseUrl: appUrl, databaseOwnerUrl: ownerUrl } = config
  if (appUrl === undefined && ownerUrl !== undefined)
    throw new DatabaseError(
      'database.configuration',
      'DATABASE_OWNER_URL is set and DATABASE_URL is not: set both, or neither to use the embedded PostgreSQL.',
    )
  if (appUrl !== undefined) {
    await checkServerRole(appUrl)
    return { appUrl, ownerUrl, embedded: undefined, stop: async () => {} }
  }
  const settings = {
    max_connections: String(Math.max(fewestConnections, (config.connections ?? 0) + spareConnections)),
  }
  const embedded = await startEmbedded({ directory: config.dataDirectory, settings, ...events })
  return { appUrl: embedded.appUrl, ownerUrl: embedded.ownerUrl, embedded, stop: () => embedded.stop() }
}

/**
 * For the operator's commands, which are run beside a server as well as without one: the database of the
 * server that runs on this directory if there is one, otherwise as {@link resolveDatabase}.
 */
export async function resolveDatabaseBeside(
  config: DatabaseConfig,
  events: Events = {},
): Promise<ResolvedDatabase> {
  const running = config.databaseUrl === undefined ? await runningDatabase(config.dataDirectory) : undefined
  return running ?? resolveDatabase(config, events)
}

async function runningDatabase(path: string): Promise<ResolvedDatabase | undefined> {
  if (lockHolder(join(path, 'server.pid')) === undefined) return undefined
  const placement = placeDatabase(realpathSync(path), '', silent)
  if (placement.stagingPrefix !== undefined) return undefined
  const cluster = await openCluster(placement, findBinaries(), true)
  const running = runningPostmaster(cluster)
  if (!running) return undefined
  const { socketDirectory, port } = running
  const endpoint = socketDirectory ? { socketDirectory } : { port }
  return {
    appUrl: connectionUrl(endpoint, roles.app, cluster.credentials.app, databaseName),
    ownerUrl: connectionUrl(endpoint, roles.owner, cluster.credentials.owner, databaseName),
    embedded: undefined,
    stop: async () => {},
  }
}

async function checkServerRole(appUrl: string): Promise<void> {
  const client = await connect(appUrl)
  try {
    await refusePowerfulRole(client)
  } finally {
    await client.end()
  }
}

async function connect(url: string): Promise<pg.Client> {
  try {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
    await client.connect()
    return client
  } catch (cause) {
    // An AggregateError, one failure per address, has an empty message of its own.
    const { message, code } = cause as NodeJS.ErrnoException
    throw new DatabaseError(
      'database.unreachable',
      `No connection to the PostgreSQL that DATABASE_URL names: ${message || code}`,
      cause,
    )
  }
}

import { chownSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster } from './cluster.ts'
import { type Endpoint, socketPort } from './endpoint.ts'

/** Sized for a small machine that the server shares; ALTER SYSTEM overrides each of them. */
const tuned = {
  max_connections: '100',
  shared_buffers: '128MB',
  effective_cache_size: '1GB',
  random_page_cost: '1.1',
  max_wal_size: '1GB',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

const logged = {
  logging_collector: 'on',
  log_filename: 'postgresql-%Y%m%d-%H%M%S.log',
  log_file_mode: '0600',
  log_rotation_age: '0',
  log_rotation_size: '10MB',
  log_line_prefix: '%m [%p] %q%u@%d ',
  // A failed statement may carry a password, its detail a person's data; the server has both in the error it gets.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
}

const keptLogs = 10

/** For data that nobody misses after a crash of the machine or of PostgreSQL: tests. */
const notDurable = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }
const durably = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' }

export interface Tuning {
  readonly durable: boolean
  /** Further settings, which win over the built-in ones. */
  readonly settings?: Readonly<Record<string, string>>
}

/** The text of `writ.conf`. Two starts with the same text run the same database. */
export function renderSettings(cluster: Cluster, endpoint: Endpoint, tuning: Tuning): string {
  const settings = {
    ...tuned,
    ...logged,
    log_directory: cluster.logs,
    ...(tuning.durable ? durably : notDurable),
    ...tuning.settings,
    ...('port' in endpoint
      ? { listen_addresses: '127.0.0.1', port: String(endpoint.port), unix_socket_directories: '' }
      : {
          listen_addresses: '',
          port: String(socketPort),
          unix_socket_directories: quoteName(endpoint.socketDirectory),
        }),
    unix_socket_permissions: '0700',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quote(value)}`)
  return `# Written by the server at every start; changes here are lost. Use ALTER SYSTEM.\n${lines.join('\n')}\n`
}

export function readSettings(cluster: Cluster): string | undefined {
  try {
    return readFileSync(path(cluster), 'utf8')
  } catch {
    return undefined
  }
}

export function writeSettings(cluster: Cluster, text: string): void {
  writeFileSync(path(cluster), text, { mode: 0o600 })
  if (cluster.account) chownSync(path(cluster), cluster.account.uid, cluster.account.gid)
}

/** PostgreSQL begins a new file when one is full but removes none; their names sort by age. */
export function pruneLogs(cluster: Cluster): void {
  for (const name of logFiles(cluster).slice(0, -keptLogs)) rmSync(join(cluster.logs, name), { force: true })
}

/** Oldest first. */
export function logFiles(cluster: Cluster): string[] {
  return readdirSync(cluster.logs)
    .filter((name) => name.startsWith('postgresql-'))
    .sort()
}

function path(cluster: Cluster): string {
  return join(cluster.data, 'writ.conf')
}

/** A string of postgresql.conf: quotes are doubled, backslashes are escapes. */
function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

/** An element of a list setting: a comma separates directories unless the name is quoted. */
function quoteName(value: string): string {
  return `"${value.replaceAll('"', '""')}"`
}

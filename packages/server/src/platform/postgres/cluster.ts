import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { connectionUrl, type Endpoint } from './endpoint.ts'
import { DatabaseError } from './errors.ts'
import type { Placement } from './placement.ts'
import { runProgram } from './program.ts'

/** Passwords by role. Made with the cluster and never changed. */
export interface Credentials {
  readonly superuser: string
  readonly owner: string
  readonly app: string
}

/** An initialized database cluster on disk. */
export interface Cluster {
  readonly data: string
  readonly run: string
  readonly logs: string
  readonly account: Account | undefined
  readonly binaries: Binaries
  readonly credentials: Credentials
}

export const superuser = 'postgres'

/**
 * Opens the cluster, and makes it on first use. The caller holds the directory's lock.
 *
 * A cluster is made under another name and renamed when it is whole and on disk: whatever interrupts that
 * leaves nothing but a directory which the next call removes.
 *
 * @throws `database.version_mismatch` before anything is touched, when another major version wrote the files.
 * @throws `database.initialization_failed` with initdb's own words.
 */
export async function openCluster(
  placement: Placement,
  binaries: Binaries,
  durable: boolean,
): Promise<Cluster> {
  const { home, account } = placement
  if (placement.stagingPrefix !== undefined)
    await makeCluster(placement, placement.stagingPrefix, binaries, durable)
  const data = join(home, 'data')
  refuseOtherVersion(data, binaries)
  const credentials = JSON.parse(readFileSync(join(home, 'credentials.json'), 'utf8')) as Credentials
  return { data, run: join(home, 'run'), logs: join(home, 'log'), account, binaries, credentials }
}

/** The URL of the superuser: for the supervisor and for tests, never for the server's own queries. */
export function superuserUrl(cluster: Cluster, endpoint: Endpoint): string {
  return connectionUrl(endpoint, superuser, cluster.credentials.superuser, 'postgres')
}

async function makeCluster(
  { link, home, account }: Placement,
  prefix: string,
  binaries: Binaries,
  durable: boolean,
): Promise<void> {
  makeDirectory(dirname(home), undefined, 0o755)
  // The retries outlast an initdb that the death of its server left running: it fails once its files go.
  for (const left of readdirSync(dirname(home)).filter((name) => name.startsWith(prefix)))
    rmSync(join(dirname(home), left), { recursive: true, maxRetries: 10, retryDelay: 50 })

  const staging = join(dirname(home), `${prefix}${randomBytes(4).toString('hex')}`)
  for (const part of ['', 'run', 'log']) makeDirectory(join(staging, part), account, 0o700)
  const credentials: Credentials = { superuser: password(), owner: password(), app: password() }
  await initialize(staging, credentials.superuser, { account, binaries, durable })
  writeFileSync(join(staging, 'credentials.json'), `${JSON.stringify(credentials, null, 2)}\n`, {
    mode: 0o600,
  })

  if (durable) for (const path of [join(staging, 'credentials.json'), staging]) flush(path)
  renameSync(staging, home)
  if (link !== home) symlinkSync(home, link)
  if (durable) for (const path of new Set([dirname(home), dirname(link)])) flush(path)
}

async function initialize(
  staging: string,
  superuserPassword: string,
  { account, binaries, durable }: { account: Account | undefined; binaries: Binaries; durable: boolean },
): Promise<void> {
  const data = join(staging, 'data')
  const passwordFile = join(staging, 'password')
  writeFileSync(passwordFile, superuserPassword, { mode: 0o600 })
  if (account) chownSync(passwordFile, account.uid, account.gid)
  // The built-in provider orders text alike on every system and in every release of its C library.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const identity = [`--username=${superuser}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  const safety = ['--data-checksums', ...(durable ? [] : ['--no-sync'])]
  try {
    await runProgram(binaries, 'initdb', [`--pgdata=${data}`, ...identity, ...locale, ...safety], {
      account,
      cwd: staging,
    })
  } catch (cause) {
    const words = (cause as Error).message
    throw new DatabaseError(
      'database.initialization_failed',
      `The database could not be created in ${staging}: ${words}`,
      cause,
    )
  } finally {
    rmSync(passwordFile)
  }
  appendFileSync(
    join(data, 'postgresql.conf'),
    `\n# Written by the server at every start. Settings of your own: ALTER SYSTEM.\ninclude 'writ.conf'\n`,
  )
}

function refuseOtherVersion(data: string, binaries: Binaries): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  if (found === binaries.major) return
  throw new DatabaseError(
    'database.version_mismatch',
    `The database in ${data} was written by PostgreSQL ${found}, and this release brings PostgreSQL ${binaries.major}. ` +
      `Nothing was changed. Dump it with the pg_dump of version ${found} and restore it into a new directory, or run the earlier release.`,
  )
}

function makeDirectory(path: string, account: Account | undefined, mode: number): void {
  mkdirSync(path, { recursive: true, mode })
  if (account) chownSync(path, account.uid, account.gid)
}

function password(): string {
  return randomBytes(24).toString('base64url')
}

function flush(path: string): void {
  if (process.platform === 'win32') return // Windows opens no directory for syncing.
  const file = openSync(path, 'r')
  fsyncSync(file)
  closeSync(file)
}

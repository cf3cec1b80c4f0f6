/**
 * Brings a database to the schema of this release.
 *
 * Invariants
 * - A migration is one plain SQL file `0001_name.sql`, applied in the order of its number, in one transaction
 *   together with its row in `writ_migrations`: it happened wholly or not at all.
 * - Forward only. What was applied never changes; a database that knows more than this release is refused.
 * - Any number of servers may start at once: one migrates, the others wait and find it done.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { DatabaseError } from './postgres/errors.ts'
import { roles } from './postgres/roles.ts'

export interface Migration {
  readonly name: string
  readonly sha256: string
  readonly sql: string
}

interface Applied {
  readonly name: string
  readonly sha256: string
}

/** Identifies the lock among all advisory locks of a database: the bytes of `writ`. */
const lockKey = 0x77726974

const namePattern = /^(\d{4})_[a-z0-9_]+\.sql$/

/** Longer than any statement of the server holds a table; a migration that queues holds up everybody behind it. */
const lockTimeout = '30s'

/**
 * The migrations of a directory, in order.
 *
 * @throws `database.migration_invalid` for a .sql file whose name would be skipped silently, and for two of one number.
 */
export function readMigrations(directory: string): Migration[] {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  const numbers = new Map<string, string>()
  for (const name of names) {
    const number = namePattern.exec(name)?.[1]
    if (number === undefined)
      throw new DatabaseError(
        'database.migration_invalid',
        `${join(directory, name)}: a migration is named 0001_lower_case.sql`,
      )
    const other = numbers.get(number)
    if (other !== undefined)
      throw new DatabaseError(
        'database.migration_invalid',
        `${other} and ${name} have the same number: give the later one the next free number.`,
      )
    numbers.set(number, name)
  }
  return names.map((name) => readMigration(directory, name))
}

/**
 * Applies what is missing, as the role that owns the tables.
 *
 * `target` is a URL or a connected client; it needs a session of its own, so no pooler in transaction mode.
 *
 * @returns the names of the migrations that this call applied.
 * @throws `database.migration_changed`, `database.migration_missing` or `database.schema_newer` before anything is
 *   applied; `database.migration_failed` with the line, after the migrations before it were applied.
 */
export async function migrate(target: string | pg.Client, directory: string): Promise<{ applied: string[] }> {
  const migrations = readMigrations(directory)
  return withClient(target, async (client) => {
    await requireRoles(client)
    await client.query('select pg_advisory_lock($1)', [lockKey])
    try {
      await createLedger(client)
      const pending = pendingOf(migrations, await readLedger(client))
      for (const migration of pending) await apply(client, migration)
      return { applied: pending.map(({ name }) => name) }
    } finally {
      // A broken connection has released it already, and must not hide why it broke.
      await client.query('select pg_advisory_unlock($1)', [lockKey]).catch(() => {})
    }
  })
}

/**
 * For a server that may not migrate: makes sure that somebody did.
 *
 * @throws `database.migration_missing` naming what is not applied, and what {@link migrate} refuses.
 */
export async function verifyMigrated(target: string | pg.Client, directory: string): Promise<void> {
  const pending = await withClient(target, async (client) => {
    const { rows } = await client.query<{ there: boolean }>(
      `select to_regclass('public.writ_migrations') is not null as there`,
    )
    return pendingOf(readMigrations(directory), rows[0]!.there ? await readLedger(client) : [])
  })
  if (pending.length === 0) return
  throw new DatabaseError(
    'database.migration_missing',
    `The database lacks ${pending.map(({ name }) => name).join(', ')}. Set DATABASE_OWNER_URL so that the server can migrate it.`,
  )
}

function readMigration(directory: string, name: string): Migration {
  // A checkout on Windows may have CRLF; the migration is the same.
  const sql = readFileSync(join(directory, name), 'utf8').replaceAll('\r\n', '\n')
  return { name, sha256: createHash('sha256').update(sql).digest('hex'), sql }
}

function pendingOf(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const { name, sha256 } of applied) {
    const migration = known.get(name)
    if (!migration)
      throw new DatabaseError(
        'database.schema_newer',
        `The database was migrated by a newer release: ${name} is unknown to this one. Run that release or a later one; to go back, restore a backup made before it.`,
      )
    if (migration.sha256 !== sha256)
      throw new DatabaseError(
        'database.migration_changed',
        `${name} was changed after it had been applied to this database. Restore the file as it was released, and put the change into a new migration.`,
      )
  }
  const done = new Set(applied.map(({ name }) => name))
  const pending = migrations.filter(({ name }) => !done.has(name))
  const last = applied.at(-1)?.name ?? ''
  const late = pending.find(({ name }) => name < last)
  if (late)
    throw new DatabaseError(
      'database.migration_missing',
      `${late.name} is not applied to this database, and ${last}, which comes after it, is. Give the newer of the two files the next free number.`,
    )
  return pending
}

async function requireRoles(client: pg.Client): Promise<void> {
  const needed = Object.values(roles)
  const { rows } = await client.query<{ rolname: string }>(
    'select rolname from pg_roles where rolname = any($1)',
    [needed],
  )
  const missing = needed.filter((role) => !rows.some(({ rolname }) => rolname === role))
  if (missing.length === 0) return
  throw new DatabaseError(
    'database.configuration',
    `The PostgreSQL server has no role ${missing.join(', ')}: create it as docs/reference/external-postgresql.md shows.`,
  )
}

async function createLedger(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query(`select where to_regclass('public.writ_migrations') is not null`)
  if (rowCount) return
  await client.query(`
    begin;
    create table public.writ_migrations (
      name text primary key,
      sha256 text not null,
      applied_at timestamptz not null default now()
    );
    comment on table public.writ_migrations is 'The migrations that made this schema.';
    comment on column public.writ_migrations.name is 'The name of the file.';
    comment on column public.writ_migrations.sha256 is 'Of the file with LF line ends; a released migration never changes.';
    comment on column public.writ_migrations.applied_at is 'When its transaction began.';
    grant select on public.writ_migrations to ${roles.app};
    commit`)
}

async function readLedger(client: pg.Client): Promise<Applied[]> {
  const { rows } = await client.query<Applied>(
    'select name, sha256 from public.writ_migrations order by name collate "C"',
  )
  return rows
}

async function apply(client: pg.Client, { name, sha256, sql }: Migration): Promise<void> {
  await client.query('begin')
  try {
    const before = await transactionId(client)
    await client.query(`set local lock_timeout = '${lockTimeout}'`)
    // A role must be able to create in a schema to be given a function there; it has that for this long only.
    await client.query(`grant create on schema public to ${roles.system}`)
    await run(client, name, sql)
    await client.query(`reset role; revoke create on schema public from ${roles.system}`)
    if ((await transactionId(client)) !== before)
      throw new DatabaseError(
        'database.migration_failed',
        `${name} ends its own transaction: remove its COMMIT or ROLLBACK.`,
      )
    await client.query('insert into public.writ_migrations (name, sha256) values ($1, $2)', [name, sha256])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

async function run(client: pg.Client, name: string, sql: string): Promise<void> {
  try {
    await client.query(sql)
  } catch (cause) {
    if (!(cause instanceof pg.DatabaseError)) throw cause
    // The position counts characters from 1, in the text as it was sent.
    const line =
      cause.position && [...sql].slice(0, Number(cause.position) - 1).filter((c) => c === '\n').length + 1
    const detail = cause.detail ? ` (${cause.detail})` : ''
    const where = line ? `${name}, line ${line}` : name
    throw new DatabaseError(
      'database.migration_failed',
      `${where}: ${cause.message}${detail}. Nothing of this migration was applied.`,
      cause,
    )
  }
}

async function transactionId(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ id: string }>('select pg_current_xact_id()::text as id')
  return rows[0]!.id
}

async function withClient<T>(
  target: string | pg.Client,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  if (typeof target !== 'string') return work(target)
  const client = new pg.Client({ connectionString: target })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

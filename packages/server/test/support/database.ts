/**
 * A migrated database per test file, cloned from a template.
 *
 * The template is named by a hash of the migrations, so one that exists is the right one; it is built under a
 * private name and renamed last, so one that exists is whole.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { migrate, readMigrations } from '../../src/platform/migrations.ts'
import { withDatabase } from '../../src/platform/postgres/endpoint.ts'
import { closeDatabase, roles } from '../../src/platform/postgres/roles.ts'
import { type TestCluster, testCluster } from './cluster.ts'

export interface TestDatabase {
  readonly appUrl: string
  readonly ownerUrl: string
  /** Sees and may do everything: to look at what the server cannot. */
  readonly superuserUrl: string
  /** What the server is. */
  readonly app: pg.Pool
  readonly owner: pg.Pool
  /** Closes the pools and removes the database, whoever is still connected to it. */
  drop(): Promise<void>
}

/** The migrations of this release. */
export const releaseMigrations = fileURLToPath(new URL('../../migrations/', import.meta.url))

const lockKey = 7

/** A new database with this release's schema, or with that of another directory of migrations. */
export async function freshDatabase(migrations = releaseMigrations): Promise<TestDatabase> {
  const cluster = await testCluster()
  const name = `test_${unique()}`
  await asSuperuser(cluster, async (superuser) => {
    const template = await ensureTemplate(cluster, superuser, migrations)
    await superuser.query(
      `create database ${name} template ${template} strategy file_copy owner ${roles.owner}`,
    )
    await closeDatabase(superuser, name)
  })
  return open(cluster, name)
}

/** A new database with nothing in it, for tests of the migrations themselves. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const cluster = await testCluster()
  const name = `test_${unique()}`
  await asSuperuser(cluster, async (superuser) => {
    await superuser.query(`create database ${name} strategy file_copy owner ${roles.owner}`)
    await closeDatabase(superuser, name)
  })
  return open(cluster, name)
}

function open(cluster: TestCluster, name: string): TestDatabase {
  const appUrl = withDatabase(cluster.appUrl, name)
  const ownerUrl = withDatabase(cluster.ownerUrl, name)
  const app = tolerantPool({ connectionString: appUrl, max: 5 })
  const owner = tolerantPool({ connectionString: ownerUrl, max: 2 })
  return {
    appUrl,
    ownerUrl,
    superuserUrl: withDatabase(cluster.superuserUrl, name),
    app,
    owner,
    async drop() {
      await Promise.all([app.end(), owner.end()])
      await asSuperuser(cluster, (superuser) => superuser.query(`drop database ${name} with (force)`))
    },
  }
}

/** A connection that is ended from outside, even while it closes, must not end the test run. */
function tolerantPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config)
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

async function ensureTemplate(
  cluster: TestCluster,
  superuser: pg.Client,
  migrations: string,
): Promise<string> {
  const hashes = readMigrations(migrations).map(({ name, sha256 }) => `${name} ${sha256}\n`)
  const template = `template_${createHash('sha256').update(hashes.join('')).digest('hex').slice(0, 16)}`
  // The session's end releases the lock if anything below throws.
  await superuser.query('select pg_advisory_lock($1)', [lockKey])
  const { rowCount } = await superuser.query('select from pg_database where datname = $1', [template])
  if (!rowCount) await buildTemplate(cluster, superuser, { template, migrations })
  await superuser.query('select pg_advisory_unlock($1)', [lockKey])
  return template
}

async function buildTemplate(
  cluster: TestCluster,
  superuser: pg.Client,
  { template, migrations }: { template: string; migrations: string },
): Promise<void> {
  const building = `building_${unique()}`
  await superuser.query(`create database ${building} strategy file_copy owner ${roles.owner}`)
  await migrate(withDatabase(cluster.ownerUrl, building), migrations)
  // Nobody may connect to it, or cloning it would be refused.
  await superuser.query(`alter database ${building} with allow_connections false`)
  await superuser.query(`alter database ${building} rename to ${template}`)
}

async function asSuperuser<T>(cluster: TestCluster, work: (superuser: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: withDatabase(cluster.superuserUrl, 'postgres') })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function unique(): string {
  return randomUUID().replaceAll('-', '')
}

/**
 * A database as an attacker finds it who controls every statement the server sends: seeded organizations, what may
 * be signed, and what is worthless.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { createPool, Database } from '#platform/database'
import { installContextKey } from '#platform/secrets'
import { connectAs } from './attack-snapshot.ts'
import { readTables, type Table } from './attack-sql.ts'
import { belongsTo, purposeRows, scopeOf, seedTenants, sharedTables, type Tenant } from './attack-tenants.ts'
import { freshDatabase, type TestDatabase } from './database.ts'

export interface AttackedDatabase {
  readonly database: TestDatabase
  /** Sees all: for seeding, and for telling whether an attack changed something. */
  readonly superuser: pg.Client
  readonly acme: Tenant
  readonly globex: Tenant
  readonly platform: Tenant
  readonly tables: readonly Table[]
  readonly tenantTables: readonly Table[]
  /** As the server signs. */
  sign: Database['sign']
  /** Contexts that must open nothing of `acme`, with what is wrong with each. */
  worthless(table: string): [string, string | null][]
  /** A tenant's row of a table as JSON. */
  rowOf(table: Table, tenant: Tenant): Promise<string>
  stop(): Promise<void>
}

export async function attackedDatabase(): Promise<AttackedDatabase> {
  const database = await freshDatabase()
  const superuser = await connectAs(database.superuserUrl)
  const master = randomBytes(32)
  const owner = await database.owner.connect()
  await installContextKey(owner, master, new Date())
  owner.release()
  const signer = signerFor(database, master)
  const stranger = signerFor(database, randomBytes(32))
  const tenants = await seedTenants(superuser)
  const { acme, globex } = tenants
  const tables = await readTables(superuser)
  return {
    ...tenants,
    database,
    superuser,
    tables,
    tenantTables: tables.filter(({ name }) => !(name in sharedTables) && !(name in purposeRows)),
    sign: (scope) => signer.sign(scope),
    worthless(table) {
      const scope = scopeOf(table, acme)
      const valid = signer.sign(scope)
      return [
        ['no context', null],
        ['an empty context', ''],
        ['a context without a signature', scope],
        ['garbage', `${'x'.repeat(200)}'; --`],
        ['a signature of zeros', `${scope}.${'0'.repeat(64)}`],
        ['one digit of the signature changed', valid.slice(0, -1) + (valid.endsWith('0') ? '1' : '0')],
        ['the signature of another scope', `${scope}.${signer.sign(scopeOf(table, globex)).slice(-64)}`],
        ['a signature made with another key', stranger.sign(scope)],
        ['a valid context with something before it', ` ${valid}`],
        ['a signed scope of no organization', signer.sign('address:nobody@nowhere.test')],
      ]
    },
    async rowOf(table, tenant) {
      const where = belongsTo(table.name, tenant)
      const { rows } = await superuser.query(
        `select to_jsonb(t) as row from ${table.name} t where ${where} limit 1`,
      )
      return JSON.stringify(rows[0].row)
    },
    async stop() {
      await Promise.all([signer.close(), stranger.close(), superuser.end()])
      await database.drop()
    },
  }
}

function signerFor(database: TestDatabase, master: Buffer): Database {
  const pool = () => createPool(database.appUrl, { max: 1 })
  return new Database({ transactions: pool(), statements: pool() }, master)
}

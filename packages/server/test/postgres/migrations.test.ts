import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { migrate, readMigrations, verifyMigrated } from '../../src/platform/migrations.ts'
import { emptyDatabase, freshDatabase, releaseMigrations, type TestDatabase } from '../support/database.ts'
import { scratchDirectory } from './scratch.ts'

const first = { '0001_first.sql': 'create table one (a int);\ncreate table two (a int);\n' }
const second = { '0002_second.sql': 'create table three (a int);\n' }

function directoryOf(files: Record<string, string>): string {
  const directory = join(scratchDirectory(), 'migrations')
  mkdirSync(directory)
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(directory, name), sql)
  return directory
}

async function empty(): Promise<TestDatabase> {
  const database = await emptyDatabase()
  onTestFinished(() => database.drop())
  return database
}

async function tables({ owner }: TestDatabase): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'writ_migrations' order by 1`,
  )
  return rows.map(({ name }) => name)
}

describe('migrate', () => {
  test('applies what is missing in order, and then nothing', async () => {
    const database = await empty()
    expect(await migrate(database.ownerUrl, directoryOf(first))).toEqual({ applied: ['0001_first.sql'] })
    const both = directoryOf({ ...first, ...second })
    expect(await migrate(database.ownerUrl, both)).toEqual({ applied: ['0002_second.sql'] })
    expect(await migrate(database.ownerUrl, both)).toEqual({ applied: [] })
    expect(await tables(database)).toEqual(['one', 'three', 'two'])
  })

  test('applies each migration once when two servers start at once', async () => {
    const database = await empty()
    const directory = directoryOf({ ...first, ...second })
    const results = await Promise.all([1, 2, 3].map(() => migrate(database.ownerUrl, directory)))
    expect(results.flatMap(({ applied }) => applied).sort()).toEqual(['0001_first.sql', '0002_second.sql'])
    expect(await tables(database)).toEqual(['one', 'three', 'two'])
  })

  test('rolls a failing migration back whole, keeps those before it, and names the line', async () => {
    const database = await empty()
    const failing = {
      '0002_second.sql': 'create table three (a int);\ncreate table four (\n  a no_such_type\n);\n',
    }
    await expect(migrate(database.ownerUrl, directoryOf({ ...first, ...failing }))).rejects.toMatchObject({
      code: 'database.migration_failed',
      message: expect.stringContaining('0002_second.sql, line 3: type "no_such_type" does not exist'),
    })
    expect(await tables(database)).toEqual(['one', 'two'])
    expect(await migrate(database.ownerUrl, directoryOf({ ...first, ...second }))).toEqual({
      applied: ['0002_second.sql'],
    })
  })

  test('refuses a migration that was changed after it was applied', async () => {
    const database = await empty()
    await migrate(database.ownerUrl, directoryOf(first))
    const changed = directoryOf({ '0001_first.sql': 'create table other (a int)', ...second })
    await expect(migrate(database.ownerUrl, changed)).rejects.toMatchObject({
      code: 'database.migration_changed',
      message: expect.stringContaining('0001_first.sql was changed'),
    })
    expect(await tables(database)).toEqual(['one', 'two'])
  })

  test('takes other line ends for the same migration', async () => {
    const database = await empty()
    await migrate(database.ownerUrl, directoryOf(first))
    const crlf = directoryOf({ '0001_first.sql': first['0001_first.sql'].replaceAll('\n', '\r\n') })
    expect(await migrate(database.ownerUrl, crlf)).toEqual({ applied: [] })
  })

  test('refuses a database that a newer release has migrated', async () => {
    const database = await empty()
    await migrate(database.ownerUrl, directoryOf({ ...first, ...second }))
    await expect(migrate(database.ownerUrl, directoryOf(first))).rejects.toMatchObject({
      code: 'database.schema_newer',
      message: expect.stringContaining('0002_second.sql is unknown to this one'),
    })
  })

  test('refuses a migration that would come before an applied one', async () => {
    const database = await empty()
    await migrate(database.ownerUrl, directoryOf(second))
    await expect(migrate(database.ownerUrl, directoryOf({ ...first, ...second }))).rejects.toMatchObject({
      code: 'database.migration_missing',
      message: expect.stringContaining('0001_first.sql is not applied to this database, and 0002_second.sql'),
    })
    expect(await tables(database)).toEqual(['three'])
  })

  test('refuses a migration that ends its own transaction', async () => {
    const database = await empty()
    const committing = directoryOf({ '0001_first.sql': 'create table one (a int); commit; begin' })
    await expect(migrate(database.ownerUrl, committing)).rejects.toMatchObject({
      message: expect.stringContaining('0001_first.sql ends its own transaction'),
    })
  })

  test('lends the system role its right to create only while a migration runs', async () => {
    const database = await empty()
    const handing = directoryOf({
      '0001_first.sql': `create function seeing() returns int language sql security definer return 1;
        alter function seeing() owner to writ_system;
        set role writ_system`,
      '0002_second.sql': 'create table one (a int)',
    })
    await migrate(database.ownerUrl, handing)
    const { rows } = await database.owner.query(`
      select (select proowner::regrole::text from pg_proc where proname = 'seeing') as function_owner,
        (select tableowner::text from pg_tables where tablename = 'one') as table_owner,
        has_schema_privilege('writ_system', 'public', 'CREATE') as still_creates`)
    expect(rows).toEqual([{ function_owner: 'writ_system', table_owner: 'writ_owner', still_creates: false }])
  })

  test.each([
    [{ '1_first.sql': '' }, /1_first\.sql: a migration is named 0001_lower_case\.sql/],
    [{ '0001_a.sql': '', '0001_b.sql': '' }, /0001_a\.sql and 0001_b\.sql have the same number/],
  ])('refuses a directory it would misread: %j', (files, message) => {
    expect(() => readMigrations(directoryOf(files))).toThrow(message)
  })
})

describe('a server that may not migrate', () => {
  test('starts on a database that is migrated, and says what another lacks', async () => {
    const database = await empty()
    const directory = directoryOf({ ...first, ...second })
    await expect(verifyMigrated(database.appUrl, directory)).rejects.toMatchObject({
      code: 'database.migration_missing',
      message: expect.stringContaining('lacks 0001_first.sql, 0002_second.sql'),
    })
    await migrate(database.ownerUrl, directory)
    await verifyMigrated(database.appUrl, directory)
  })
})

describe('a fresh database', () => {
  test('has the schema of the migrations it is asked for, and is nobody else’s', async () => {
    const directory = directoryOf(first)
    const [one, other] = await Promise.all([freshDatabase(directory), freshDatabase(directory)])
    onTestFinished(async () => {
      await Promise.all([one.drop(), other.drop()])
    })
    await one.owner.query('insert into one values (1)')
    expect((await other.owner.query('select from one')).rowCount).toBe(0)
    rmSync(directory, { recursive: true })
  })

  test('has the schema of this release', async () => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    await verifyMigrated(database.appUrl, releaseMigrations)
    await expect(database.app.query('create table mine (a int)')).rejects.toThrow(
      'permission denied for schema public',
    )
  })
})

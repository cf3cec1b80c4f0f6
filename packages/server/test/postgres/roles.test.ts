import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveDatabase, resolveDatabaseBeside } from '../../src/platform/postgres/resolve.ts'
import { emptyDatabase, type TestDatabase } from '../support/database.ts'
import { query, scratchDirectory, start, startServerProcess } from './scratch.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await emptyDatabase()
  await database.owner.query('create table owned (a int); grant select on owned to writ_app')
})

afterAll(() => database.drop())

const resolve = (databaseUrl: string) => resolveDatabase({ dataDirectory: '/nowhere', databaseUrl })

describe('the roles', () => {
  test('have no power over row-level security, and the system role cannot log in', async () => {
    const roles = await query(
      database.superuserUrl,
      `select rolname, rolcanlogin, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication as powerful
       from pg_roles where rolname ~ '^writ_' order by 1`,
    )
    expect(roles).toEqual([
      { rolname: 'writ_app', rolcanlogin: true, powerful: false },
      { rolname: 'writ_owner', rolcanlogin: true, powerful: false },
      { rolname: 'writ_system', rolcanlogin: false, powerful: false },
    ])
  })

  test.each([
    ['create table mine (a int)', 'permission denied for schema public'],
    ['create schema mine', 'permission denied for database'],
    ['create temporary table mine (a int)', 'permission denied to create temporary tables'],
    ['alter table owned disable row level security', 'must be owner of table owned'],
    ['set role writ_owner', 'permission denied to set role "writ_owner"'],
    ['set role writ_system', 'permission denied to set role "writ_system"'],
    [
      "set session_replication_role = 'replica'",
      'permission denied to set parameter "session_replication_role"',
    ],
  ])('[PS-22] the role of the server cannot administer: %s', async (sql, refusal) => {
    await expect(database.app.query(sql)).rejects.toThrow(refusal)
  })

  test('let the owner hand a function to the system role, but not see with its eyes', async () => {
    const privileges = await database.owner.query(
      `select pg_has_role('writ_system', 'SET') as can_become, pg_has_role('writ_system', 'USAGE') as inherits`,
    )
    expect(privileges.rows).toEqual([{ can_become: true, inherits: false }])
  })
})

describe('the documented SQL', () => {
  test('makes the same roles in a PostgreSQL of the operator as the embedded one has', async () => {
    const document = readFileSync(
      new URL('../../../../docs/reference/external-postgresql.md', import.meta.url),
      'utf8',
    )
    const sql = /```sql\n(.*?)```/s.exec(document)![1]!
    // One statement at a time: create database runs in no transaction. Other names, because ours exist here.
    for (const statement of sql
      .replaceAll(/\bwrit(?=_|\b)/g, 'external')
      .split(';')
      .filter((text) => text.trim()))
      await query(database.superuserUrl, statement)

    const ofPrefix = (prefix: string) =>
      query(
        database.superuserUrl,
        `select replace(rolname, '${prefix}_', '') as role, rolcanlogin, rolsuper, rolbypassrls, rolinherit,
           rolcreaterole, rolcreatedb, rolreplication, m.roleid::regrole is not null as member, admin_option, inherit_option, set_option
         from pg_roles r left join pg_auth_members m on m.member = r.oid where rolname ~ '^${prefix}_' order by 1`,
      )
    const external = await ofPrefix('external')
    expect(external).toHaveLength(3)
    expect(external).toEqual(await ofPrefix('writ'))
    const [access] = await query(
      database.superuserUrl,
      `select has_database_privilege('external_app', 'external', 'CONNECT') as connects,
         has_database_privilege('external_app', 'external', 'CREATE, TEMPORARY') as creates`,
    )
    expect(access).toEqual({ connects: true, creates: false })
  })
})

describe('DATABASE_URL', () => {
  test('is taken when it names a role that row-level security holds', async () => {
    const resolved = await resolve(database.appUrl)
    expect(resolved).toMatchObject({ appUrl: database.appUrl, ownerUrl: undefined, embedded: undefined })
  })

  test('[FT-AC-07] is refused when it names a superuser', async () => {
    await expect(resolve(database.superuserUrl)).rejects.toMatchObject({
      code: 'database.role_too_powerful',
      message: expect.stringMatching(/role postgres: .*superuser.*external-postgresql\.md/),
    })
  })

  test('[FT-AC-07] is refused when it names the owner of the tables', async () => {
    await expect(resolve(database.ownerUrl)).rejects.toMatchObject({
      code: 'database.role_too_powerful',
      message: expect.stringContaining('owner of, table public.owned'),
    })
  })

  test('[FT-AC-07] is refused when its role may become one that bypasses row-level security', async () => {
    const url = new URL(database.superuserUrl)
    await query(
      url.href,
      `create role climber login password 'climber'; create role above nologin bypassrls; grant above to climber`,
    )
    await query(url.href, `grant connect on database "${url.pathname.slice(1)}" to climber`)
    url.username = 'climber'
    url.password = 'climber'
    await expect(resolve(url.href)).rejects.toMatchObject({
      message: expect.stringContaining('may become, above'),
    })
  })

  test('that leads nowhere is said to lead nowhere, without its password', async () => {
    const refusal = await resolve('postgresql://writ_app:hidden@127.0.0.1:1/writ').catch(
      (error: Error) => error,
    )
    expect(refusal).toMatchObject({
      code: 'database.unreachable',
      message: expect.stringMatching(
        /No connection to the PostgreSQL that DATABASE_URL names: .*ECONNREFUSED/,
      ),
    })
    expect((refusal as Error).message).not.toContain('hidden')
  })

  test('must come with DATABASE_OWNER_URL, not the other way round', async () => {
    const config = { dataDirectory: '/nowhere', databaseOwnerUrl: database.ownerUrl }
    await expect(resolveDatabase(config)).rejects.toMatchObject({ code: 'database.configuration' })
  })
})

describe('an operator command', () => {
  test('uses the database of the server that runs, and leaves it running', async () => {
    const dataDirectory = scratchDirectory()
    const server = await startServerProcess(dataDirectory)
    const resolved = await resolveDatabaseBeside({ dataDirectory })
    expect(resolved.ownerUrl).toBe(server.ownerUrl)
    await resolved.stop()
    expect(await query(server.ownerUrl, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('starts the database when no server runs, and stops it', async () => {
    const dataDirectory = scratchDirectory()
    const resolved = await resolveDatabaseBeside({ dataDirectory, connections: 200 })
    expect(await query(resolved.ownerUrl!, 'show max_connections')).toEqual([{ max_connections: '220' }])
    await resolved.stop()
    const again = await start({ directory: dataDirectory })
    expect(again.pid).not.toBe(resolved.embedded!.pid)
  })
})

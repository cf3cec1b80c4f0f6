/**
 * The functions that may look across organizations, and what else the server's database role could try: create,
 * become somebody, read keys, switch protection off. Generated from pg_catalog.
 *
 * Threat: SQL injection, or a stolen connection string of the server.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AttackedDatabase, attackedDatabase } from './support/attack-database.ts'
import { attacks } from './support/attack-functions.ts'
import { snapshot } from './support/attack-snapshot.ts'
import { attempt, cameToNothing, DENIED, insertOf } from './support/attack-sql.ts'

let attacked: AttackedDatabase

beforeAll(async () => {
  attacked = await attackedDatabase()
})

afterAll(() => attacked.stop())

describe('every function that looks across organizations', () => {
  test('belongs to writ_system, has a pinned search_path, is closed to everybody else, and is attacked here', async () => {
    const { rows } = await attacked.superuser.query(`
      select p.proname as name, pg_get_userbyid(p.proowner) as owner, p.proconfig as settings,
        coalesce(p.proacl::text, '{=X/') ~ '[{,]=X' as public
      from pg_proc p where p.prosecdef and p.pronamespace = 'public'::regnamespace order by 1`)
    for (const row of rows) {
      expect(row, row.name).toMatchObject({ owner: 'writ_system', public: false })
      expect(row.settings, row.name).toContain('search_path=pg_catalog, public')
      expect(
        Object.keys(attacks),
        `${row.name}: say in attack-functions.ts how it would be attacked`,
      ).toContain(row.name)
    }
    expect(Object.keys(attacks).sort()).toEqual([...new Set(rows.map((row) => row.name))].sort())
  })

  test('[FT-AC-07] answers nothing and changes nothing without a scope that the server signed for it', async () => {
    const before = await snapshot(attacked.superuser)
    const contexts: (string | null)[] = [
      ...attacked.worthless('members').map(([, context]) => context),
      attacked.sign(`org:${attacked.acme.organization}`),
      attacked.sign(`account:${attacked.acme.user}`),
      attacked.sign(`address:${attacked.acme.address}`),
    ]
    const client = await attacked.database.app.connect()
    for (const [name, { call, open }] of Object.entries(attacks)) {
      for (const victim of [attacked.globex, attacked.platform]) {
        for (const context of contexts.filter((each) => each !== attacked.sign('stamps'))) {
          await client.query("select set_config('writ.context', $1, false)", [context ?? ''])
          const literal = context === null ? 'null::text' : client.escapeLiteral(context)
          // Committed, unlike the other attacks: the snapshot below would show a change.
          const outcome = await client.query(call(victim, literal)).then(
            ({ rows }) => rows,
            (error: { code: string }) =>
              error.code === DENIED || error.code === '0A000' ? [] : Promise.reject(error),
          )
          if (open) continue
          const told = outcome.filter((row) =>
            Object.values(row).some((value) => value !== null && value !== false && value !== ''),
          )
          expect(told, `${name} about ${victim.slug} with ${context}`).toEqual([])
        }
      }
    }
    client.release(true)
    expect(await snapshot(attacked.superuser)).toEqual(before)
  })

  test('that is open says nothing but what its reason admits', async () => {
    const ids = [
      attacked.globex.organization,
      attacked.globex.user,
      attacked.globex.member,
      attacked.globex.session,
      attacked.globex.address,
      attacked.globex.slug,
    ]
    for (const [name, { call, open }] of Object.entries(attacks)) {
      if (!open) continue
      const outcome = await attempt(
        attacked.database.app,
        attacked.sign(`org:${attacked.acme.organization}`),
        call(attacked.globex, 'null'),
      )
      expect(
        ids.filter((id) => JSON.stringify(outcome).includes(id)),
        name,
      ).toEqual([])
    }
  })
})

describe('the role of the server', () => {
  test.each([
    'select * from context_keys',
    'select inner_pad from context_keys',
    'select * from setup_tokens',
    'select password_hash from users',
    'select * from users',
    'select users from users',
    'select to_jsonb(users) from users',
    `select 1 from users where password_hash like '$2%'`,
    'select id from users order by password_hash',
    'update users set name = password_hash',
    `update users set name = 'x' returning password_hash`,
    'insert into users select * from users',
    'copy users (password_hash) to stdout',
    'select seed from audit_keys',
    'update signing_keys set retired_at = now()',
    `insert into policy_versions select gen_random_uuid(), 9, sha256, name, version, source, author, reason, changes, now() from policy_versions`,
    'set role writ_owner',
    'set role writ_system',
    'set session authorization writ_owner',
    'create table mine (a int)',
    'create temporary table mine (a int)',
    'create view mine as select 1',
    'create function mine() returns int language sql as $$ select 1 $$',
    'create schema mine',
    'create extension dblink',
    'alter table members disable row level security',
    'alter table members no force row level security',
    'alter table audit_events disable trigger append_only',
    'drop trigger append_only on audit_events',
    'drop policy seen on members',
    'create policy mine on members using (true)',
    'alter function verified_scope() security invoker',
    'create or replace function verified_scope() returns text language sql as $$ select null $$',
    'grant writ_system to writ_app',
    'alter role writ_app bypassrls',
    `set session_replication_role = 'replica'`,
    `copy members from program 'id'`,
    `select pg_read_file('postgresql.conf')`,
    `select lo_import('/etc/passwd')`,
    'comment on table members is null',
  ])('[FT-AC-07] is refused: %s', async (sql) => {
    expect(
      await attempt(attacked.database.app, attacked.sign(`org:${attacked.acme.organization}`), sql),
    ).toEqual({
      refused: DENIED,
    })
  })

  test('[FT-AC-07] switching row-level security off by a setting is an error, not a way around', async () => {
    const outcome = await attempt(
      attacked.database.app,
      null,
      'set row_security = off; select id from members',
    )
    expect(outcome).toEqual({ refused: DENIED })
  })

  test('[FT-AC-07] cannot give itself a role of the attacked.platform, even in a transaction signed for the platform', async () => {
    const as = attacked.sign(`org:${attacked.platform.organization}`)
    for (const name of ['user_roles', 'applications']) {
      const table = attacked.tables.find((each) => each.name === name)!
      expect(
        await attempt(attacked.database.app, as, insertOf(table), [
          await attacked.rowOf(table, attacked.platform),
        ]),
        name,
      ).toEqual({
        refused: DENIED,
      })
    }
  })

  test('and the owner are neither superuser nor exempt from row-level security, and only the owner may become another', async () => {
    const { rows } = await attacked.superuser.query(`
      select rolname as name, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication as powerful,
        array(select r.rolname::text from pg_auth_members m join pg_roles r on r.oid = m.roleid where m.member = p.oid order by 1) as member_of
      from pg_roles p where rolname ~ '^writ_' order by 1`)
    expect(rows).toEqual([
      { name: 'writ_app', powerful: false, member_of: [] },
      { name: 'writ_owner', powerful: false, member_of: ['writ_system'] },
      { name: 'writ_system', powerful: false, member_of: [] },
    ])
  })

  test('[FT-AC-07] the owner, too, sees no organization without its context', async () => {
    for (const table of attacked.tenantTables) {
      const seen = await attempt(attacked.database.owner, null, `select 1 from ${table.name}`)
      expect(cameToNothing(seen), `${table.name}: ${JSON.stringify(seen)}`).toBe(true)
    }
  })
})

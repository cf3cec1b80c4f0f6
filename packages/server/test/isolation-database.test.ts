/**
 * The second proof of isolation: whatever SQL the server's database role is made to send, it reaches no row of
 * another organization. Generated from pg_catalog, so a table that is added tomorrow is attacked tomorrow.
 *
 * Threat: SQL injection, or a query of ours that forgot its `where`.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AttackedDatabase, attackedDatabase } from './support/attack-database.ts'
import {
  attempt,
  cameToNothing,
  DENIED,
  insertOf,
  type Outcome,
  readable,
  updateOf,
} from './support/attack-sql.ts'
import { belongsTo, purposeRows, scopeOf, sharedTables, tenantRows } from './support/attack-tenants.ts'

let attacked: AttackedDatabase

beforeAll(async () => {
  attacked = await attackedDatabase()
})

afterAll(() => attacked.stop())

function expectNothing(outcome: Outcome, what: string): void {
  expect(cameToNothing(outcome), `${what}: ${JSON.stringify(outcome)}`).toBe(true)
}

describe('every table', () => {
  test('[FT-AC-07] forces row-level security, or is one of the few shared ones that the server cannot write', () => {
    for (const table of attacked.tables) {
      if (!(table.name in sharedTables)) {
        expect(table, `${table.name}: enable and force row-level security`).toMatchObject({
          secured: true,
          forced: true,
        })
      } else {
        expect(table, `${table.name} is shared`).toMatchObject({
          inserts: false,
          updates: false,
          deletes: false,
        })
      }
      expect(table.truncates, `${table.name}: TRUNCATE passes row-level security by`).toBe(false)
    }
    expect(attacked.tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...Object.keys(sharedTables), ...Object.keys(purposeRows)]),
    )
  })

  test('[FT-AC-07] of a tenant holds a row of each organization here, so that it is attacked below', async () => {
    expect(Object.keys(tenantRows).sort()).toEqual(attacked.tenantTables.map(({ name }) => name))
    for (const { name } of attacked.tenantTables) {
      for (const tenant of [attacked.acme, attacked.globex]) {
        const { rowCount } = await attacked.superuser.query(
          `select from ${name} where ${belongsTo(name, tenant)}`,
        )
        expect(rowCount, `${name} has no row of ${tenant.slug}`).toBeGreaterThan(0)
      }
    }
  })

  test('has a comment, and so has every column, every function of ours and every view', async () => {
    const { rows } = await attacked.superuser.query(`
      select c.relname as what from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
        and obj_description(c.oid, 'pg_class') is null
      union all select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
        and col_description(c.oid, a.attnum) is null
      union all select p.proname || '()' from pg_proc p where p.pronamespace = 'public'::regnamespace
        and obj_description(p.oid, 'pg_proc') is null`)
    expect(rows).toEqual([])
  })

  test('with an organization is indexed so that a read within one organization does not walk the others', async () => {
    const { rows } = await attacked.superuser.query(`
      select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'audit_pending'
      and not exists (select from pg_index i where i.indrelid = c.oid and i.indkey[0] = a.attnum)`)
    expect(rows).toEqual([])
  })
})

describe('without a valid context', () => {
  test('[FT-AC-07] no tenant row is seen, changed, removed or added', async () => {
    for (const table of attacked.tenantTables) {
      const row = await attacked.rowOf(table, attacked.acme)
      for (const [name, context] of attacked.worthless(table.name)) {
        const where = `${table.name} with ${name}`
        const key = readable(table).split(', ')[0]
        expectNothing(
          await attempt(attacked.database.app, context, `select ${key} from ${table.name}`),
          `select from ${where}`,
        )
        expectNothing(
          await attempt(attacked.database.app, context, updateOf(table, 'true')),
          `update of ${where}`,
        )
        expectNothing(
          await attempt(attacked.database.app, context, `delete from ${table.name}`),
          `delete from ${where}`,
        )
        const added = await attempt(attacked.database.app, context, insertOf(table), [row])
        expect(added, `insert into ${where}`).toEqual({ refused: DENIED })
      }
    }
  })

  test('[FT-AC-07] a context ends with its transaction', async () => {
    const client = await attacked.database.app.connect()
    for (const end of ['commit', 'rollback']) {
      await client.query('begin')
      await client.query("select set_config('writ.context', $1, true)", [
        attacked.sign(`org:${attacked.acme.organization}`),
      ])
      expect((await client.query('select id from members')).rowCount).toBe(1)
      await client.query(end)
      expect((await client.query('select id from members')).rowCount, `after ${end}`).toBe(0)
    }
    client.release()
  })
})

describe('with the context of one organization', () => {
  const context = (table: string) => attacked.sign(scopeOf(table, attacked.acme))

  test('its own rows are seen, so that the rest of this file can fail', async () => {
    for (const table of attacked.tenantTables) {
      const seen = await attempt(
        attacked.database.app,
        context(table.name),
        `select ${readable(table)} from ${table.name} where ${belongsTo(table.name, attacked.acme)}`,
      )
      expect(seen, table.name).toMatchObject({ rows: 1 })
      const again = await attempt(attacked.database.app, context(table.name), insertOf(table), [
        await attacked.rowOf(table, attacked.acme),
      ])
      // What the policies admit fails on the key it repeats, or on a trigger or grant that keeps all from writing.
      if (table.inserts)
        expect(['23505', DENIED], table.name).toContain((again as { refused: string }).refused)
    }
  })

  test('[FT-AC-07] nothing of another organization is seen, by whatever read', async () => {
    for (const table of attacked.tenantTables) {
      const others = `not (${belongsTo(table.name, attacked.acme)})`
      const columns = readable(table)
      for (const sql of [
        `select ${columns} from ${table.name} where ${others}`,
        `select 1 from ${table.name} where ${belongsTo(table.name, attacked.globex)}`,
        `with t as (select ${columns} from ${table.name}) select * from t where ${others}`,
        `select ${columns} from ${table.name} where ${others} for key share`,
        `select 1 from (select count(*) as n from ${table.name} where ${others}) t where n > 0`,
        `select x.* from members m full join lateral (select ${columns} from ${table.name} where ${others}) x on true where x is not null`,
      ]) {
        expectNothing(await attempt(attacked.database.app, context(table.name), sql), sql)
      }
    }
  })

  test('[FT-AC-07] statistics and the catalog tell nothing of other rows', async () => {
    await attacked.superuser.query('analyze')
    const secured = attacked.tenantTables.map(({ name }) => name)
    const seen = await attempt(
      attacked.database.app,
      context('members'),
      'select tablename from pg_stats where tablename = any($1)',
      [secured],
    )
    expect(seen).toMatchObject({ rows: 0 })
    for (const catalog of ['pg_statistic', 'pg_authid', 'pg_statistic_ext_data']) {
      expect(
        await attempt(attacked.database.app, context('members'), `select * from ${catalog}`),
        catalog,
      ).toEqual({
        refused: DENIED,
      })
    }
  })

  test('[FT-AC-07] nothing of another organization is changed or removed', async () => {
    for (const table of attacked.tenantTables) {
      const where = belongsTo(table.name, attacked.globex)
      for (const sql of [
        updateOf(table, where),
        `delete from ${table.name} where ${where}`,
        `with gone as (delete from ${table.name} where ${where} returning 1) select * from gone`,
        `merge into ${table.name} t using (values (1)) v on ${where.replace(/^\w+/, 't.$&')} when matched then delete`,
        `truncate ${table.name} cascade`,
      ]) {
        expectNothing(await attempt(attacked.database.app, context(table.name), sql), sql)
      }
    }
  })

  test('[FT-AC-07] nothing is added to another organization, and no row is moved there', async () => {
    for (const table of attacked.tenantTables) {
      // The account of a new member is made before the membership, so an account without one may be added.
      if (table.name === 'users') continue
      const theirs = await attacked.rowOf(table, attacked.globex)
      const added = await attempt(attacked.database.app, context(table.name), insertOf(table), [theirs])
      expect(added, `insert into ${table.name}`).toEqual({ refused: DENIED })
      const upsert = `${insertOf(table)} on conflict do nothing`
      expect(await attempt(attacked.database.app, context(table.name), upsert, [theirs]), upsert).toEqual({
        refused: DENIED,
      })
      const owning = belongsTo(table.name, attacked.globex)
      const move = `update ${table.name} set ${owning} where ${belongsTo(table.name, attacked.acme)}`
      expect(await attempt(attacked.database.app, context(table.name), move), move).toEqual({
        refused: DENIED,
      })
    }
  })

  // Threat: a member can be read, so injected SQL that knows an account's id would pull it into its own organization.
  test('[FT-AC-07] an account of another organization is taken in only under a scope signed for it', async () => {
    const { acme, globex } = attacked
    const take = `insert into members (organization_id, id, user_id, created_at) values ('${acme.organization}', gen_random_uuid(), '${globex.user}', now())`
    for (const scope of [
      `org:${acme.organization}`,
      `attach:${acme.organization}:${acme.user}`,
      `attach:${globex.organization}:${globex.user}`,
    ] as const) {
      expect(await attempt(attacked.database.app, attacked.sign(scope), take), scope).toEqual({
        refused: DENIED,
      })
    }
    const point = `update members set user_id = '${globex.user}' where organization_id = '${acme.organization}'`
    expect(await attempt(attacked.database.app, attacked.sign(`org:${acme.organization}`), point)).toEqual({
      refused: DENIED,
    })
    const signed = attacked.sign(`attach:${acme.organization}:${globex.user}`)
    expect(await attempt(attacked.database.app, signed, take)).toMatchObject({ rows: 1 })
  })

  test('[FT-AC-07] an account that belongs elsewhere too is neither changed nor removed', async () => {
    const membership = [attacked.acme.organization, attacked.globex.user]
    await attacked.superuser.query(
      `insert into members (organization_id, id, user_id, created_at) values ($1, gen_random_uuid(), $2, now())`,
      membership,
    )
    const context = attacked.sign(`org:${attacked.acme.organization}`)
    expect(
      await attempt(
        attacked.database.app,
        context,
        `select id from users where id = '${attacked.globex.user}'`,
      ),
    ).toMatchObject({ rows: 1 })
    for (const sql of [
      `update users set name = 'taken over' where id = '${attacked.globex.user}'`,
      `update users set password_hash = 'mine' where id = '${attacked.globex.user}'`,
      `update users set token_version = 99 where id = '${attacked.globex.user}'`,
      `delete from users where id = '${attacked.globex.user}'`,
    ]) {
      expectNothing(await attempt(attacked.database.app, context, sql), sql)
    }
    await attacked.superuser.query(
      'delete from members where organization_id = $1 and user_id = $2',
      membership,
    )
  })
})

describe('what only a scope of its own opens', () => {
  test.each(Object.entries(purposeRows))(
    '[FT-AC-07] %s is neither seen nor changed under the scope of an organization, an account or another purpose',
    async (name, { scope, anyScopeAdds }) => {
      const { acme, database } = attacked
      const table = attacked.tables.find((each) => each.name === name)!
      const { rows } = await attacked.superuser.query(`select to_jsonb(t) as row from ${name} t limit 1`)
      const contexts = [
        null,
        ...[
          `org:${acme.organization}`,
          `account:${acme.user}`,
          `address:${acme.address}`,
          'passkey',
          'link',
          'sign-on',
          'mail',
          'deadlines',
          'stamps',
          'audit',
        ]
          .filter((other) => other !== scope)
          .map((other) => attacked.sign(other as 'stamps')),
      ]
      for (const context of contexts) {
        for (const sql of [
          `select ${readable(table)} from ${name}`,
          updateOf(table, 'true'),
          `delete from ${name}`,
        ])
          expectNothing(await attempt(database.app, context, sql), `${sql} with ${context}`)
        const added = await attempt(database.app, context, insertOf(table), [JSON.stringify(rows[0].row)])
        expect(added, `insert into ${name} with ${context}`).toEqual({
          refused: anyScopeAdds && context !== null ? '23505' : DENIED,
        })
      }
      const seen = await attempt(database.app, attacked.sign(scope), `select ${readable(table)} from ${name}`)
      expect(seen, 'so that this test can fail').toMatchObject({ rows: 3 })
    },
  )
})

import { splitLines, verifyExport } from '@writ/tlog'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Uuid } from '#platform/ids'
import { type AuditLog, auditLog } from '#test/audit-log'
import { exportLines } from '../commands/export-log.ts'
import { findCheckpoint, verifierKey } from '../queries.ts'
import { verifyLog } from './verify.ts'

const TABLES = ['audit_events', 'audit_leaves', 'audit_nodes', 'audit_checkpoints', 'audit_keys'] as const
const SIZE = 600

let log: AuditLog

beforeAll(async () => {
  log = await auditLog()
})
afterAll(() => log.stop())

/** Entry i of the log is the event whose data.i is i. */
async function filled(slug: string): Promise<Uuid> {
  const organizationId = await log.organization(slug)
  const ctx = log.ctx({ organizationId })
  for (let first = 0; first < SIZE; first += 100) {
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        log.audit.recordNow(ctx, { type: 'a.b', data: { i: first + i } }),
      ),
    )
  }
  await log.audit.settle()
  return organizationId
}

/** Exports and verifies as an auditor does who pinned the key before. */
async function audit(organizationId: Uuid, pinnedKey?: string) {
  const { checkpoint, key } = await log.db.transaction(`org:${organizationId}`, async (tx) => ({
    checkpoint: (await findCheckpoint(tx, organizationId))!,
    key: await verifierKey(tx, organizationId),
  }))
  const lines = exportLines(log.db, organizationId, { checkpoint, key, from: 0, to: checkpoint.size })
  return verifyExport(lines, { pinnedKey: pinnedKey ?? key, origin: checkpoint.origin })
}

/** What the database's superuser can do: no trigger, no row-level security. */
async function tamper(statement: string): Promise<void> {
  const client = await log.superuser.connect()
  try {
    for (const table of [...TABLES, 'audit_personal'])
      await client.query(`alter table ${table} disable trigger all`)
    const { rowCount } = await client.query(statement)
    expect(rowCount).toBeGreaterThan(0)
    for (const table of [...TABLES, 'audit_personal'])
      await client.query(`alter table ${table} enable trigger all`)
  } finally {
    client.release()
  }
}

describe('[FT-AC-22] the database refuses to change the log', () => {
  for (const table of TABLES) {
    for (const verb of ['update', 'delete', 'truncate'] as const) {
      const statement = {
        update: `update ${table} set organization_id = organization_id`,
        delete: `delete from ${table}`,
        truncate: `truncate ${table}`,
      }[verb]
      test(`${verb} of ${table}, for the server's role, the owner, and the superuser`, async () => {
        await expect(log.database.app.query(statement)).rejects.toMatchObject({ code: '42501' })
        await expect(log.database.owner.query(statement)).rejects.toThrow(
          /is refused: the audit log is append-only/,
        )
        await expect(log.superuser.query(statement)).rejects.toThrow(
          /is refused: the audit log is append-only/,
        )
        await expect(
          log.superuser.query(`begin; set local session_replication_role = replica; ${statement}`),
        ).rejects.toThrow(/append-only/)
        await log.superuser.query('rollback')
      })
    }
  }

  test('personal values can be deleted in their own organization, not changed, not truncated', async () => {
    const organizationId = await filled('personal')
    await expect(log.database.owner.query('update audit_personal set about = about')).rejects.toThrow(
      /append-only/,
    )
    await expect(log.database.owner.query('truncate audit_personal')).rejects.toThrow(/append-only/)
    await expect(log.database.app.query('update audit_personal set about = about')).rejects.toMatchObject({
      code: '42501',
    })
    expect((await log.database.app.query('delete from audit_personal')).rowCount).toBe(0)
    const { rows } = await log.superuser.query(
      'select count(*)::int as n from audit_personal where organization_id = $1',
      [organizationId],
    )
    expect(rows[0].n).toBe(SIZE)
  })

  test("the server's role cannot number, sign, queue or unqueue, not even within an organization's scope", async () => {
    const organizationId = await log.organization('injected')
    const injected = [
      'select * from sequence_audit(1, false)',
      "select save_audit_tree('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
      'select * from unsigned_audit_logs(1)',
      "select add_audit_keys('{}', '{}', '{}', '{}', now())",
      "select save_audit_checkpoints('{}', '{}', '{}', '{}', now())",
      `insert into audit_pending (organization_id, event_id) values ('${organizationId}', '${organizationId}')`,
      'delete from audit_pending',
      `insert into audit_leaves values ('${organizationId}', 0, '${organizationId}', sha256(''))`,
      'update audit_logs set size = 0',
      'select seed from audit_keys',
    ]
    for (const statement of injected) {
      const client = await log.database.app.connect()
      await client.query('begin')
      await client.query("select set_config('writ.context', $1, true)", [
        log.db.sign(`org:${organizationId}`),
      ])
      await expect(client.query(statement), statement).rejects.toMatchObject({ code: '42501' })
      await client.query('rollback')
      client.release()
    }
  })

  test('row-level security is enabled and forced on every table, and shows nothing without a scope', async () => {
    await filled('scoped')
    const { rows } = await log.superuser.query(
      `select relname, relrowsecurity and relforcerowsecurity as forced from pg_class where relname like 'audit\\_%' and relkind = 'r'`,
    )
    expect(rows.map((row) => row.relname).sort()).toEqual([
      'audit_checkpoints',
      'audit_events',
      'audit_keys',
      'audit_leaves',
      'audit_logs',
      'audit_nodes',
      'audit_pending',
      'audit_personal',
    ])
    for (const { relname, forced } of rows) {
      expect(forced, relname).toBe(true)
      expect((await log.database.app.query(`select organization_id from ${relname}`)).rowCount, relname).toBe(
        0,
      )
    }
  })
})

describe('[FT-AC-22] who owns the database can change it, and is found', () => {
  test('an untouched log verifies, with its personal values', async () => {
    const organizationId = await filled('untouched')
    const report = await audit(organizationId)
    expect(report).toMatchObject({
      ok: true,
      trust: 'pinned-key',
      entries: SIZE,
      whole: true,
      personal: { proven: SIZE * 2, erased: 0 },
    })
    expect(await verifyLog(log.db, organizationId)).toEqual([])
  })

  const attacks: readonly {
    name: string
    sql: (organizationId: Uuid) => string
    entry: number
    kind: string
  }[] = [
    {
      name: 'an event altered',
      sql: (o) =>
        `update audit_events set leaf = replace(leaf, '"i":300', '"i":999') where organization_id = '${o}' and leaf like '%"i":300%'`,
      entry: 300,
      kind: 'leaf',
    },
    {
      name: 'a hash altered',
      sql: (o) =>
        `update audit_leaves set hash = sha256('forged') where organization_id = '${o}' and index = 17`,
      entry: 17,
      kind: 'leaf',
    },
    {
      name: 'a hash altered in the last group',
      sql: (o) =>
        `update audit_leaves set hash = sha256('forged') where organization_id = '${o}' and index = ${SIZE - 2}`,
      entry: SIZE - 2,
      kind: 'leaf',
    },
    {
      name: 'an event and its hash altered',
      sql: (o) => `with e as (
          update audit_events set leaf = replace(leaf, '"i":258', '"i":999') where organization_id = '${o}' and leaf like '%"i":258%' returning id, leaf
        ) update audit_leaves l set hash = sha256('\\x00'::bytea || convert_to(e.leaf, 'UTF8')) from e where l.event_id = e.id`,
      entry: 258,
      kind: 'node',
    },
    {
      name: 'an event deleted',
      sql: (o) =>
        `delete from audit_events where organization_id = '${o}' and leaf like '%"i":42%' and leaf like '%"i":42}%'`,
      entry: 42,
      kind: 'gap',
    },
    {
      name: 'an entry deleted',
      sql: (o) => `delete from audit_leaves where organization_id = '${o}' and index = 5`,
      entry: 5,
      kind: 'gap',
    },
    {
      name: 'two events swapped',
      sql: (o) => `update audit_leaves l set event_id = o.event_id from audit_leaves o
        where l.organization_id = '${o}' and o.organization_id = l.organization_id and (l.index, o.index) in ((7, 9), (9, 7))`,
      entry: 7,
      kind: 'leaf',
    },
    {
      name: 'a clear value altered',
      sql: (
        o,
      ) => `update audit_personal p set facts = jsonb_set(facts, '{ip,value}', '"198.51.100.1"') from audit_leaves l
        where p.organization_id = '${o}' and l.organization_id = '${o}' and l.event_id = p.event_id and l.index = 77`,
      entry: 77,
      kind: 'personal',
    },
  ]
  for (const { name, sql, entry, kind } of attacks) {
    test(`${name}: export and verification name the entry`, async () => {
      const organizationId = await filled(name.replaceAll(' ', '-'))
      // A swap collides with the uniqueness of (organization, event): whoever may drop a trigger may drop that too.
      if (name.includes('swapped'))
        await log.superuser.query(
          'alter table audit_leaves drop constraint audit_leaves_organization_id_event_id_key',
        )
      await tamper(sql(organizationId))
      const report = await audit(organizationId)
      expect(report.ok).toBe(false)
      const { first, last } = report.problem!.entries!
      // Where text and stored hash were altered alike, no proof below the group's is left: then the group is named.
      if (name === 'an event and its hash altered') expect([first, last]).toEqual([256, 511])
      else expect([first, last]).toEqual([entry, entry])
      const faults = await verifyLog(log.db, organizationId)
      expect(faults.map((fault) => fault.kind)).toContain(kind)
      if (kind !== 'node') expect(faults[0]!.index).toBe(entry)
    })
  }

  test('columns that tell another story than their leaf are found', async () => {
    const organizationId = await filled('columns')
    await tamper(
      `update audit_events e set actor_id = 'mallory' from audit_leaves l where e.organization_id = '${organizationId}' and l.event_id = e.id and l.index = 3`,
    )
    expect(await verifyLog(log.db, organizationId)).toMatchObject([{ kind: 'columns', index: 3 }])
  })

  test('an event taken out of the queue before it was numbered is found', async () => {
    const organizationId = await log.organization('unqueued')
    await log.audit.recordNow(log.ctx({ organizationId }), { type: 'a.b' })
    await tamper(`delete from audit_pending where organization_id = '${organizationId}'`)
    expect(await verifyLog(log.db, organizationId)).toMatchObject([{ kind: 'unlogged' }])
  })

  test('a log written anew under another key does not verify with the pinned one', async () => {
    const organizationId = await filled('rekeyed')
    const { rows } = await log.superuser.query(
      'select verifier_key from audit_keys where organization_id = $1',
      [organizationId],
    )
    await tamper(`delete from audit_checkpoints where organization_id = '${organizationId}'`)
    await tamper(`delete from audit_keys where organization_id = '${organizationId}'`)
    await tamper(`update audit_logs set signed_size = 0 where organization_id = '${organizationId}'`)
    const forger = log.node()
    await forger.audit.settle()
    expect(await audit(organizationId, rows[0].verifier_key)).toMatchObject({
      ok: false,
      problem: { code: 'checkpoint' },
    })
    expect(await audit(organizationId)).toMatchObject({ ok: true })
  })
})

test('an export is UTF-8 lines that split as they were joined', async () => {
  const organizationId = await log.organization('lines')
  await log.audit.recordNow(log.ctx({ organizationId, userAgent: 'line\u2028separator' }), {
    type: 'a.b',
    data: { text: '\u2029' },
  })
  await log.audit.settle()
  const { checkpoint, key } = await log.db.transaction(`org:${organizationId}`, async (tx) => ({
    checkpoint: (await findCheckpoint(tx, organizationId))!,
    key: await verifierKey(tx, organizationId),
  }))
  let text = ''
  for await (const line of exportLines(log.db, organizationId, { checkpoint, key, from: 0, to: 1 }))
    text += `${line}\n`
  expect(await verifyExport(splitLines([Buffer.from(text)]))).toMatchObject({ ok: true, entries: 1 })
})

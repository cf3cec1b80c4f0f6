import { createHash } from 'node:crypto'
import { noteVerifier, openCheckpoint, proveInclusion, verifyInclusion } from '@writ/tlog'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPool, Database } from '#platform/database'
import { AppError } from '#platform/errors'
import { ANYWHERE } from '#platform/http'
import { newId, type Uuid } from '#platform/ids'
import { type AuditLog, auditLog, NOW } from '#test/audit-log'
import { hashReader } from './hashes.ts'
import { verifyLog } from './verify.ts'

let log: AuditLog

beforeAll(async () => {
  log = await auditLog()
})
afterAll(() => log.stop())

/** Events of an organization as the superuser sees them, oldest first. */
async function stored(organizationId: Uuid = log.organizationId) {
  const { rows } = await log.superuser.query(
    'select * from audit_events where organization_id = $1 order by id',
    [organizationId],
  )
  return rows.map((row) => ({ ...row, leaf: JSON.parse(row.leaf), text: row.leaf as string }))
}

const record = (type: string, ctx = log.ctx()) =>
  log.db.transaction(`org:${ctx.organizationId}`, (tx) => log.audit.record(ctx, tx, { type }))

describe('recording', () => {
  test('[FT-OM-15] [PS-18] an event has time, action, target, actor, organization, client, request, before and after', async () => {
    const organizationId = await log.organization('fields')
    const ctx = log.ctx({ organizationId })
    const target = { type: 'member', id: newId(NOW) }
    await log.audit.recordNow(ctx, {
      type: 'members.roles_changed',
      target,
      reason: 'asked',
      before: { roles: ['user'] },
      after: { roles: ['admin'] },
      data: { count: 1 },
    })
    const [event] = await stored(organizationId)
    expect(event.leaf).toMatchObject({
      v: 1,
      id: event.id,
      organization: organizationId,
      type: 'members.roles_changed',
      outcome: 'success',
      at: NOW.toISOString(),
      actor: { kind: 'user', id: log.userId },
      target,
      requestId: 'request-1',
      reason: 'asked',
      before: { roles: ['user'] },
      after: { roles: ['admin'] },
      data: { count: 1 },
    })
    const { rows } = await log.superuser.query('select facts from audit_personal where event_id = $1', [
      event.id,
    ])
    expect(rows[0].facts).toMatchObject({ ip: { value: '203.0.113.7' }, userAgent: { value: 'Mozilla/5.0' } })
  })

  test('personal values are in the leaf only as salted hashes', async () => {
    const organizationId = await log.organization('hashed')
    await log.audit.recordNow(log.ctx({ organizationId }), {
      type: 'members.renamed',
      target: { type: 'member', id: newId(NOW) },
      before: { name: 'Ada Alt', profile: { phone: '+49 30 1' }, status: 'active' },
      after: { name: 'Ada Neu', contacts: [{ email: 'ada@example.com' }] },
      personal: { explanation: 'She married.' },
    })
    const [event] = await stored(organizationId)
    for (const clear of ['Ada', '+49', 'ada@example.com', 'married', '203.0.113.7', 'Mozilla'])
      expect(event.text).not.toContain(clear)
    expect(event.leaf.before).toEqual({ profile: {}, status: 'active' })
    const { rows } = await log.superuser.query('select facts from audit_personal where event_id = $1', [
      event.id,
    ])
    const facts = Object.assign({}, ...rows.map((row) => row.facts))
    expect(Object.keys(facts).sort()).toEqual([
      'after.contacts',
      'after.name',
      'before.name',
      'before.profile.phone',
      'explanation',
      'ip',
      'userAgent',
    ])
    const { salt, value } = facts['before.name']
    const hash = createHash('sha256').update(
      Buffer.concat([Buffer.from(salt, 'base64'), Buffer.from(JSON.stringify(value))]),
    )
    expect(event.leaf.personal['before.name']).toBe(hash.digest('base64'))
    expect(new Set(Object.values<{ salt: string }>(facts).map((fact) => fact.salt)).size).toBe(7)
  })

  test('an event and its change commit together or not at all', async () => {
    const organizationId = await log.organization('together')
    const ctx = log.ctx({ organizationId })
    const rename = (name: string, event: Parameters<typeof log.audit.record>[2]) =>
      log.db.transaction(`org:${organizationId}`, async (tx) => {
        await tx.updateTable('organizations').set({ name }).where('id', '=', organizationId).execute()
        await log.audit.record(ctx, tx, event)
        if (name === 'rolled back') throw new Error('rolled back')
      })
    await rename('kept', { type: 'organizations.renamed' })
    await expect(rename('rolled back', { type: 'organizations.renamed' })).rejects.toThrow('rolled back')
    // An event that cannot be written: its type is longer than the table takes.
    await expect(rename('no event', { type: 'x'.repeat(200) })).rejects.toThrow()
    const { rows } = await log.superuser.query('select name from organizations where id = $1', [
      organizationId,
    ])
    expect(rows[0].name).toBe('kept')
    expect((await stored(organizationId)).map((event) => event.type)).toEqual(['organizations.renamed'])
  })

  test('recording leaves the transaction in the scope it was in, also for the log of another organization', async () => {
    const scope = `account:${log.userId}` as const
    const before = await stored(log.platformId)
    await log.db.transaction(scope, async (tx) => {
      await log.audit.record(log.ctx({ organizationId: ANYWHERE, actor: { kind: 'anonymous' } }), tx, {
        type: 'sessions.sign_in_failed',
      })
      const { rows } = await sql<{ account: Uuid }>`select current_account() as account`.execute(tx)
      expect(rows[0]!.account).toBe(log.userId)
    })
    expect(await stored(log.platformId)).toHaveLength(before.length + 1)
  })

  test("an act of the platform's staff on an organization is in both logs, each naming the other", async () => {
    const organizationId = await log.organization('visited')
    const ctx = log.ctx({ organizationId, home: log.platformId })
    const event = {
      type: 'members.deactivated',
      target: { type: 'member', id: newId(NOW) },
      before: { status: 'active', name: 'Bo' },
    }
    await log.audit.recordNow(ctx, event)
    const [there] = await stored(organizationId)
    const atHome = (await stored(log.platformId)).at(-1)!
    expect(there.leaf.counterpart).toEqual({ organization: log.platformId, event: atHome.id })
    expect(atHome.leaf).toMatchObject({
      type: event.type,
      target: event.target,
      counterpart: { organization: organizationId, event: there.id },
    })
    expect(atHome.leaf).not.toHaveProperty('before')
    expect(Object.keys(atHome.leaf.personal)).toEqual(['ip', 'userAgent'])
  })

  test('recordNow is durable when it resolves, and what arrives together is one transaction', async () => {
    const organizationId = await log.organization('batched')
    const ctx = log.ctx({ organizationId })
    const seen: number[] = []
    await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        await log.audit.recordNow(ctx, { type: 'decisions.denied', outcome: 'denied', data: { i } })
        if (i % 50 === 0)
          seen.push((await stored(organizationId)).filter((event) => event.leaf.data.i === i).length)
      }),
    )
    expect(seen).toEqual([1, 1, 1, 1])
    const { rows } = await log.superuser.query(
      'select count(distinct xmin::text)::int as n, count(*)::int as all from audit_events where organization_id = $1',
      [organizationId],
    )
    expect(rows[0].all).toBe(200)
    expect(rows[0].n).toBeLessThan(20)
  })

  test('one event that cannot be written does not take the others of its batch with it', async () => {
    const organizationId = await log.organization('isolated')
    const ctx = log.ctx({ organizationId })
    const results = await Promise.allSettled(
      ['a.good', 'x'.repeat(200), 'b.good'].map((type) => log.audit.recordNow(ctx, { type })),
    )
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await stored(organizationId)).map((event) => event.type).sort()).toEqual(['a.good', 'b.good'])
  })

  test('recordNow rejects as unavailable when the database is out of reach', async () => {
    const nowhere = () => createPool('postgresql://writ_app@127.0.0.1:1/writ')
    const away = log.node({
      db: new Database({ transactions: nowhere(), statements: nowhere() }, log.master),
    })
    const error = await away.audit
      .recordNow(log.ctx({ node: away }), { type: 'a.lost' })
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).code).toBe('unavailable')
    expect((await stored()).filter((event) => event.type === 'a.lost')).toEqual([])
    await away.db.close()
  })

  test('what JSON, PostgreSQL or a tile cannot hold is recorded all the same', async () => {
    const organizationId = await log.organization('odd')
    const ctx = log.ctx({ organizationId, userAgent: 'a\0b\ud800c' })
    await log.audit.recordNow(ctx, {
      type: 'odd.values',
      target: { type: 'thing', id: `id\0${'x'.repeat(5_000)}` },
      before: { at: NOW, nothing: undefined, big: 12n, text: 'é'.repeat(50_000) },
      after: {
        people: Object.fromEntries(
          Array.from({ length: 400 }, (_, i) => [`p${i}`, { email: `p${i}@example.com` }]),
        ),
      },
      data: { nan: Number.NaN, list: Array.from({ length: 20_000 }, (_, i) => i) },
    })
    await log.audit.settle()
    const [event] = await stored(organizationId)
    expect(Buffer.byteLength(event.text)).toBeLessThan(65_536)
    expect(event.leaf.data.omitted.characters).toBeGreaterThan(100_000)
    expect(event.leaf.personal).toHaveProperty('after')
    expect(await verifyLog(log.db, organizationId)).toEqual([])
  })
})

describe('numbering and signing', () => {
  test('every event is provable under a checkpoint that the published key verifies', async () => {
    const organizationId = await log.organization('proven')
    const ctx = log.ctx({ organizationId })
    for (let round = 0; round < 3; round++) {
      await Promise.all(
        Array.from({ length: 300 }, (_, i) => log.audit.recordNow(ctx, { type: 'a.b', data: { round, i } })),
      )
      await log.audit.settle()
    }
    const scope = `org:${organizationId}` as const
    await log.db.transaction(scope, async (tx) => {
      const { verifierKey, origin } = await tx
        .selectFrom('auditKeys')
        .select(['verifierKey', 'origin'])
        .executeTakeFirstOrThrow()
      const { note } = await tx
        .selectFrom('auditCheckpoints')
        .select('note')
        .orderBy('size', 'desc')
        .executeTakeFirstOrThrow()
      expect(origin).toBe(`access.example.com/logs/${organizationId}`)
      const { size, root } = await openCheckpoint(note, [await noteVerifier(verifierKey)], origin)
      expect(size).toBe(900)
      for (const index of [0, 255, 256, 511, 899]) {
        const { hash } = await tx
          .selectFrom('auditLeaves')
          .select('hash')
          .where('index', '=', index)
          .executeTakeFirstOrThrow()
        const proof = await proveInclusion(index, size, hashReader(tx, organizationId, size))
        verifyInclusion({ index, size, leaf: hash, proof, root })
      }
    })
    expect(await verifyLog(log.db, organizationId)).toEqual([])
  })

  test('events are numbered in the order in which one node recorded them', async () => {
    const organizationId = await log.organization('ordered')
    const ctx = log.ctx({ organizationId })
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => log.audit.recordNow(ctx, { type: 'a.b', data: { i } })),
    )
    await log.audit.settle()
    const { rows } = await log.superuser.query(
      `select (e.leaf::json #>> '{data,i}')::int as i from audit_leaves l join audit_events e on e.id = l.event_id where l.organization_id = $1 order by l.index`,
      [organizationId],
    )
    expect(rows.map((row) => row.i)).toEqual(Array.from({ length: 40 }, (_, i) => i))
  })

  test('an event that commits late is not lost: it takes the next number', async () => {
    const organizationId = await log.organization('late')
    const ctx = log.ctx({ organizationId })
    await log.db.transaction(`org:${organizationId}`, async (tx) => {
      await log.audit.record(ctx, tx, { type: 'late.one' })
      await log.audit.recordNow(ctx, { type: 'early.one' })
      await log.audit.settle()
      expect(await numbered(organizationId)).toEqual(['early.one'])
    })
    await log.audit.settle()
    expect(await numbered(organizationId)).toEqual(['early.one', 'late.one'])
  })

  test('two sequencers on one database, at once, make one log', async () => {
    const organizationId = await log.organization('two-nodes')
    const other = log.node()
    await log.audit.start()
    await other.audit.start()
    const ctxs = [log.ctx({ organizationId }), log.ctx({ organizationId, node: other })]
    await Promise.all(
      Array.from({ length: 400 }, (_, i) =>
        (i % 2 ? other : log).audit.recordNow(ctxs[i % 2]!, { type: 'a.b', data: { i } }),
      ),
    )
    await Promise.all([log.audit.settle(), other.audit.settle(), log.audit.settle(), other.audit.settle()])
    expect(await verifyLog(log.db, organizationId)).toEqual([])
    const { rows } = await log.superuser.query(
      'select size::int, signed_size::int from audit_logs where organization_id = $1',
      [organizationId],
    )
    expect(rows[0]).toEqual({ size: 400, signed_size: 400 })
    expect([await log.audit.problem(), await other.audit.problem()]).toEqual([undefined, undefined])
    await other.audit.stop()
  })

  test('a running node has an event under a checkpoint soon after its commit, without being asked', async () => {
    const organizationId = await log.organization('soon')
    const before = performance.now()
    await record('a.b', log.ctx({ organizationId }))
    const signed = async () =>
      (
        await log.superuser.query('select from audit_checkpoints where organization_id = $1', [
          organizationId,
        ])
      ).rowCount
    await expect.poll(signed, { interval: 10, timeout: 5_000 }).toBe(1)
    expect(performance.now() - before).toBeLessThan(2_000)
  })
})

async function numbered(organizationId: Uuid): Promise<string[]> {
  const { rows } = await log.superuser.query(
    'select e.type from audit_leaves l join audit_events e on e.id = l.event_id where l.organization_id = $1 order by l.index',
    [organizationId],
  )
  return rows.map((row) => row.type)
}

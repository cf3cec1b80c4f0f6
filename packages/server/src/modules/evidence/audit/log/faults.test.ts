import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPool, Database, type Scope, type Tx } from '#platform/database'
import { failures } from '#platform/errors'
import type { Uuid } from '#platform/ids'
import { type AuditLog, auditLog, type Node } from '#test/audit-log'
import { AuditLogRewritten } from './audit.ts'
import { verifyLog } from './verify.ts'

let log: AuditLog
let directory: string

beforeAll(async () => {
  log = await auditLog()
  directory = mkdtempSync(join(tmpdir(), 'writ-checkpoints-'))
})
afterAll(async () => {
  await log.stop()
  rmSync(directory, { recursive: true })
})

/** Fails the n-th use from when it is armed: before anything is committed, or after all of it is. */
class FailingDatabase extends Database {
  #fuse = 0
  #isPersisted = false

  arm(use: number, how: 'failed' | 'persisted'): void {
    this.#fuse = use
    this.#isPersisted = how === 'persisted'
  }

  override transaction<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> {
    if (!this.#burns()) return super.transaction(scope, work)
    const broken = () => failures.unavailable({}, new Error('killed'))
    if (!this.#isPersisted) {
      return super.transaction<T>(scope, async (tx) => {
        await work(tx)
        throw broken()
      })
    }
    return super.transaction(scope, work).then(() => Promise.reject(broken()))
  }

  override async prepared<R extends pg.QueryResultRow>(
    name: string,
    text: string,
    values: unknown[],
  ): Promise<R[]> {
    if (!this.#burns()) return super.prepared(name, text, values)
    if (this.#isPersisted) await super.prepared(name, text, values)
    throw failures.unavailable({}, new Error('killed'))
  }

  #burns(): boolean {
    return --this.#fuse === 0
  }
}

function failingNode() {
  const pool = () => createPool(log.database.appUrl, { max: 3 })
  const db = new FailingDatabase({ transactions: pool(), statements: pool() }, log.master)
  return { db, node: log.node({ db, checkpoints: directory }) }
}

async function eventIds(table: string, organizationId: Uuid): Promise<string[]> {
  const column = table === 'audit_events' ? 'id' : 'event_id'
  const { rows } = await log.superuser.query(
    `select ${column} as id from ${table} where organization_id = $1 order by 1`,
    [organizationId],
  )
  return rows.map((row) => row.id)
}

describe('a node that dies', () => {
  // What a round does: number, then (the first time: look, make the key,) look, and save the checkpoint.
  for (const how of ['failed', 'persisted'] as const) {
    for (const use of [1, 2, 3, 4, 5]) {
      test(`at step ${use} of a round, the step ${how === 'failed' ? 'undone' : 'done and not known to be'}: the next node goes on with a whole log`, async () => {
        const organizationId = await log.organization(`dies-${how}-${use}`)
        const { db, node } = failingNode()
        const ctx = log.ctx({ organizationId, node })
        await Promise.all(Array.from({ length: 5 }, () => node.audit.recordNow(ctx, { type: 'a.b' })))
        db.arm(use, how)
        await expect(node.audit.settle()).rejects.toThrow()
        db.arm(0, how)
        await db.close()

        const next = log.node({ checkpoints: directory })
        await next.audit.start()
        await next.audit.recordNow(log.ctx({ organizationId, node: next }), { type: 'c.d' })
        await next.audit.settle()
        expect(await next.audit.problem()).toBeUndefined()
        expect(await verifyLog(next.db, organizationId)).toEqual([])
        expect(await eventIds('audit_leaves', organizationId)).toEqual(
          await eventIds('audit_events', organizationId),
        )
        expect(await eventIds('audit_leaves', organizationId)).toHaveLength(6)
        await next.audit.stop()
      })
    }

    test(`while recording (${how}): the caller is refused, and the log stays whole`, async () => {
      const organizationId = await log.organization(`records-${how}`)
      const { db, node } = failingNode()
      const ctx = log.ctx({ organizationId, node })
      await node.audit.recordNow(ctx, { type: 'a.b' })
      db.arm(1, how)
      await expect(node.audit.recordNow(ctx, { type: 'a.unsure' })).rejects.toMatchObject({
        code: 'unavailable',
      })
      await node.audit.settle()
      expect(await eventIds('audit_leaves', organizationId)).toHaveLength(how === 'failed' ? 1 : 2)
      expect(await verifyLog(db, organizationId)).toEqual([])
      await db.close()
    })
  }

  test('of a connection killed in the middle of numbering, nothing is left', async () => {
    const organizationId = await log.organization('killed')
    const ctx = log.ctx({ organizationId })
    await log.audit.recordNow(ctx, { type: 'a.b' })
    const killed = log.db.transaction('audit', async (tx) => {
      const { sequencePending } = await import('../store.ts')
      expect(await sequencePending(tx, 100, true)).not.toEqual([])
      await log.superuser.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction' and usename = 'writ_app'`,
      )
      await sequencePending(tx, 100, true)
    })
    await expect(killed).rejects.toMatchObject({ code: 'unavailable' })
    expect(await eventIds('audit_leaves', organizationId)).toEqual([])
    await log.audit.settle()
    expect(await verifyLog(log.db, organizationId)).toEqual([])
    expect(await eventIds('audit_leaves', organizationId)).toHaveLength(1)
  })
})

describe('checkpoints outside the database', () => {
  const start = async () => {
    const node = log.node({ checkpoints: directory })
    await node.audit.start().finally(() => node.audit.stop())
  }
  const fill = async (slug: string, rounds: number) => {
    const organizationId = await log.organization(slug)
    const node = log.node({ checkpoints: directory })
    for (let i = 0; i < rounds; i++) {
      await node.audit.recordNow(log.ctx({ organizationId, node }), { type: 'a.b', data: { i } })
      await node.audit.settle()
    }
    return { organizationId, file: join(directory, `${organizationId}.checkpoints`) }
  }

  test('each signed checkpoint is appended, and a log that extends the last one starts', async () => {
    const { organizationId, file } = await fill('outside', 3)
    const { rows } = await log.superuser.query(
      'select note from audit_checkpoints where organization_id = $1 order by size',
      [organizationId],
    )
    expect(readFileSync(file, 'utf8')).toBe(rows.map((row) => `${row.note}\n`).join(''))
    await start()
  })

  test('a note that a crash cut off is passed over, and the next one is read', async () => {
    const { organizationId, file } = await fill('torn', 2)
    const whole = readFileSync(file, 'utf8')
    writeFileSync(file, whole.slice(0, -30))
    await start()
    const node = log.node({ checkpoints: directory })
    await node.audit.recordNow(log.ctx({ organizationId, node }), { type: 'c.d' })
    await node.audit.settle()
    const { rows } = await log.superuser.query(
      'select note from audit_checkpoints where organization_id = $1 and size = 3',
      [organizationId],
    )
    expect(readFileSync(file, 'utf8').endsWith(`\n\n${rows[0].note}\n`)).toBe(true)
    await start()
  })

  test('[FT-AC-22] a log that was rewritten or shortened refuses the start and names the file', async () => {
    const { organizationId, file } = await fill('rewritten', 3)
    const kept = readFileSync(file, 'utf8')
    // A whole new log, valid in itself: only what lies outside can tell.
    await tamper(`delete from audit_leaves where organization_id = '${organizationId}' and index = 2;
      delete from audit_checkpoints where organization_id = '${organizationId}'`)
    const refused = await start().catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(AuditLogRewritten)
    expect((refused as Error).message).toContain(file)
    expect((refused as Error).message).toContain('checkpoint is of 3 events')
    rmSync(file)
    await start()
    appendFileSync(file, kept)
    await expect(start()).rejects.toThrow(AuditLogRewritten)
    rmSync(file)
  })

  test('a log that got another tree behind a running server is not signed any more, and the server says so', async () => {
    const organizationId = await log.organization('unsigned')
    const node = log.node()
    const ctx = log.ctx({ organizationId, node })
    const append = async () => {
      await node.audit.recordNow(ctx, { type: 'a.b' })
      await node.audit.settle()
    }
    await append()
    await append()
    await tamper(
      `update audit_leaves set hash = sha256('x') where organization_id = '${organizationId}' and index = 0`,
    )
    await tamper(`update audit_logs set frontier = sha256('y') where organization_id = '${organizationId}'`)
    await append()
    expect(await node.audit.problem()).toContain(organizationId)
    const { rows } = await log.superuser.query(
      'select max(size)::int as size from audit_checkpoints where organization_id = $1',
      [organizationId],
    )
    expect(rows[0].size).toBe(2)
  })
})

describe('a log whose rows cannot be gone on with', () => {
  const faults: [string, string, string][] = [
    ['a frontier that is none', 'numbered', "update audit_logs set frontier = '\\x00'"],
    [
      'a size that is too small',
      'numbered',
      'update audit_logs set size = 1, signed_size = 1, frontier = substr(frontier, 1, 32)',
    ],
    ['a size that is too large', 'numbered', 'update audit_logs set size = 7'],
    ['a key sealed under another master key', 'signed', "update audit_keys set seed = '\\x00'"],
  ]
  test.each(faults)(
    'for %s is set aside: the others go on, and the problem names its organization',
    async (name, what, change) => {
      const slug = name.replaceAll(' ', '-')
      const [sick, sound] = [
        await log.organization(`sick-${slug}`.slice(0, 60)),
        await log.organization(`sound-${slug}`.slice(0, 60)),
      ]
      const first = log.node()
      const record = async (node: Node, organizationId: Uuid) =>
        node.audit.recordNow(log.ctx({ organizationId, node }), { type: 'a.b' })
      for (const organizationId of [sick, sick, sound]) await record(first, organizationId)
      await first.audit.settle()
      await tamper(`${change} where organization_id = '${sick}'`, ['audit_keys'])

      const node = log.node()
      for (let i = 0; i < 2; i++) {
        await record(node, sick)
        await record(node, sound)
        await node.audit.settle()
      }
      expect(await node.audit.problem()).toContain(sick)
      expect(await node.audit.problem()).toContain(`cannot be ${what}`)
      expect(await node.audit.problem()).not.toContain(sound)
      expect(await verifyLog(node.db, sound)).toEqual([])
      expect(await sizes(sound)).toEqual({ events: 3, signed: 3 })
      expect(await sizes(sick)).toEqual({ events: 4, signed: 2 })
      await tamper(
        `delete from audit_pending where organization_id = '${sick}'; update audit_logs set signed_size = size where organization_id = '${sick}'`,
      )
      await node.audit.stop()
    },
  )

  async function sizes(organizationId: Uuid) {
    const { rows } = await log.superuser.query(
      `select (select count(*)::int from audit_events where organization_id = $1) as events,
        (select max(size)::int from audit_checkpoints where organization_id = $1) as signed`,
      [organizationId],
    )
    return rows[0]
  }
})

/** What somebody does who may do everything: switches the triggers off first. */
async function tamper(statements: string, also: readonly string[] = []): Promise<void> {
  const tables = ['audit_leaves', 'audit_checkpoints', 'audit_events', ...also]
  await log.superuser.query(tables.map((table) => `alter table ${table} disable trigger all;`).join(''))
  await log.superuser.query(statements)
  await log.superuser.query(
    tables
      .map((table) => `alter table ${table} enable always trigger all;`)
      .join('')
      .replaceAll('enable always trigger all', 'enable trigger all'),
  )
}

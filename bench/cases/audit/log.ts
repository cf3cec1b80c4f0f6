/** An audit log of one organization, as the server composes it, without its HTTP. @module */
import type { Readable } from 'node:stream'
import { createApp } from '../../../packages/server/src/app.ts'
import { exportLog } from '../../../packages/server/src/modules/evidence/audit/index.ts'
import { proveEvent } from '../../../packages/server/src/modules/evidence/audit/queries.ts'
import { readConfig } from '../../../packages/server/src/platform/config.ts'
import { createCtx } from '../../../packages/server/src/platform/context.ts'
import { createPool, Database } from '../../../packages/server/src/platform/database.ts'
import { createPasswords } from '../../../packages/server/src/platform/passwords.ts'
import { createLog } from '../../../packages/server/src/platform/telemetry.ts'
import { splitLines } from '../../../packages/tlog/src/index.ts'
import { seed } from '../../http/seed.ts'
import type { Stack } from '../../http/stack.ts'

export interface AuditBench {
  /** One event as a denied request leaves it; durable when it returns. */
  record(): Promise<void>
  /** Numbers and signs from now on. */
  start(): Promise<void>
  /** When all that was recorded is under a signed checkpoint. */
  settle(): Promise<void>
  /** Records until the log has so many events; how many it has then, all signed. */
  fill(size: number): Promise<number>
  /** Ids of events from all over the log. */
  sample(count: number): Promise<string[]>
  prove(id: string): Promise<unknown>
  /** The lines of an export of the first events that {@link fill} counted. */
  export(): Promise<string[]>
}

export async function auditBench(stack: Stack): Promise<AuditBench> {
  // The real server prepares the database: migrations, keys, policy.
  const writ = await stack.writ()
  const { database } = writ
  await seed(database.superuser, { organizations: 2, members: 2, sessions: 0 })
  await writ.stop()
  const organization = async (slug: string) =>
    (await database.superuser.query<{ id: string }>('select id from organizations where slug = $1', [slug]))
      .rows[0]!.id
  const db = new Database(
    {
      transactions: createPool(database.appUrl, { max: 8 }),
      statements: createPool(database.appUrl, { max: 8 }),
    },
    database.masterKey,
  )
  const passwords = createPasswords()
  const app = await createApp({
    config: readConfig({ WRIT_LOG: 'silent' }),
    masterKey: database.masterKey,
    publicUrl: 'http://localhost:8484',
    db,
    passwords,
    log: createLog('silent'),
  })
  stack.defer(async () => {
    await app.close()
    await Promise.all([passwords.stop(), db.close()])
  })
  const { compiled: policy } = await app.services.ports.policies.current()
  const client = {
    ip: '192.0.2.7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  }
  const contextIn = (organizationId: string) =>
    createCtx(app.services, {
      requestId: '2b0c3f6e-58a1-4a0e-9d5b-3d1f0c1f5a77',
      client,
      actor: { kind: 'operator', name: 'bench' },
      organizationId,
      policy,
    })
  // One log to append to as fast as can be, and one whose size is chosen.
  const busy = contextIn(await organization('org-1'))
  const ctx = contextIn(await organization('org-2'))
  const event = {
    type: 'decisions.denied',
    outcome: 'denied' as const,
    reason: 'not_granted',
    target: { type: 'leads', id: 'lead-17' },
    data: { permission: 'delete:leads', subject: 'user:0198a0c2-7f53-7c40-8d0e-2f6f3b1c9a55' },
  }
  const count = async () =>
    Number(
      (
        await database.superuser.query('select size from audit_logs where organization_id = $1', [
          ctx.organizationId,
        ])
      ).rows[0]?.size ?? 0,
    )
  let filled = 0
  return {
    record: () => busy.recordNow(event),
    start: () => app.audit.start(),
    settle: () => app.audit.settle(),
    async fill(size) {
      for (let have = await count(); have < size; have = await count()) {
        await Promise.all(Array.from({ length: Math.min(5_000, size - have) }, () => ctx.recordNow(event)))
        await app.audit.settle()
      }
      await database.superuser.query('vacuum analyze')
      filled = await count()
      return filled
    },
    async sample(wanted) {
      const { rows } = await database.superuser.query<{ id: string }>(
        'select event_id as id from audit_leaves where organization_id = $1 and index in (select (random() * ($2::bigint - 1))::bigint from generate_series(1, $3)) limit $3',
        [ctx.organizationId, filled, wanted],
      )
      return rows.map(({ id }) => id)
    },
    prove: (id) => proveEvent(ctx, id),
    async export() {
      const stream: Readable = await exportLog(ctx, { from: 0, to: filled })
      const lines: string[] = []
      for await (const line of splitLines(stream)) lines.push(line)
      return lines
    },
  }
}

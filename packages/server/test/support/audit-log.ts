/**
 * The audit log without the rest of the server: a database, an organization, and contexts to record in.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { type Audit, createAudit } from '#evidence/audit'
import { readConfig } from '#platform/config'
import { type Actor, type Ctx, createCtx, type Principal, type Services } from '#platform/context'
import { createPool, Database } from '#platform/database'
import { newId, type Uuid } from '#platform/ids'
import { installContextKey } from '#platform/secrets'
import { createLog } from '#platform/telemetry'
import { freshDatabase, type TestDatabase } from './database.ts'

export const NOW = new Date('2026-03-02T09:00:00Z')

export interface Node {
  readonly audit: Audit
  readonly db: Database
  readonly services: Services
}

export interface AuditLog extends Node {
  readonly database: TestDatabase
  /** Sees and may do everything. */
  readonly superuser: pg.Pool
  readonly organizationId: Uuid
  readonly platformId: Uuid
  readonly userId: Uuid
  /** A context as a request has one; by default of a user of the organization. */
  ctx(input?: {
    organizationId?: Uuid
    actor?: Actor
    home?: Uuid
    node?: Node
    ip?: string
    userAgent?: string
  }): Ctx
  /** Another server on the same database. */
  node(options?: { checkpoints?: string; db?: Database }): Node
  readonly master: Buffer
  organization(slug: string): Promise<Uuid>
  stop(): Promise<void>
}

export async function auditLog(options: { checkpoints?: string } = {}): Promise<AuditLog> {
  const database = await freshDatabase()
  const master = randomBytes(32)
  const pools = (url: string) => ({
    transactions: createPool(url, { max: 6 }),
    statements: createPool(url, { max: 4 }),
  })
  const owner = new Database(pools(database.ownerUrl), master)
  const client = await database.owner.connect()
  await installContextKey(client, master, NOW)
  client.release()
  const superuser = new pg.Pool({ connectionString: database.superuserUrl, max: 4 })
  const opened: Database[] = [owner]
  const audits: Audit[] = []

  const connect = () => {
    const db = new Database(pools(database.appUrl), master)
    opened.push(db)
    return db
  }
  const organization = async (slug: string, kind = 'organization') => {
    const id = newId(NOW)
    const row = { id, slug, kind, name: slug, createdAt: NOW, updatedAt: NOW }
    await owner.transaction(`org:${id}`, (tx) => tx.insertInto('organizations').values(row).execute())
    return id
  }
  const node = ({ checkpoints, db = connect() }: { checkpoints?: string; db?: Database } = {}): Node => {
    const config = readConfig({
      WRIT_LOG: 'silent',
      ...(checkpoints ? { WRIT_CHECKPOINTS: checkpoints } : {}),
    })
    const services = {
      config,
      masterKey: master,
      publicUrl: 'https://access.example.com',
      db,
      log: createLog('silent'),
      now: () => NOW,
    } as unknown as Services
    const audit = createAudit(services)
    audits.push(audit)
    return { audit, db, services }
  }

  const platformId = await organization('platform', 'platform')
  const organizationId = await organization('acme')
  const userId = newId(NOW)
  const first = node(options)
  return {
    ...first,
    database,
    superuser,
    organizationId,
    platformId,
    userId,
    master,
    node,
    organization,
    ctx(input = {}) {
      const actor = input.actor ?? { kind: 'user', userId, memberId: newId(NOW), sessionId: newId(NOW) }
      const home = input.home && ({ home: { organizationId: input.home } } as Principal)
      return createCtx((input.node ?? first).services, {
        requestId: 'request-1',
        client: { ip: input.ip ?? '203.0.113.7', userAgent: input.userAgent ?? 'Mozilla/5.0' },
        actor,
        organizationId: input.organizationId ?? organizationId,
        policy: undefined as never,
        ...(home ? { principal: home } : {}),
      })
    },
    async stop() {
      for (const audit of audits) await audit.stop()
      for (const db of opened) await db.close()
      await superuser.end()
      await database.drop()
    },
  }
}

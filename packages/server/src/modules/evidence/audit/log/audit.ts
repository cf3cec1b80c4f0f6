/**
 * The running log: what the ports `record` and `recordNow` are, and the rounds that number and sign.
 *
 * @module
 */
import type { AuditEvent, Ctx, Services, Tx } from '#platform/context'
import { failures } from '#platform/errors'
import { ANYWHERE } from '#platform/http'
import type { Uuid } from '#platform/ids'
import { insertNow, insertWithin, platformOrganization } from '../store.ts'
import { Batches } from './batches.ts'
import { type EntryRow, entryOf, entryPair } from './entry.ts'
import { OutsideCheckpoints } from './outside.ts'
import { Rounds } from './rounds.ts'
import { Sequencer } from './sequencer.ts'

export interface Audit {
  /** Within the transaction of the change: both happen or neither. */
  readonly record: (ctx: Ctx, tx: Tx, event: AuditEvent) => Promise<void>
  /** Durable when it returns. @throws `unavailable` when that is not known; the caller must then refuse. */
  readonly recordNow: (ctx: Ctx, event: AuditEvent) => Promise<void>
  /**
   * Compares the logs with their checkpoints outside the database, then numbers and signs until {@link stop}.
   * @throws AuditLogRewritten
   */
  start(): Promise<void>
  /** When everything that was recorded and committed before, on this node, is under signed checkpoints. */
  settle(): Promise<void>
  /** What is wrong with the logs, for /readyz. */
  problem(): Promise<string | undefined>
  /** Writes what is waiting, then stops the rounds. */
  stop(): Promise<void>
}

/** A log does not extend its last checkpoint outside the database. Each sentence says which and what to do. */
export class AuditLogRewritten extends Error {
  override readonly name = 'AuditLogRewritten'
}

export function createAudit(services: Services): Audit {
  const { db, config } = services
  const outside =
    config.checkpointDirectory === undefined ? undefined : new OutsideCheckpoints(config.checkpointDirectory)
  const sequencer = new Sequencer(services, outside)
  const rounds = new Rounds(services, sequencer)
  const batches = new Batches((organizationId, rows) => insertNow(db, organizationId, rows))
  const entries = entriesFor(services)

  return {
    async record(ctx, tx, event) {
      for (const entry of await entries(ctx, event)) await insertWithin(db, tx, entry.organizationId, [entry])
      rounds.wake()
    },
    async recordNow(ctx, event) {
      await Promise.all((await entries(ctx, event)).map((entry) => batches.append(entry)))
      rounds.wake()
    },
    async start() {
      const faults = await sequencer.compareOutside()
      if (faults.length > 0) throw new AuditLogRewritten(faults.join('\n'))
      rounds.start()
    },
    async settle() {
      await batches.idle()
      await rounds.once()
    },
    async problem() {
      return sequencer.problem() ?? rounds.problem()
    },
    async stop() {
      await batches.idle()
      await rounds.stop()
    },
  }
}

/** Which entries an event makes, in which logs. */
function entriesFor(services: Services): (ctx: Ctx, event: AuditEvent) => Promise<EntryRow[]> {
  let platform: Uuid | undefined
  return async (ctx, event) => {
    const circumstances = { at: ctx.now(), actor: ctx.actor, client: ctx.client, requestId: ctx.requestId }
    let organizationId = ctx.organizationId
    if (organizationId === ANYWHERE) {
      platform ??= await platformOrganization(services.db)
      if (platform === undefined)
        throw failures.unavailable(
          { reason: 'no_platform' },
          new Error('there is no platform organization to log to'),
        )
      organizationId = platform
    }
    const { actingFrom } = ctx
    if (actingFrom === undefined || actingFrom === organizationId)
      return [entryOf(organizationId, circumstances, event)]
    return entryPair(organizationId, actingFrom, circumstances, event)
  }
}

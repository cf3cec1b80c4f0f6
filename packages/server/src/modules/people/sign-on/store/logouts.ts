/** SQL of who is to hear that a session ended. Scope of every function: `sign-on`. @module */
import { sql } from 'kysely'
import type { Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'

export interface Participant {
  readonly organizationId: Uuid
  readonly id: Uuid
  readonly sessionId: Uuid
  readonly userId: Uuid
  readonly clientId: Uuid
  readonly sid: string
  readonly createdAt: Date
  readonly sessionExpiresAt: Date
}

/** Notes that an application was signed in to. */
export async function insertParticipant(tx: Tx, participant: Participant): Promise<void> {
  await tx
    .insertInto('signOnLogouts')
    .values(participant)
    .onConflict((conflict) => conflict.columns(['sessionId', 'clientId', 'sid']).doNothing())
    .execute()
}

export interface DueLogout {
  readonly organizationId: Uuid
  readonly id: Uuid
  readonly userId: Uuid
  readonly clientId: Uuid
  readonly sid: string
  readonly attempts: number
}

/** Takes what is due, for one attempt until `until`; several nodes take different ones. */
export async function claimLogouts(tx: Tx, now: Date, until: Date, limit: number): Promise<DueLogout[]> {
  return tx
    .updateTable('signOnLogouts')
    .set((eb) => ({ attempts: eb('attempts', '+', 1), dueAt: until }))
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('signOnLogouts')
        .select('id')
        .where('dueAt', '<=', now)
        .where('deliveredAt', 'is', null)
        .where('failedAt', 'is', null)
        .orderBy('dueAt')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['organizationId', 'id', 'userId', 'clientId', 'sid', 'attempts'])
    .execute()
}

export async function settleLogout(
  tx: Tx,
  id: Uuid,
  change: { deliveredAt: Date } | { failedAt: Date } | { dueAt: Date },
): Promise<void> {
  await tx
    .updateTable('signOnLogouts')
    .set(change)
    .where('id', '=', id)
    .where('deliveredAt', 'is', null)
    .execute()
}

/** Makes due what no path announced: sessions that expired, or whose bearer lost the standing they need. */
export async function announceLostSessions(tx: Tx, now: Date): Promise<void> {
  await sql`select announce_lost_sessions(${now})`.execute(tx)
}

export async function deleteSettled(tx: Tx, before: Date): Promise<void> {
  await tx
    .deleteFrom('signOnLogouts')
    .where('sessionExpiresAt', '<', before)
    .where((eb) => eb.or([eb('deliveredAt', 'is not', null), eb('failedAt', 'is not', null)]))
    .execute()
}

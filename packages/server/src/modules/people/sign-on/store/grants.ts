/** SQL of grants: what a session gave an application. Scope of every function: `sign-on`. @module */
import { sql } from 'kysely'
import type { Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'

export interface GrantRow {
  readonly organizationId: Uuid
  readonly idHash: Buffer
  readonly sessionId: Uuid
  readonly userId: Uuid
  readonly clientId: Uuid
  readonly createdAt: Date
  readonly sessionExpiresAt: Date
}

export async function insertGrant(tx: Tx, grant: GrantRow): Promise<void> {
  await tx
    .insertInto('signOnGrants')
    .values(grant)
    .onConflict((conflict) => conflict.column('idHash').doNothing())
    .execute()
}

/** A grant that has not ended, of an application that is not revoked. Whether its session holds is another question. */
export async function findGrant(tx: Tx, idHash: Buffer): Promise<GrantRow | undefined> {
  return tx
    .selectFrom('signOnGrants as g')
    .innerJoin('signOnClients as c', 'c.id', 'g.clientId')
    .select([
      'g.organizationId',
      'g.idHash',
      'g.sessionId',
      'g.userId',
      'g.clientId',
      'g.createdAt',
      'g.sessionExpiresAt',
    ])
    .where('g.idHash', '=', idHash)
    .where('g.endedAt', 'is', null)
    .where('c.revokedAt', 'is', null)
    .executeTakeFirst()
}

/** Ends a grant; undefined where it had ended. Of many at once, one ends it. */
export async function endGrant(
  tx: Tx,
  idHash: Buffer,
  because: string,
  now: Date,
): Promise<GrantRow | undefined> {
  return tx
    .updateTable('signOnGrants')
    .set({ endedAt: now, endedBecause: because })
    .where('idHash', '=', idHash)
    .where('endedAt', 'is', null)
    .returning([
      'organizationId',
      'idHash',
      'sessionId',
      'userId',
      'clientId',
      'createdAt',
      'sessionExpiresAt',
    ])
    .executeTakeFirst()
}

/** Ends what an application was given by a person in one organization, in all of their sessions. */
export async function endGrantsOfClient(
  tx: Tx,
  { organizationId, userId, clientId }: { organizationId: Uuid; userId: Uuid; clientId: Uuid },
  because: string,
  now: Date,
): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('signOnGrants')
    .set({ endedAt: now, endedBecause: because })
    .where('organizationId', '=', organizationId)
    .where('userId', '=', userId)
    .where('clientId', '=', clientId)
    .where('endedAt', 'is', null)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** When a session began and when it ends at the latest; undefined for one that is gone. */
export async function sessionExpiry(tx: Tx, sessionId: Uuid): Promise<Date | undefined> {
  const { rows } = await sql<{ expiresAt: Date }>`select expires_at from session_times(${sessionId})`.execute(
    tx,
  )
  return rows[0]?.expiresAt
}

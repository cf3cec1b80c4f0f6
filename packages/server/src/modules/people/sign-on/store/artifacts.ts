/** SQL of what the provider keeps. Ids are credentials, so only their hashes are stored. Scope of every function: `sign-on`. @module */
import { sql } from 'kysely'
import type { Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'

export interface ArtifactRow {
  readonly model: string
  readonly idHash: Buffer
  readonly grantHash: Buffer | null
  readonly uidHash: Buffer | null
  readonly userCodeHash: Buffer | null
  readonly sessionId: Uuid | null
  readonly payload: Buffer
  readonly isInFlight: boolean
  readonly createdAt: Date
  readonly expiresAt: Date
}

export type FoundArtifact = Pick<ArtifactRow, 'idHash' | 'grantHash' | 'sessionId' | 'payload'> & {
  readonly consumedAt: Date | null
}

type Key = 'idHash' | 'uidHash' | 'userCodeHash'

export async function findArtifact(
  tx: Tx,
  model: string,
  key: Key,
  hash: Buffer,
  now: Date,
): Promise<FoundArtifact | undefined> {
  return tx
    .selectFrom('signOnArtifacts')
    .select(['idHash', 'grantHash', 'sessionId', 'payload', 'consumedAt'])
    .where('model', '=', model)
    .where(key, '=', hash)
    .where('expiresAt', '>', now)
    .executeTakeFirst()
}

/** False where there is one already, which stays what it is: what may be seen once. */
export async function insertOnce(tx: Tx, row: ArtifactRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('signOnArtifacts')
    .values(row)
    .onConflict((conflict) => conflict.columns(['model', 'idHash']).doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/**
 * Writes a row, or writes it again. What was spent stays spent and what belongs to a grant stays with it: of two who
 * decide on one device code, one does. False where nothing was written for one of these reasons.
 */
export async function saveArtifact(tx: Tx, row: ArtifactRow, claims: boolean): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('signOnArtifacts')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['model', 'idHash'])
        .doUpdateSet({
          grantHash: row.grantHash,
          sessionId: row.sessionId,
          payload: row.payload,
          isInFlight: row.isInFlight,
          expiresAt: row.expiresAt,
        })
        .where('signOnArtifacts.consumedAt', 'is', null)
        .where((eb) =>
          eb.or([
            eb('signOnArtifacts.grantHash', 'is', null),
            eb('signOnArtifacts.grantHash', '=', eb.ref('excluded.grantHash' as never)),
          ]),
        )
        .where((eb) => (claims ? eb('signOnArtifacts.isInFlight', '=', false) : eb.lit(true))),
    )
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** Spends a row once, however many try at once. */
export async function consumeArtifact(
  tx: Tx,
  model: string,
  idHash: Buffer,
  now: Date,
): Promise<{ won: true } | { won: false; grantHash: Buffer | null }> {
  const { numUpdatedRows } = await tx
    .updateTable('signOnArtifacts')
    .set({ consumedAt: now })
    .where('model', '=', model)
    .where('idHash', '=', idHash)
    .where('consumedAt', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows === 1n) return { won: true }
  const row = await tx
    .selectFrom('signOnArtifacts')
    .select('grantHash')
    .where('model', '=', model)
    .where('idHash', '=', idHash)
    .executeTakeFirst()
  return { won: false, grantHash: row?.grantHash ?? null }
}

export async function deleteArtifact(
  tx: Tx,
  model: string,
  idHash: Buffer,
): Promise<FoundArtifact | undefined> {
  return tx
    .deleteFrom('signOnArtifacts')
    .where('model', '=', model)
    .where('idHash', '=', idHash)
    .returning(['idHash', 'grantHash', 'sessionId', 'payload', 'consumedAt'])
    .executeTakeFirst()
}

export async function deleteOfGrant(tx: Tx, model: string, grantHash: Buffer): Promise<void> {
  await tx
    .deleteFrom('signOnArtifacts')
    .where('model', '=', model)
    .where('grantHash', '=', grantHash)
    .execute()
}

/** Removes what expired before `before`, at most `limit` rows at a time. */
export async function deleteExpired(tx: Tx, before: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from sign_on_artifacts where (model, id_hash) in
      (select model, id_hash from sign_on_artifacts where expires_at < ${before} limit ${limit} for update skip locked)`.execute(
    tx,
  )
  const grants = await sql`
    delete from sign_on_grants where id_hash in
      (select id_hash from sign_on_grants where session_expires_at < ${before} limit ${limit} for update skip locked)`.execute(
    tx,
  )
  return Number(numAffectedRows ?? 0n) + Number(grants.numAffectedRows ?? 0n)
}

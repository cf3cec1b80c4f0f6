/** All SQL that writes passkeys and their challenges. Scope of each: the account, unless it says otherwise. @module */
import { sql } from 'kysely'
import type { Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'

export type Purpose = 'register' | 'second_factor' | 'sign_in'

export interface NewPasskeyChallenge {
  readonly id: Uuid
  /** Null: a sign-in without a name. */
  readonly userId: Uuid | null
  readonly purpose: Purpose
  readonly challenge: Buffer
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** What has expired goes with it: anybody may ask. Scope: the account, or `passkey` for a challenge without one. */
export async function insertPasskeyChallenge(tx: Tx, row: NewPasskeyChallenge): Promise<void> {
  await tx.deleteFrom('passkeyChallenges').where('expiresAt', '<=', row.createdAt).execute()
  await tx.insertInto('passkeyChallenges').values(row).execute()
}

/**
 * Spends a challenge of one purpose and one account. One conditional update: of any number at once, one does. Scope: the
 * account, or `passkey` for a challenge without one; row-level security hides another account's.
 */
export async function spendPasskeyChallenge(
  tx: Tx,
  { challenge, purpose, userId }: { challenge: Buffer; purpose: Purpose; userId: Uuid | null },
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('passkeyChallenges')
    .set({ spentAt: now })
    .where('challenge', '=', challenge)
    .where('purpose', '=', purpose)
    .where(sql<boolean>`user_id is not distinct from ${userId}`)
    .where('spentAt', 'is', null)
    .where('expiresAt', '>', now)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Whose passkey this is; it is presented before anybody is signed in. Scope: `passkey`. */
export async function accountOfPasskey(tx: Tx, credentialId: Buffer): Promise<Uuid | undefined> {
  const { rows } = await sql<{
    userId: Uuid | null
  }>`select account_of_passkey(${credentialId}) as user_id`.execute(tx)
  return rows[0]?.userId ?? undefined
}

export interface NewPasskey {
  readonly userId: Uuid
  readonly id: Uuid
  readonly credentialId: Buffer
  readonly publicKey: Buffer
  readonly signCount: number
  readonly transports: string[]
  readonly name: string
  readonly isBackedUp: boolean
  readonly aaguid: Uuid | null
  readonly createdAt: Date
}

/** False where the credential is registered, to whomever. */
export async function insertPasskey(tx: Tx, row: NewPasskey): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('passkeys')
    .values(row)
    .onConflict((conflict) => conflict.column('credentialId').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/**
 * Notes a use. The signature counter must have grown, where the authenticator counts at all (WebAuthn section 7.2, step
 * 22): of an original and its clone that sign at once, one passes.
 */
export async function savePasskeyUse(
  tx: Tx,
  id: Uuid,
  { signCount, isBackedUp }: { signCount: number; isBackedUp: boolean },
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('passkeys')
    .set({ signCount, isBackedUp, lastUsedAt: now })
    .where('id', '=', id)
    .where((eb) => (signCount === 0 ? eb('signCount', '=', 0) : eb('signCount', '<', signCount)))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Its former name; undefined where it is not the account's. */
export async function renamePasskeyRow(tx: Tx, id: Uuid, name: string): Promise<string | undefined> {
  const before = await tx
    .selectFrom('passkeys')
    .select('name')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (before) await tx.updateTable('passkeys').set({ name }).where('id', '=', id).execute()
  return before?.name
}

/** Its name; undefined where it is not the account's. */
export async function deletePasskey(tx: Tx, id: Uuid): Promise<string | undefined> {
  const deleted = await tx.deleteFrom('passkeys').where('id', '=', id).returning('name').executeTakeFirst()
  return deleted?.name
}

/** How many there were. */
export async function deletePasskeys(tx: Tx, userId: Uuid): Promise<number> {
  const deleted = await tx.deleteFrom('passkeys').where('userId', '=', userId).returning('id').execute()
  return deleted.length
}

export async function deletePasskeysSince(tx: Tx, userId: Uuid, since: Date): Promise<number> {
  const deleted = await tx
    .deleteFrom('passkeys')
    .where('userId', '=', userId)
    .where('createdAt', '>=', since)
    .executeTakeFirst()
  return Number(deleted.numDeletedRows)
}

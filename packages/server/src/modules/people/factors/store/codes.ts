/** All SQL that writes or locks second factors. Scope of each: the account, unless it says otherwise. @module */
import { sql } from 'kysely'
import type { Lockout } from '#people/identity'
import type { Tx } from '#platform/context'
import { deriveKey, seal, unseal } from '#platform/crypto'
import type { Uuid } from '#platform/ids'

// Authenticator apps ---------------------------------------------------------------------------------------------------

export interface TotpFactor {
  readonly id: Uuid
  readonly userId: Uuid
  /** Sealed. */
  readonly secret: Buffer
  readonly createdAt: Date
  readonly lastStep: number | null
}

/** A secret of an authenticator app, sealed for its row alone. */
export function sealSecret(master: Uint8Array, factor: { userId: Uuid; id: Uuid }, secret: Uint8Array) {
  return seal(deriveKey(master, 'totp'), secret, boundTo(factor))
}

export function openSecret(master: Uint8Array, factor: TotpFactor): Buffer {
  return unseal(deriveKey(master, 'totp'), factor.secret, boundTo(factor))
}

function boundTo({ userId, id }: { userId: Uuid; id: Uuid }): string {
  return `totp_factors:${userId}:${id}`
}

/** Begins an enrolment; one that was begun before is forgotten. */
export async function replacePendingTotp(tx: Tx, factor: Omit<TotpFactor, 'lastStep'>): Promise<void> {
  await tx
    .deleteFrom('totpFactors')
    .where('userId', '=', factor.userId)
    .where('confirmedAt', 'is', null)
    .execute()
  await tx.insertInto('totpFactors').values(factor).execute()
}

/** Makes it a factor. Of any number at once, one does. */
export async function confirmTotpRow(
  tx: Tx,
  { userId, id }: TotpFactor,
  step: number,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('totpFactors')
    .set({ confirmedAt: now, lastStep: step, lastUsedAt: now })
    .where('userId', '=', userId)
    .where('id', '=', id)
    .where('confirmedAt', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Spends a code: only one of a later step than the newest is good, so of any number at once, one is. */
export async function spendStep(
  tx: Tx,
  { userId, id }: TotpFactor,
  step: number,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('totpFactors')
    .set({ lastStep: step, lastUsedAt: now })
    .where('userId', '=', userId)
    .where('id', '=', id)
    .where('confirmedAt', 'is not', null)
    .where((eb) => eb.or([eb('lastStep', 'is', null), eb('lastStep', '<', step)]))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Those that were begun, too. The id of the one that was a factor, if there was one. */
export async function deleteTotp(tx: Tx, userId: Uuid): Promise<Uuid | undefined> {
  const deleted = await tx
    .deleteFrom('totpFactors')
    .where('userId', '=', userId)
    .returning(['id', 'confirmedAt'])
    .execute()
  return deleted.find(({ confirmedAt }) => confirmedAt !== null)?.id
}

/** Apps confirmed, and sets of recovery codes made, at that moment or later. Answers how many apps and codes there were. */
export async function deleteCodesSince(tx: Tx, userId: Uuid, since: Date): Promise<number> {
  const apps = await tx
    .deleteFrom('totpFactors')
    .where('userId', '=', userId)
    .where((eb) => eb.or([eb('confirmedAt', '>=', since), eb('confirmedAt', 'is', null)]))
    .executeTakeFirst()
  const codes = await tx
    .deleteFrom('recoveryCodes')
    .where('userId', '=', userId)
    .where('createdAt', '>=', since)
    .executeTakeFirst()
  return Number(apps.numDeletedRows + codes.numDeletedRows)
}

// Recovery codes -------------------------------------------------------------------------------------------------------

/** A new set; what was left of the former one is worth nothing. */
export async function replaceRecoveryCodes(
  tx: Tx,
  userId: Uuid,
  rows: readonly { id: Uuid; codeHash: Buffer; createdAt: Date }[],
): Promise<void> {
  await deleteRecoveryCodes(tx, userId)
  if (rows.length > 0)
    await tx
      .insertInto('recoveryCodes')
      .values(rows.map((row) => ({ ...row, userId })))
      .execute()
}

export async function deleteRecoveryCodes(tx: Tx, userId: Uuid): Promise<void> {
  await tx.deleteFrom('recoveryCodes').where('userId', '=', userId).execute()
}

/** One conditional update: of any number at once, one spends it. */
export async function spendRecoveryCode(
  tx: Tx,
  userId: Uuid,
  codeHash: Buffer,
  now: Date,
): Promise<Uuid | undefined> {
  const spent = await tx
    .updateTable('recoveryCodes')
    .set({ spentAt: now })
    .where('userId', '=', userId)
    .where('codeHash', '=', codeHash)
    .where('spentAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return spent?.id
}

// Attempts -------------------------------------------------------------------------------------------------------------

export type GuessedFactor = 'totp' | 'recovery_code'

/**
 * Counts an attempt before the code is looked at: of any number at once, on any number of servers, at most
 * `lockout.after` get a number. Undefined: locked. As reserve_sign_in does for passwords.
 */
export async function reserveAttempt(
  tx: Tx,
  userId: Uuid,
  factor: GuessedFactor,
  lockout: Lockout,
  now: Date,
): Promise<number | undefined> {
  const { rows } = await sql<{ failed: number }>`
    insert into factor_attempts as a (user_id, factor, failed, last_failed_at) values (${userId}, ${factor}, 1, ${now})
    on conflict (user_id, factor) do update set
      failed = case when a.last_failed_at is null or a.last_failed_at + make_interval(secs => ${lockout.forSeconds}) <= ${now}
        then 1 else a.failed + 1 end,
      last_failed_at = ${now}
    where a.failed < ${lockout.after} or a.last_failed_at is null
      or a.last_failed_at + make_interval(secs => ${lockout.forSeconds}) <= ${now}
    returning failed`.execute(tx)
  return rows[0]?.failed
}

/** The code was right: the count begins anew. */
export async function settleAttempts(tx: Tx, userId: Uuid, factor: GuessedFactor): Promise<void> {
  await tx
    .updateTable('factorAttempts')
    .set({ failed: 0, lastFailedAt: null })
    .where('userId', '=', userId)
    .where('factor', '=', factor)
    .execute()
}

/** The code had been right and is spent, so it was no guess: the attempt does not count. */
export async function returnAttempt(tx: Tx, userId: Uuid, factor: GuessedFactor): Promise<void> {
  await tx
    .updateTable('factorAttempts')
    .set((eb) => ({ failed: eb('failed', '-', 1) }))
    .where('userId', '=', userId)
    .where('factor', '=', factor)
    .where('failed', '>', 0)
    .execute()
}

/** A reset: with the factors goes the count. */
export async function deleteAttempts(tx: Tx, userId: Uuid): Promise<void> {
  await tx.deleteFrom('factorAttempts').where('userId', '=', userId).execute()
}

// Sessions -------------------------------------------------------------------------------------------------------------

/** No session counts as having proven what is no more. Scope: an organization. */
export async function forgetSecondFactor(tx: Tx, userId: Uuid): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ secondFactorAt: null })
    .where('userId', '=', userId)
    .where('secondFactorAt', 'is not', null)
    .execute()
}

/** Sign-ins half done begin anew: what was proven in them may be what is no more. */
export async function endChallenges(tx: Tx, userId: Uuid, now: Date): Promise<void> {
  await tx
    .updateTable('signInChallenges')
    .set({ spentAt: now })
    .where('userId', '=', userId)
    .where('spentAt', 'is', null)
    .execute()
}

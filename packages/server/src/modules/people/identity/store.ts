/** All SQL that writes or locks accounts. Each function names the scope its transaction must be in. @module */
import { sql } from 'kysely'
import type { Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { Lockout } from './model/strictest.ts'
import { forgetDevices } from './store/devices.ts'

/** What proves and identifies an account. Never leaves this area. */
export interface Account {
  readonly id: Uuid
  readonly email: string
  readonly name: string
  readonly locale: string
  readonly status: string
  readonly passwordHash: string | null
  readonly passwordChangedAt: Date | null
  readonly mustChangePassword: boolean
  readonly tokenVersion: number
}

/** Reads an account with its credentials. Scope: the account. */
export async function readAccount(tx: Tx, id: Uuid): Promise<Account | undefined> {
  const user = await tx
    .selectFrom('users')
    .select([
      'id',
      'email',
      'name',
      'locale',
      'status',
      'passwordChangedAt',
      'mustChangePassword',
      'tokenVersion',
    ])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!user) return undefined
  const { rows } = await sql<{
    passwordHash: string | null
  }>`select password_hash from account_credentials(${id})`.execute(tx)
  return { ...user, passwordHash: rows[0]?.passwordHash ?? null }
}

/** Holds the account's row until the transaction ends, then reads it. Scope: the account. */
export async function lockAccount(tx: Tx, id: Uuid): Promise<Account | undefined> {
  await tx.selectFrom('users').select('id').where('id', '=', id).forNoKeyUpdate().execute()
  return readAccount(tx, id)
}

export interface NewAccountRow {
  readonly id: Uuid
  readonly email: string
  readonly emailKey: string
  readonly name: string
  readonly locale: string
  readonly passwordHash: string | null
  readonly mustChangePassword: boolean
  readonly emailVerified: boolean
  readonly now: Date
}

/** Scope: the organization that creates it. */
export async function insertAccount(tx: Tx, { now, emailVerified, ...row }: NewAccountRow): Promise<void> {
  await tx
    .insertInto('users')
    .values({
      ...row,
      passwordChangedAt: row.passwordHash === null ? null : now,
      emailVerifiedAt: emailVerified ? now : null,
      createdAt: now,
      updatedAt: now,
    })
    .execute()
}

/**
 * Sets a password, ends every token by raising the token version, and forgets failed attempts and every device but
 * `keepDevice`. Scope: the account. False where there is none.
 */
export async function savePassword(
  tx: Tx,
  id: Uuid,
  {
    hash,
    mustChange,
    now,
    keepDevice,
  }: { hash: string | null; mustChange: boolean; now: Date; keepDevice?: Uuid | null },
): Promise<boolean> {
  await forgetDevices(tx, id, now, keepDevice)
  const { numUpdatedRows } = await tx
    .updateTable('users')
    .set((eb) => ({
      passwordHash: hash,
      passwordChangedAt: now,
      mustChangePassword: mustChange,
      tokenVersion: eb('tokenVersion', '+', 1),
      failedSignIns: 0,
      lastFailedAt: null,
      updatedAt: now,
    }))
    .where('id', '=', id)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The address has been proven. False where it had been before. Scope: the account. */
export async function saveEmailVerified(tx: Tx, id: Uuid, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('users')
    .set({ emailVerifiedAt: now, updatedAt: now })
    .where('id', '=', id)
    .where('emailVerifiedAt', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Scope: the account. */
export async function isEmailVerified(tx: Tx, id: Uuid): Promise<boolean> {
  const row = await tx.selectFrom('users').select('emailVerifiedAt').where('id', '=', id).executeTakeFirst()
  return row?.emailVerifiedAt != null
}

/** Another address, which was proven. Scope: the account. @throws a violation of users_email_key_key where it is another account's */
export async function saveEmail(
  tx: Tx,
  id: Uuid,
  { email, emailKey, now }: { email: string; emailKey: string; now: Date },
): Promise<void> {
  await tx
    .updateTable('users')
    .set({ email, emailKey, emailVerifiedAt: now, updatedAt: now })
    .where('id', '=', id)
    .execute()
}

/** The same password under a newer cost. Scope: the account. */
export async function saveRehash(tx: Tx, id: Uuid, hash: string): Promise<void> {
  await tx.updateTable('users').set({ passwordHash: hash }).where('id', '=', id).execute()
}

/** Ends every access token and session of an account: they carry the version they were made under. Scope: the account. */
export async function raiseTokenVersion(tx: Tx, id: Uuid, now: Date): Promise<void> {
  await tx
    .updateTable('users')
    .set((eb) => ({ tokenVersion: eb('tokenVersion', '+', 1), updatedAt: now }))
    .where('id', '=', id)
    .execute()
}

/** Scope: the account. */
export async function saveProfile(
  tx: Tx,
  id: Uuid,
  profile: { name: string; locale: string },
  now: Date,
): Promise<void> {
  await tx
    .updateTable('users')
    .set({ ...profile, updatedAt: now })
    .where('id', '=', id)
    .execute()
}

/** Sets the status where it differs; a deactivation also ends every token and forgets every device. Scope: the account. */
export async function saveStatus(
  tx: Tx,
  id: Uuid,
  status: 'active' | 'deactivated',
  now: Date,
): Promise<boolean> {
  if (status === 'deactivated') await forgetDevices(tx, id, now)
  const { numUpdatedRows } = await tx
    .updateTable('users')
    .set((eb) => ({
      status,
      updatedAt: now,
      tokenVersion: eb('tokenVersion', '+', status === 'deactivated' ? 1 : 0),
    }))
    .where('id', '=', id)
    .where('status', '<>', status)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Keeps everybody from taking the account in until the transaction ends. Scope: the account, or the only organization it belongs to. */
export async function holdAccount(tx: Tx, id: Uuid): Promise<void> {
  await tx.selectFrom('users').select('id').where('id', '=', id).forUpdate().execute()
}

/** Membership and sessions go with it, history stays. Scope: its only organization. */
export async function deleteAccountRow(tx: Tx, id: Uuid): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('users').where('id', '=', id).executeTakeFirst()
  return numDeletedRows === 1n
}

/** Whether the account is a member of another organization than the transaction's. */
export async function belongsElsewhere(tx: Tx, id: Uuid): Promise<boolean> {
  const { rows } = await sql<{ elsewhere: boolean }>`select belongs_elsewhere(${id}) as elsewhere`.execute(tx)
  return rows[0]!.elsewhere
}

/**
 * Counts an attempt before the password is looked at; of any number at once, on any number of servers, at most
 * `lockout.after` get a number. Undefined: locked. Scope: the account.
 */
export async function reserveAttempt(
  tx: Tx,
  id: Uuid,
  lockout: Lockout,
  now: Date,
): Promise<number | undefined> {
  const { rows } = await sql<{ reserved: boolean }>`
    select reserve_sign_in(${id}, ${now}, ${lockout.after}, make_interval(secs => ${lockout.forSeconds})) as reserved`.execute(
    tx,
  )
  if (!rows[0]!.reserved) return undefined
  const row = await tx
    .selectFrom('users')
    .select('failedSignIns')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return row.failedSignIns
}

/** The password was right: takes the attempt back. Scope: the account. */
export async function settleAttempt(tx: Tx, id: Uuid, now: Date): Promise<void> {
  await sql`select settle_sign_in(${id}, ${now})`.execute(tx)
}

/** A sign-in from a known device while the account is locked: the count of others stays. Scope: the account. */
export async function noteSignIn(tx: Tx, id: Uuid, now: Date): Promise<void> {
  await tx.updateTable('users').set({ lastSignInAt: now }).where('id', '=', id).execute()
}

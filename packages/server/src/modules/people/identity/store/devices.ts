/** Devices that an account has signed in on. Scope of each: the account. @module */
import { sql } from 'kysely'
import type { Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { Lockout } from '../model/strictest.ts'

/** A device that was not used so long is a stranger; browsers keep no cookie longer than about that. */
export const DEVICE_SECONDS = 365 * 86_400

/**
 * Counts an attempt from a known device before the password is looked at, by the limits of the account's lock and apart
 * from them; of any number at once, at most `lockout.after` get a number. Undefined: no device of this account, or it has
 * no attempt left.
 */
export async function reserveDeviceAttempt(
  tx: Tx,
  userId: Uuid,
  secretHash: Buffer,
  lockout: Lockout,
  now: Date,
): Promise<{ id: Uuid; number: number } | undefined> {
  const { rows } = await sql<{ id: Uuid; number: number }>`
    update devices d set
      failed = case when d.last_failed_at + w.length <= ${now} then 1 else d.failed + 1 end,
      last_failed_at = ${now}
    from (select make_interval(secs => ${lockout.forSeconds}) as length) w
    where d.user_id = ${userId} and d.secret_hash = ${secretHash} and d.forgotten_at is null
      and d.last_used_at > ${new Date(now.getTime() - DEVICE_SECONDS * 1000)}
      and (d.failed < ${lockout.after} or d.last_failed_at + w.length <= ${now})
    returning d.id, d.failed as number`.execute(tx)
  return rows[0]
}

/** The password was right: takes the attempts back. */
export async function settleDeviceAttempt(tx: Tx, id: Uuid): Promise<void> {
  await tx.updateTable('devices').set({ failed: 0, lastFailedAt: null }).where('id', '=', id).execute()
}

/** From now on it is a stranger. False where it was already, or is not the account's. */
export async function forgetDevice(tx: Tx, userId: Uuid, id: Uuid, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('devices')
    .set({ forgottenAt: now })
    .where('userId', '=', userId)
    .where('id', '=', id)
    .where('forgottenAt', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** All of them: whoever could have signed in on one must not keep what it opens. */
export async function forgetDevices(tx: Tx, userId: Uuid, now: Date, except?: Uuid | null): Promise<void> {
  await tx
    .updateTable('devices')
    .set({ forgottenAt: now })
    .where('userId', '=', userId)
    .where('forgottenAt', 'is', null)
    .$if(except != null, (query) => query.where('id', '<>', except!))
    .execute()
}

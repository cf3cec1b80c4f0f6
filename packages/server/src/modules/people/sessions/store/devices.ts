/** Devices as sign-ins make and know them. Scope of each: the account. @module */
import { DEVICE_SECONDS } from '#people/identity'
import type { Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'

export interface SeenDevice {
  /** What its user agent says, in words. */
  readonly name: string
  readonly ip: string
}

/** Notes a sign-in on a device that the account knows; its id, or undefined where it is a stranger. */
export async function noteDevice(
  tx: Tx,
  userId: Uuid,
  secretHash: Buffer,
  seen: SeenDevice,
  now: Date,
): Promise<Uuid | undefined> {
  const row = await tx
    .updateTable('devices')
    .set({ ...seen, lastUsedAt: now, failed: 0, lastFailedAt: null })
    .where('userId', '=', userId)
    .where('secretHash', '=', secretHash)
    .where('forgottenAt', 'is', null)
    .where('lastUsedAt', '>', new Date(now.getTime() - DEVICE_SECONDS * 1000))
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

export async function insertDevice(
  tx: Tx,
  {
    id,
    userId,
    secretHash,
    seen,
    now,
  }: { id: Uuid; userId: Uuid; secretHash: Buffer; seen: SeenDevice; now: Date },
): Promise<void> {
  await tx
    .insertInto('devices')
    .values({ userId, id, secretHash, ...seen, createdAt: now, lastUsedAt: now })
    .execute()
}

/** All SQL of applications that writes or locks. */
import type { Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { Application } from './model.ts'

export async function insertApplication(
  tx: Tx,
  organizationId: Uuid,
  application: Application,
  secretHash: Buffer,
): Promise<void> {
  await tx
    .insertInto('applications')
    .values({ organizationId, secretHash, ...application })
    .execute()
}

export async function lockApplication(tx: Tx, id: Uuid): Promise<Application | undefined> {
  return tx
    .selectFrom('applications')
    .select(['id', 'name', 'createdBy', 'createdAt', 'revokedAt', 'lastUsedAt'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

export async function saveRevocation(tx: Tx, id: Uuid, revokedAt: Date): Promise<void> {
  await tx.updateTable('applications').set({ revokedAt }).where('id', '=', id).execute()
}

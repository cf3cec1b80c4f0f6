/** All SQL of the register that writes or locks. */
import type { Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { type RegisteredResource, resourceOf } from './queries/register.ts'

export async function lockResource(
  tx: Tx,
  type: string,
  id: string,
): Promise<RegisteredResource | undefined> {
  const row = await tx
    .selectFrom('resources')
    .selectAll()
    .where('type', '=', type)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row && resourceOf(row)
}

/** What the register said before, locked; undefined when `resource` has just been inserted. */
export async function lockOrInsertResource(
  tx: Tx,
  organizationId: Uuid,
  resource: RegisteredResource,
): Promise<RegisteredResource | undefined> {
  for (;;) {
    const before = await lockResource(tx, resource.type, resource.id)
    if (before) return before
    // Another transaction may insert it in between, and a third remove it again: whoever is last looks again.
    if (await insertResource(tx, organizationId, resource)) return undefined
  }
}

async function insertResource(
  tx: Tx,
  organizationId: Uuid,
  { attributes, ...resource }: RegisteredResource,
): Promise<boolean> {
  const inserted = await tx
    .insertInto('resources')
    .values({ organizationId, ...resource, attributes: JSON.stringify(attributes) })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

export async function saveResource(
  tx: Tx,
  { type, id, attributes, state, updatedAt }: RegisteredResource,
): Promise<void> {
  await tx
    .updateTable('resources')
    .set({ attributes: JSON.stringify(attributes), state, updatedAt })
    .where('type', '=', type)
    .where('id', '=', id)
    .execute()
}

export async function deleteResource(tx: Tx, type: string, id: string): Promise<void> {
  await tx.deleteFrom('resources').where('type', '=', type).where('id', '=', id).execute()
}

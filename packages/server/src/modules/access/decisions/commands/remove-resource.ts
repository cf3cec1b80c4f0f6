import type { Ctx } from '#platform/context'
import { permissions, resourceErrors, resourceEvents } from '../catalog.ts'
import { changeOf } from '../engine/record.ts'
import { deleteResource, lockResource } from '../store.ts'

/**
 * Takes a resource out of the register; decisions about it rest on the caller's word from then on.
 *
 * @throws `resources.not_found` also for another organization's, and for the second of two at once
 */
export async function removeResource(ctx: Ctx, type: string, id: string): Promise<void> {
  await ctx.authorize(permissions.registerResources, { type: 'resources', id: `${type}/${id}` })
  await ctx.tx(async (tx) => {
    const before = await lockResource(tx, type, id)
    if (!before) throw resourceErrors.not_found()
    await deleteResource(tx, type, id)
    await ctx.record(tx, resourceEvents.removed(changeOf(before, undefined)))
  })
}

import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors, events, permissions } from '../catalog.ts'
import { lockApplication, saveRevocation } from '../store.ts'

/**
 * Revokes an application for good. Once this has answered no node admits its credential: it is read anew on every
 * request. Of two at once, the second gets `applications.already_revoked`.
 *
 * @throws `applications.not_found` also for another organization's
 * @throws `applications.already_revoked`
 */
export async function revokeApplication(ctx: Ctx, id: Uuid): Promise<void> {
  await ctx.authorize(permissions.manage, { type: 'application', id })
  await ctx.tx(async (tx) => {
    const application = await lockApplication(tx, id)
    if (!application) throw errors.not_found()
    if (application.revokedAt !== null) throw errors.already_revoked()
    const revokedAt = ctx.now()
    await saveRevocation(tx, id, revokedAt)
    await ctx.record(
      tx,
      events.revoked({
        target: { type: 'application', id },
        before: { revokedAt: null },
        after: { revokedAt: revokedAt.toISOString() },
      }),
    )
  })
}

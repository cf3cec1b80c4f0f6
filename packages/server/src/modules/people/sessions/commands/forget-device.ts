import { forgetDevice, holdOwnAccount, inEachOrganization, userOf } from '#people/identity'
import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors, events } from '../catalog.ts'

/**
 * Makes one of the caller's devices a stranger: it no longer gets in while others keep the account locked, and the next
 * sign-in on it is told by mail. Its sessions go on.
 *
 * @throws `sessions.device_not_found`
 */
export async function forgetOwnDevice(ctx: Ctx, id: Uuid): Promise<void> {
  const { userId } = userOf(ctx)
  await ctx.db.transaction(`account:${userId}`, async (tx) => {
    await holdOwnAccount(ctx, tx)
    if (!(await forgetDevice(tx, userId, id, ctx.now()))) throw errors.device_not_found()
    const event = events.device_forgotten({ target: { type: 'device', id }, data: { user: userId } })
    await inEachOrganization(ctx, tx, userId, (there) => there.record(tx, event))
  })
}

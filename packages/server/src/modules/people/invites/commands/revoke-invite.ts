import { actorName, type Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors, events, permissions } from '../catalog.ts'
import { stateOf } from '../model.ts'
import { lockInvite, saveRevoked } from '../store.ts'
import { inviteTarget } from './send-invite.ts'

/**
 * Takes an invite back: its link is dead when this returns.
 *
 * @throws `invites.not_found`; `invites.not_open` for one that was accepted, or is over for another reason
 */
export async function revokeInvite(ctx: Ctx, id: Uuid): Promise<void> {
  await ctx.authorize(permissions.revoke, inviteTarget(id))
  await ctx.tx(async (tx) => {
    const invite = await lockInvite(tx, id)
    if (!invite) throw errors.not_found()
    const now = ctx.now()
    const state = stateOf(invite, now)
    if (!(await saveRevoked(tx, id, { by: actorName(ctx.actor), because: 'revoked', now })))
      throw errors.not_open({ state })
    await ctx.record(
      tx,
      events.revoked({
        target: { type: 'invite', id },
        reason: 'revoked',
        before: { state },
        after: { state: 'revoked' },
        data: { roles: invite.roles },
        personal: { email: invite.email },
      }),
    )
  })
}

import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { memberErrors, memberEvents, permissions } from '../catalog.ts'
import { type MemberRow, readMember } from '../queries/members.ts'
import { deactivateHeld } from './deactivate-member.ts'
import { holdMember, memberTarget } from './hold-member.ts'

/**
 * Ends a membership for a violation of the policy that persists, and the account with it where a deactivation would:
 * everything is over when it returns, and unlike a deactivation it takes the roles, so that nothing comes back with a
 * reactivation. What the person did stays on record. Works on a member who is deactivated already, too.
 *
 * @param reason why, in words; kept erasable in the log
 * @throws `members.sanction_not_in_policy`, `members.not_found`, `members.yourself`, `members.above_you`, `roles.last_owner`
 */
export async function endAccount(ctx: Ctx, id: Uuid, reason: string): Promise<MemberRow> {
  await ctx.authorize(permissions.deactivate, memberTarget(id))
  if (!ctx.policy.policy.sanctions.endAccount) throw memberErrors.sanction_not_in_policy()
  return ctx.tx(
    async (tx) => {
      const member = await holdMember(ctx, tx, id)
      if (member.status === 'active') await deactivateHeld(ctx, tx, member, 'violation')
      await ctx.services.ports.assignments.endAll(ctx, tx, id)
      await ctx.record(
        tx,
        memberEvents.account_ended({
          target: { type: 'member', id },
          before: { status: member.status, roles: member.roles },
          after: { status: 'deactivated', roles: [] },
          reason: 'violation',
          data: { user: member.userId },
          personal: { email: member.email, statement: reason },
        }),
      )
      return readMember(tx, id, ctx.now())
    },
    { exclusive: true },
  )
}

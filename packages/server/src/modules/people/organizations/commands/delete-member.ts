import { deleteAccount } from '#people/identity'
import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { memberErrors, memberEvents, permissions } from '../catalog.ts'
import { deleteMemberRow } from '../store.ts'
import { keepAnOwner } from './deactivate-member.ts'
import { holdMember, memberTarget } from './hold-member.ts'

/**
 * Removes a member for good, and the account where it belongs to no other organization. What the person did and held
 * stays readable: in the log, and as ended assignments.
 *
 * @param acknowledged the caller has been told that deactivation is preferred; needed where the policy prefers it
 * @throws `members.deletion_needs_acknowledgement`, `members.not_found`, `members.yourself`, `members.above_you`, `roles.last_owner`
 */
export async function deleteMember(ctx: Ctx, id: Uuid, acknowledged: boolean): Promise<void> {
  const { prefer } = ctx.policy.policy.offboarding.deletion
  await ctx.authorize(permissions.deleteMembers, memberTarget(id))
  const { ports } = ctx.services
  await ctx.tx(
    async (tx) => {
      const member = await holdMember(ctx, tx, id)
      await keepAnOwner(ctx, tx, member)
      if (prefer === 'deactivation' && !acknowledged) throw memberErrors.deletion_needs_acknowledgement()
      await ports.endSessions(ctx, tx, id, 'deleted')
      await ports.assignments.endAll(ctx, tx, id)
      const { email, name, status, roles, userId } = member
      const accountDeleted = await deleteAccount(ctx, tx, userId)
      await deleteMemberRow(tx, id)
      await ctx.record(
        tx,
        memberEvents.deleted({
          target: { type: 'member', id },
          before: { email, name, status, roles },
          data: { user: userId, account: accountDeleted ? 'deleted' : 'kept' },
        }),
      )
    },
    { exclusive: true },
  )
}

import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { memberErrors, memberEvents, permissions } from '../catalog.ts'
import { type MemberRow, readMember } from '../queries/members.ts'
import { savePrivileges } from '../store.ts'
import { keepAnOwner } from './deactivate-member.ts'
import { holdMember, memberTarget } from './hold-member.ts'

/**
 * Sets a member's privileged roles aside, pending review: they grant nothing from the next request on, also to a command
 * that is running, and their denials stay. The roles are kept, and so are those that are not privileged. Twice is as good
 * as once.
 *
 * @param reason why, in words; kept erasable in the log
 * @throws `members.sanction_not_in_policy`, `members.not_found`, `members.yourself`, `members.above_you`, `roles.last_owner`
 */
export async function suspendPrivileges(ctx: Ctx, id: Uuid, reason: string): Promise<MemberRow> {
  await ctx.authorize(permissions.assignRoles, memberTarget(id))
  if (!ctx.policy.policy.sanctions.suspendPrivileges) throw memberErrors.sanction_not_in_policy()
  return changePrivileges(ctx, id, { suspended: true, reason })
}

/**
 * Gives the privileges of a member back after the review. Possible also where the policy knows the sanction no more.
 *
 * @throws `members.not_found`, `members.yourself`, `members.above_you`
 */
export async function restorePrivileges(ctx: Ctx, id: Uuid, reason: string): Promise<MemberRow> {
  await ctx.authorize(permissions.assignRoles, memberTarget(id))
  return changePrivileges(ctx, id, { suspended: false, reason })
}

function changePrivileges(
  ctx: Ctx,
  id: Uuid,
  { suspended, reason }: { suspended: boolean; reason: string },
): Promise<MemberRow> {
  return ctx.tx(
    async (tx) => {
      const member = await holdMember(ctx, tx, id)
      const before = member.privilegesSuspendedAt !== null
      if (before !== suspended) {
        // An owner without privileges is none to count on.
        if (suspended) await keepAnOwner(ctx, tx, member)
        await savePrivileges(tx, id, suspended ? ctx.now() : null)
        const event = suspended ? memberEvents.privileges_suspended : memberEvents.privileges_restored
        await ctx.record(
          tx,
          event({
            target: { type: 'member', id },
            before: { privilegesSuspended: before },
            after: { privilegesSuspended: suspended },
            data: { user: member.userId, roles: member.roles },
            personal: { statement: reason },
          }),
        )
      }
      return readMember(tx, id, ctx.now())
    },
    { exclusive: true },
  )
}

import { deactivateAccount, reactivateAccount } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { memberEvents, permissions } from '../catalog.ts'
import { accountFollows } from '../model.ts'
import { type MemberRow, readMember } from '../queries/members.ts'
import { belongsElsewhere, saveAccessEnd, saveMemberStatus } from '../store.ts'
import { type HeldMember, holdMember, memberTarget } from './hold-member.ts'

/**
 * Takes a member out of the organization at once: when it returns, no session, token or running command of theirs gets
 * through on any node. Where the policy says one membership an account, the account is deactivated with it. Roles and
 * history stay, so that it can be taken back. Twice is as good as once.
 *
 * @throws `members.not_found`, `members.yourself`, `members.above_you`, `roles.last_owner`
 */
export async function deactivateMember(ctx: Ctx, id: Uuid): Promise<MemberRow> {
  await ctx.authorize(permissions.deactivate, memberTarget(id))
  return ctx.tx(
    async (tx) => {
      const member = await holdMember(ctx, tx, id)
      if (member.status === 'active') await deactivateHeld(ctx, tx, member)
      return readMember(tx, id, ctx.now())
    },
    { exclusive: true },
  )
}

/**
 * The same for a member who is held and active, by whoever has settled that it may be done. The transaction holds the
 * organization's row.
 *
 * @param because a code for the log: which rule of the policy it follows from
 * @throws `roles.last_owner`
 */
export async function deactivateHeld(ctx: Ctx, tx: Tx, member: HeldMember, because?: string): Promise<void> {
  await keepAnOwner(ctx, tx, member)
  await saveMemberStatus(tx, member.id, 'deactivated', ctx.now())
  const change = statusChange(member, 'active', 'deactivated')
  await ctx.record(
    tx,
    memberEvents.deactivated({ ...change, ...(because === undefined ? {} : { reason: because }) }),
  )
  await ctx.services.ports.endSessions(ctx, tx, member.id, 'deactivated')
  if (await followsAccount(ctx, tx, member)) await deactivateAccount(ctx, tx, member.userId)
}

/**
 * Takes a deactivation back. The roles are those held before; sessions and tokens do not come back, and a last day that
 * is over is forgotten.
 *
 * @throws `members.not_found`, `members.yourself`, `members.above_you`
 */
export async function reactivateMember(ctx: Ctx, id: Uuid): Promise<MemberRow> {
  await ctx.authorize(permissions.reactivate, memberTarget(id))
  return ctx.tx(
    async (tx) => {
      const member = await holdMember(ctx, tx, id)
      if (member.status === 'deactivated') {
        await saveMemberStatus(tx, id, 'active', ctx.now())
        if (member.accessEndsAt !== null && member.accessEndsAt <= ctx.now())
          await saveAccessEnd(tx, id, null)
        await ctx.record(tx, memberEvents.reactivated(statusChange(member, 'deactivated', 'active')))
        if (await followsAccount(ctx, tx, member)) await reactivateAccount(ctx, tx, member.userId)
      }
      return readMember(tx, id, ctx.now())
    },
    { exclusive: true },
  )
}

/** @throws `roles.last_owner` where the member is the last active one */
export async function keepAnOwner(ctx: Ctx, tx: Tx, member: HeldMember): Promise<void> {
  const { ownerRole } = ctx.policy.policy.organizations
  if (!member.roles.includes(ownerRole) || member.status !== 'active') return
  await ctx.services.ports.assignments.keepAnOwner(ctx, tx, member.id)
}

/** An account that, against the policy, belongs to more is its owner's: only the membership changes. */
async function followsAccount(ctx: Ctx, tx: Tx, member: HeldMember): Promise<boolean> {
  return accountFollows(ctx.policy) && !(await belongsElsewhere(tx, member.userId))
}

function statusChange(member: HeldMember, before: string, after: string) {
  return {
    target: { type: 'member', id: member.id },
    before: { status: before },
    after: { status: after },
    data: { user: member.userId, roles: member.roles },
    personal: { email: member.email },
  }
}

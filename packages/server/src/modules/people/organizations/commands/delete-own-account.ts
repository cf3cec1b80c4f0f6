import {
  type AccountOrganization,
  confirmProof,
  deleteAccount,
  identityErrors,
  inOrganization,
  organizationsOf,
  provePassword,
  userOf,
} from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import { failures } from '#platform/errors'
import type { Uuid } from '#platform/ids'
import { memberErrors, memberEvents, memberMails } from '../catalog.ts'
import { deleteMemberRow, lockMember, lockOrganization } from '../store.ts'
import { keepAnOwner } from './deactivate-member.ts'

/**
 * Deletes one's own account for good, in every organization it belongs to, where the policy lets people do that. It takes
 * a fresh sign-in and the password, which counts toward the lockout. What the person did and held stays readable. Nobody
 * leaves an organization without an owner, and the platform's staff are let go by the operator.
 *
 * @throws `members.self_deletion_off`; `forbidden` (fresh_sign_in_required); `identity.wrong_password`, also when locked;
 *   `roles.last_owner`, `roles.operator_only`; `members.self_deletion_changed`; `unauthorized` when the account changed since
 */
export async function deleteOwnAccount(ctx: Ctx, password: string): Promise<void> {
  const { userId } = userOf(ctx)
  if (!ctx.policy.policy.offboarding.deletion.self) throw memberErrors.self_deletion_off()
  const age = ctx.now().getTime() - ctx.principal!.standing!.authenticatedAt.getTime()
  // A date that is none is not fresh.
  if (!(age <= ctx.policy.freshMilliseconds)) throw failures.forbidden({ reason: 'fresh_sign_in_required' })
  const proof = await provePassword(ctx, userId, userId, password)
  if (proof.result !== 'right') {
    const target = { type: 'user', id: userId }
    await ctx.recordNow(
      memberEvents.self_deletion_failed({ target, outcome: 'failure', reason: proof.reason }),
    )
    throw identityErrors.wrong_password()
  }
  const { account } = proof
  await ctx.db.transaction(`account:${userId}`, async (tx) => {
    const organizations = await holdAll(ctx, tx, userId)
    if (!(await confirmProof(tx, account))) throw failures.unauthorized()
    for (const [i, organization] of organizations.entries()) {
      await leave(ctx, tx, userId, organization, i === organizations.length - 1)
    }
    await ctx.mail(tx, memberMails.own_account_deleted(account, undefined))
  })
}

/** Holds the rows of the account's organizations, in one order whoever does this. Scope before and after: the account. */
async function holdAll(ctx: Ctx, tx: Tx, userId: Uuid): Promise<readonly AccountOrganization[]> {
  const organizations = (await organizationsOf(tx, userId)).toSorted((a, b) =>
    a.organizationId < b.organizationId ? -1 : 1,
  )
  for (const { organizationId } of organizations) {
    await ctx.db.switchScope(tx, `org:${organizationId}`)
    await lockOrganization(tx, organizationId)
  }
  await ctx.db.switchScope(tx, `account:${userId}`)
  return organizations
}

async function leave(
  ctx: Ctx,
  tx: Tx,
  userId: Uuid,
  { organizationId, memberId }: AccountOrganization,
  isLast: boolean,
): Promise<void> {
  const { assignments } = ctx.services.ports
  const there = inOrganization(ctx, organizationId)
  await ctx.db.switchScope(tx, `org:${organizationId}`)
  const member = await lockMember(tx, memberId)
  if (!member) throw memberErrors.self_deletion_changed()
  const roles = (await assignments.held(there, tx, memberId)).map(({ role }) => role)
  await keepAnOwner(there, tx, { ...member, roles })
  await there.services.ports.endSessions(there, tx, memberId, 'deleted')
  await assignments.endAll(there, tx, memberId)
  // An organization that took the account in meanwhile keeps it from being deleted.
  if (isLast && !(await deleteAccount(there, tx, userId))) throw memberErrors.self_deletion_changed()
  await deleteMemberRow(tx, memberId)
  const { email, name, status } = member
  await there.record(
    tx,
    memberEvents.deleted({
      target: { type: 'member', id: memberId },
      before: { email, name, status, roles },
      reason: 'own_account',
      data: { user: userId, account: 'deleted' },
    }),
  )
  // Of the last one nothing is left whose scope could be entered.
  if (!isLast) await ctx.db.switchScope(tx, `account:${userId}`)
}

import type { Ctx } from '#platform/context'
import { memberErrors, permissions } from '../catalog.ts'
import { isDefault, mayProvision, rolesOfNewMember } from '../model.ts'
import { type MemberRow, readMember } from '../queries/members.ts'
import { addMember, type Person, prepareCandidate } from './add-member.ts'

export interface CreatedMember {
  readonly member: MemberRow
  /** To be handed over; stored nowhere. Undefined where the account existed or its password was given. */
  readonly temporaryPassword: string | undefined
}

/**
 * Takes a person into the organization: makes the account where there is none, the membership and its roles, in one
 * transaction. To give another role than the default one takes the permission to give roles, as it does later on. Works
 * for the operator's command too, in a context of the operator.
 *
 * @throws `members.not_provisioning`, `members.no_default_role` and what {@link addMember} throws
 */
export async function createMember(
  ctx: Ctx,
  person: Person & { readonly roles?: readonly string[] | undefined },
): Promise<CreatedMember> {
  await ctx.authorize(permissions.createMembers)
  const standing = ctx.principal?.standing
  if (standing && !mayProvision(ctx.policy, standing, ctx.now())) throw memberErrors.not_provisioning()
  const roles = rolesOfNewMember(ctx.policy, person.roles)
  // Else who may only create accounts, or has not signed in freshly, would give by it what they may not give a member.
  if (!isDefault(ctx.policy, roles)) await ctx.authorize(permissions.assignRoles)
  const candidate = await prepareCandidate(ctx, person)
  const member = await ctx.tx(async (tx) => {
    const { id } = await addMember(ctx, tx, candidate, roles)
    return readMember(tx, id, ctx.now())
  })
  return { member, temporaryPassword: candidate.temporaryPassword }
}

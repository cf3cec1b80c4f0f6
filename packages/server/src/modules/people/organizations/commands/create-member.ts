import type { Ctx, SentInvite, Tx } from '#platform/context'
import { failures } from '#platform/errors'
import { memberErrors, permissions } from '../catalog.ts'
import { accountFollows, isDefault, mayProvision, rolesOfNewMember } from '../model.ts'
import { findMemberOf, type MemberRow, readMember } from '../queries/members.ts'
import { belongsElsewhere } from '../store.ts'
import { addMember, type Candidate, type Person, prepareCandidate } from './add-member.ts'

export interface CreatedMember {
  readonly member: MemberRow
  /** To be handed over; stored nowhere. Undefined where the account existed, or its password was given or is still to be chosen. */
  readonly temporaryPassword: string | undefined
}

/** A person who has an account already was asked by mail whether they want to join. */
export interface InvitedPerson {
  readonly invite: SentInvite
}

export type NewMember = Person & { readonly roles?: readonly string[] | undefined }

/**
 * Takes a person into the organization: makes the account where there is none, the membership and its roles, in one
 * transaction. Whoever has an account already is invited instead: an account is its owner's, who joins by accepting.
 * To give another role than the default one takes the permission to give roles, as it does later on.
 *
 * @throws `members.not_provisioning`, `members.no_default_role`, `members.already_member`, `members.account_exists`,
 *   `invites.pending_already`, and what {@link addMember} throws
 */
export async function createMember(ctx: Ctx, person: NewMember): Promise<CreatedMember | InvitedPerson> {
  await ctx.authorize(permissions.createMembers)
  const standing = ctx.principal?.standing
  if (standing && !mayProvision(ctx.policy, standing, ctx.now())) throw memberErrors.not_provisioning()
  const roles = rolesOfNewMember(ctx.policy, person.roles)
  // Else who may only create accounts, or has not signed in freshly, would give by it what they may not give a member.
  if (!isDefault(ctx.policy, roles)) await ctx.authorize(permissions.assignRoles)
  const candidate = await prepareCandidate(ctx, person)
  return candidate.account === undefined
    ? add(ctx, candidate, roles)
    : ctx.tx((tx) => invite(ctx, tx, candidate, roles))
}

/**
 * The same by the operator, in a context of theirs: an account that exists becomes a member at once. What the
 * organization tightens binds it only when its owner has come.
 *
 * @throws `members.no_default_role` and what {@link addMember} throws
 */
export async function createMemberAsOperator(ctx: Ctx, person: NewMember): Promise<CreatedMember> {
  // Allowed to the operator, and to nobody who finds a way here without being one.
  if (ctx.actor.kind !== 'operator') throw failures.forbidden({ reason: 'operator_only' })
  return add(ctx, await prepareCandidate(ctx, person), rolesOfNewMember(ctx.policy, person.roles))
}

async function add(ctx: Ctx, candidate: Candidate, roles: readonly string[]): Promise<CreatedMember> {
  const member = await ctx.tx(async (tx) => {
    const { id } = await addMember(ctx, tx, candidate, roles)
    return readMember(tx, id, ctx.now())
  })
  return { member, temporaryPassword: candidate.temporaryPassword }
}

async function invite(
  ctx: Ctx,
  tx: Tx,
  { person, account }: Candidate,
  roles: readonly string[],
): Promise<InvitedPerson> {
  if (await findMemberOf(tx, ctx.organizationId, account!)) throw memberErrors.already_member()
  if (accountFollows(ctx.policy) && (await belongsElsewhere(tx, account!)))
    throw memberErrors.account_exists()
  const { email, locale } = person
  return {
    invite: await ctx.services.ports.invite(ctx, tx, { email, locale, roles, permission: 'create:members' }),
  }
}

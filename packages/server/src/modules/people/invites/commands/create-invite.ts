import { isDefault, mayProvision, memberErrors, rolesOfNewMember } from '#people/organizations'
import type { Ctx, SentInvite } from '#platform/context'
import { permissions } from '../catalog.ts'
import { sendInvite } from './send-invite.ts'

export interface NewInvite {
  readonly email: string
  /** Default: the policy's default role. */
  readonly roles?: readonly string[] | undefined
  /** Language of the mail. Default: the organization's. */
  readonly locale?: string | undefined
}

/**
 * Invites a person by mail. The rules are those of creating an account: who may at all, and who may give which role.
 *
 * @throws `members.not_provisioning`, `members.no_default_role` and what {@link sendInvite} throws
 */
export async function createInvite(
  ctx: Ctx,
  { email, roles: asked, locale }: NewInvite,
): Promise<SentInvite> {
  const roles = rolesOfNewMember(ctx.policy, asked)
  await authorizeInvite(ctx, roles)
  return ctx.tx((tx) => sendInvite(ctx, tx, { email, locale, roles, permission: permissions.create }))
}

/** @throws `members.not_provisioning` */
export async function authorizeInvite(ctx: Ctx, roles: readonly string[]): Promise<void> {
  await ctx.authorize(permissions.create)
  const standing = ctx.principal?.standing
  if (standing && !mayProvision(ctx.policy, standing, ctx.now())) throw memberErrors.not_provisioning()
  if (!isDefault(ctx.policy, roles)) await ctx.authorize(permissions.assignRoles)
}

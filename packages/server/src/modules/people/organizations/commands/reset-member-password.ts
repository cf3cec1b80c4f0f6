import { makeTemporaryPassword, resetPassword } from '#people/identity'
import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { permissions } from '../catalog.ts'
import { holdMember, memberTarget } from './hold-member.ts'

/**
 * Replaces a member's password by a temporary one, which is answered once and must be changed at the next sign-in; or
 * by none, and mails the person a link to choose one, so that nobody else ever knows it. Either way it
 * ends all the account holds. For oneself there is the change of one's own password, which asks for the current one.
 *
 * @throws `members.not_found`, `members.yourself`, `members.above_you`, `identity.belongs_elsewhere`
 */
export async function resetMemberPassword(
  ctx: Ctx,
  id: Uuid,
  deliver: 'answer' | 'mail' = 'answer',
): Promise<{ temporaryPassword?: string }> {
  await ctx.authorize(permissions.resetPassword, memberTarget(id))
  const made = deliver === 'answer' ? await makeTemporaryPassword(ctx) : undefined
  await ctx.tx(async (tx) => {
    const member = await holdMember(ctx, tx, id)
    await resetPassword(ctx, tx, member.userId, made && { hash: made.hash, isTemporary: true })
  })
  return made ? { temporaryPassword: made.clear } : {}
}

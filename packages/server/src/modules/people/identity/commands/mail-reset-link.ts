import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { mails } from '../catalog.ts'
import { linkMinutes } from '../model/link.ts'
import { readAccount } from '../store.ts'
import { issueLink } from './issue-link.ts'

/**
 * Mails the owner of an account a link by which they set a new password; links that were mailed before are dead.
 * Works in a transaction of any scope and leaves it as it was. The caller has authorized.
 *
 * @param because who wants it: the person, or an administrator who reset the password
 */
export async function mailResetLink(
  ctx: Ctx,
  tx: Tx,
  userId: Uuid,
  because: 'asked' | 'administrator' | 'refused_change',
): Promise<void> {
  const { url } = await issueLink(ctx, tx, { userId, kind: 'password_reset' })
  const account = await ctx.db.inScope(tx, `account:${userId}`, () => readAccount(tx, userId))
  const minutes = linkMinutes('password_reset', ctx.policy.policy.authentication.links)
  await ctx.mail(tx, mails.password_reset(account!, { url, minutes, because }))
}

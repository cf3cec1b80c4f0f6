import {
  holdOwnAccount,
  identityErrors,
  identityEvents,
  inEachOrganization,
  isEmailVerified,
  issueLink,
  linkMinutes,
  saveEmailVerified,
  spendLink,
  userOf,
} from '#people/identity'
import type { Ctx } from '#platform/context'
import { failures } from '#platform/errors'
import { takeMailAllowance } from '#platform/outbox'
import { errors, events, mails } from '../catalog.ts'
import { allowance, HOUR_SECONDS } from '../model.ts'
import { noteRefusal, takeLink } from './take-link.ts'

/**
 * Mails the caller the link that verifies their address; the ones before are dead. So many an hour.
 *
 * @throws `recovery.already_verified`, `too_many_requests`
 */
export async function sendVerification(ctx: Ctx): Promise<void> {
  const { userId } = userOf(ctx)
  await ctx.db.transaction(`account:${userId}`, async (tx) => {
    const account = await holdOwnAccount(ctx, tx)
    if (await isEmailVerified(tx, userId)) throw errors.already_verified()
    if (!(await takeMailAllowance(ctx, tx, allowance('verify_email', userId))))
      throw failures.too_many_requests({ retryAfterSeconds: HOUR_SECONDS })
    const { url } = await issueLink(ctx, tx, { userId, kind: 'verify_email' })
    const minutes = linkMinutes('verify_email', ctx.policy.policy.authentication.links)
    await ctx.mail(tx, mails.verify_email(account, { url, minutes }))
    await inEachOrganization(ctx, tx, userId, (there) =>
      there.record(tx, events.verification_sent({ target: { type: 'user', id: userId } })),
    )
  })
}

/**
 * Proves the caller's address by the link that was mailed to it. It takes both the mailbox and a session of the account:
 * whoever made an account over somebody else's address would otherwise keep their password to it once the owner of the
 * mailbox follows the link. That owner, who cannot sign in, sets a new password by mail, which ends all the other holds.
 *
 * @throws `identity.link_dead` also for the link of another account; `too_many_requests`
 */
export async function verifyEmail(ctx: Ctx, token: string): Promise<void> {
  const { userId } = userOf(ctx)
  const { link } = await takeLink(ctx, token, 'verify_email')
  const verified = ctx.db.transaction(`account:${userId}`, async (tx) => {
    await holdOwnAccount(ctx, tx)
    if (link.userId !== userId) throw identityErrors.link_dead()
    await spendLink(ctx, tx, link, token, ['verify_email'])
    if (!(await saveEmailVerified(tx, userId, ctx.now()))) return
    await inEachOrganization(ctx, tx, userId, (there) =>
      there.record(tx, identityEvents.email_verified({ target: { type: 'user', id: userId } })),
    )
  })
  await noteRefusal(ctx, 'verify_email', () => verified)
}

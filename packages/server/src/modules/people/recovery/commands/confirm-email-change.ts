import {
  addressKey,
  holdOwnAccount,
  identityErrors,
  inEachOrganization,
  saveEmail,
  spendLink,
  userOf,
} from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { mails } from '../catalog.ts'
import { emailChanged } from './request-email-change.ts'
import { noteRefusal, takeLink } from './take-link.ts'

/**
 * Moves the caller's account to the address that the link was mailed to, which is thereby proven. It takes both that
 * mailbox and a session of the account, as verifying an address does: else somebody could tie an account of theirs to the
 * mailbox of whoever follows the link, wait until it is used, and take it back by the refusal that they hold. Links that
 * were mailed to the former address are dead from then on, but for the one that says "not me".
 *
 * Sessions go on: nothing by which they were opened has changed, and the change itself took a fresh sign-in, password and
 * second factor. Whoever made it unrightfully loses them by the refusal, which ends all.
 *
 * @throws `identity.address_taken` where somebody else has taken the address meanwhile: the link stays unspent
 * @throws `identity.link_dead` also for the link of another account; `too_many_requests`
 */
export async function confirmEmailChange(ctx: Ctx, token: string): Promise<void> {
  const { userId } = userOf(ctx)
  const { link } = await takeLink(ctx, token, 'email_change')
  const newEmail = link.newEmail!
  const changed = ctx.db.transaction(`account:${userId}`, async (tx) => {
    await holdOwnAccount(ctx, tx)
    if (link.userId !== userId) throw identityErrors.link_dead()
    const { account } = await spendLink(ctx, tx, link, token, ['email_change'])
    await moveTo(ctx, tx, userId, newEmail)
    await inEachOrganization(ctx, tx, userId, (there) =>
      there.record(tx, emailChanged(userId, account.email, newEmail)),
    )
    await ctx.mail(tx, mails.email_changed(account, { newEmail }))
  })
  await noteRefusal(ctx, 'email_change', () => changed)
}

/** The database decides who has an address: of two that take it at once, one is refused and keeps what it had. */
export async function moveTo(ctx: Ctx, tx: Tx, userId: Uuid, email: string): Promise<void> {
  try {
    await saveEmail(tx, userId, { email, emailKey: addressKey(email)!, now: ctx.now() })
  } catch (error) {
    if ((error as { constraint?: unknown }).constraint === 'users_email_key_key')
      throw identityErrors.address_taken()
    throw error
  }
}

import { addressKey, identityErrors, inEachOrganization, saveEmail, spendLink } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { mails } from '../catalog.ts'
import { emailChanged } from './request-email-change.ts'
import { noteRefusal, takeLink } from './take-link.ts'

/**
 * Moves an account to the address that the link was mailed to, which is thereby proven. Links that were mailed to the
 * former address are dead from then on, but for the one that says "not me".
 *
 * Sessions go on: nothing by which they were opened has changed, and the change itself took a fresh sign-in, password and
 * second factor. Whoever made it unrightfully loses them by the refusal, which ends all.
 *
 * @throws `identity.address_taken` where somebody else has taken the address meanwhile: the link stays unspent
 * @throws `identity.link_dead`, `too_many_requests`
 */
export async function confirmEmailChange(ctx: Ctx, token: string): Promise<void> {
  const { link, acting } = await takeLink(ctx, token, 'email_change')
  const { userId } = link
  const newEmail = link.newEmail!
  const changed = ctx.db.transaction(`account:${userId}`, async (tx) => {
    const { account } = await spendLink(acting, tx, link, token, ['email_change'])
    await moveTo(ctx, tx, userId, newEmail)
    await inEachOrganization(acting, tx, userId, (there) =>
      there.record(tx, emailChanged(userId, account.email, newEmail)),
    )
    await acting.mail(tx, mails.email_changed(account, { newEmail }))
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

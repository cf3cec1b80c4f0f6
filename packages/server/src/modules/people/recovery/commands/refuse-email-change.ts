import { removeFactorsSince } from '#people/factors'
import {
  addressKey,
  findAccountByAddress,
  inEachOrganization,
  mailResetLink,
  savePassword,
  spendLink,
  supersedeLaterRefusals,
  supersedeLinks,
} from '#people/identity'
import type { Ctx } from '#platform/context'
import { events } from '../catalog.ts'
import { moveTo } from './confirm-email-change.ts'
import { emailChanged } from './request-email-change.ts'
import { noteRefusal, takeLink } from './take-link.ts'

/**
 * "It was not me": the owner of the former address takes the account back. The address is kept or restored; whoever made
 * the change knows the password, so there is none any more; second factors that were added since are removed; everything
 * the account holds ends; and a link to choose a new password is mailed to the address. The link survives changes of the password and further changes of the address, which
 * whoever took the account over would make next; refusals they got by those are dead.
 *
 * Where the former address is another account's by now, the account is only locked up: an administrator resets it.
 *
 * @throws `identity.link_dead`, `too_many_requests`
 */
export async function refuseEmailChange(ctx: Ctx, token: string): Promise<void> {
  const { link, acting } = await takeLink(ctx, token, 'email_refusal')
  const { userId, email } = link
  const owner = await findAccountByAddress(ctx, addressKey(email)!)
  const isFree = owner === undefined || owner === userId
  const refused = ctx.db.transaction(`account:${userId}`, async (tx) => {
    const { account } = await spendLink(acting, tx, link, token, ['email_refusal'])
    const isMoved = account.email !== email && isFree
    if (isMoved) await moveTo(ctx, tx, userId, email)
    await supersedeLinks(
      tx,
      userId,
      ['email_change', 'password_reset', 'activation', 'verify_email'],
      ctx.now(),
    )
    await supersedeLaterRefusals(tx, link, ctx.now())
    await removeFactorsSince(acting, tx, userId, link.createdAt)
    await savePassword(tx, userId, { hash: null, mustChange: false, now: ctx.now() })
    await inEachOrganization(acting, tx, userId, async (there) => {
      await there.record(tx, events.email_change_refused({ target: { type: 'user', id: userId } }))
      if (isMoved) await there.record(tx, emailChanged(userId, account.email, email))
    })
    await ctx.services.ports.endAccountSessions(acting, tx, userId, 'email_change_refused')
    if (isFree) await mailResetLink(acting, tx, userId, 'refused_change')
  })
  await noteRefusal(ctx, 'email_refusal', () => refused)
}

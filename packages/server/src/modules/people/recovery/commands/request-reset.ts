import {
  addressKey,
  findAccountByAddress,
  inEachOrganization,
  lockAccount,
  mailResetLink,
} from '#people/identity'
import { enter } from '#platform/address-limit'
import { afterAnswer } from '#platform/background'
import type { Ctx } from '#platform/context'
import { takeMailAllowance } from '#platform/outbox'
import { events } from '../catalog.ts'
import { allowance } from '../model.ts'
import { RECOVERY } from './take-link.ts'

/**
 * Mails a link to set a new password, if the address is an active account's.
 *
 * The answer is given before the address is looked at, so neither it nor its time tells whether there is an account: what
 * precedes it is the count of the client's address and one event, alike for all. Should the process end in between, no
 * mail goes, and the person asks again. To one address go so many mails an hour, over all servers; what is asked beyond
 * is answered alike and sends nothing, and the last link stays good.
 *
 * @throws `too_many_requests` by the client's address
 */
export async function requestReset(ctx: Ctx, email: string): Promise<void> {
  await enter(ctx, RECOVERY)
  const key = addressKey(email)
  await ctx.recordNow(events.reset_asked(key === undefined ? {} : { personal: { email: key } }))
  if (key !== undefined) afterAnswer(ctx.services, 'password reset', () => sendLink(ctx, key))
}

async function sendLink(ctx: Ctx, key: string): Promise<void> {
  // Where nobody signs in by password, there is none to set.
  if (!ctx.policy.policy.authentication.methods.includes('password')) return
  const userId = await findAccountByAddress(ctx, key)
  if (userId === undefined) return
  await ctx.db.transaction(`account:${userId}`, async (tx) => {
    const account = await lockAccount(tx, userId)
    if (account?.status !== 'active') return
    if (!(await takeMailAllowance(ctx, tx, allowance('password_reset', key)))) return
    await mailResetLink(ctx, tx, userId, 'asked')
    await inEachOrganization(ctx, tx, userId, (there) =>
      there.record(tx, events.reset_link_sent({ target: { type: 'user', id: userId } })),
    )
  })
}

import { holdOwnAccount, userOf } from '#people/identity'
import type { Ctx } from '#platform/context'
import { errors, mails } from '../catalog.ts'
import { factorsOf, hasFactor } from '../queries.ts'
import { type Enrolled, makeRecoveryCodes } from './finish-enrolment.ts'
import { demandFreshSignIn, demandPermitted, demandSecondFactor } from './guard-change.ts'

/**
 * Makes a new set of recovery codes, which is shown this once; what was left of the former one is worth nothing.
 *
 * @throws `factors.not_permitted`, `factors.not_enrolled`, `forbidden` without a fresh sign-in or the second factor
 */
export async function renewRecoveryCodes(ctx: Ctx): Promise<Enrolled> {
  demandPermitted(ctx, 'recovery_code')
  await demandFreshSignIn(ctx)
  const { userId } = userOf(ctx)
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const account = await holdOwnAccount(ctx, tx)
    await demandSecondFactor(ctx, tx)
    if (!hasFactor(await factorsOf(tx, userId))) throw errors.not_enrolled()
    const recoveryCodes = await makeRecoveryCodes(ctx, tx, userId)
    await ctx.mail(tx, mails.recovery_codes_made(account, { count: recoveryCodes.length }))
    const session = await ctx.services.ports.renewSession(ctx, tx, { because: 'recovery_codes_made' })
    return { recoveryCodes, session }
  })
}

import { holdOwnAccount, inEachOrganization, userOf } from '#people/identity'
import type { Ctx } from '#platform/context'
import { errors, events } from '../catalog.ts'
import { findGiven, saveWithdrawal } from '../store.ts'

/**
 * Withdraws a consent, as easily as it was given and whether or not the policy still asks for it. What was given, and
 * until when, stays on record.
 *
 * @throws `privacy.not_given`; `unauthorized` when the account's tokens were ended meanwhile
 */
export async function withdrawConsent(ctx: Ctx, purpose: string): Promise<void> {
  const { userId } = userOf(ctx)
  await ctx.db.transaction(`account:${userId}`, async (tx) => {
    await holdOwnAccount(ctx, tx)
    const given = await findGiven(tx, userId, purpose)
    if (!given) throw errors.not_given()
    await saveWithdrawal(tx, userId, given.id, { withdrawnAt: ctx.now(), withdrawnBecause: 'withdrawn' })
    const event = events.consent_withdrawn({
      target: { type: 'consent', id: given.id },
      before: { given: true },
      after: { given: false },
      data: { user: userId, purpose },
    })
    await inEachOrganization(ctx, tx, userId, (there) => there.record(tx, event))
  })
}

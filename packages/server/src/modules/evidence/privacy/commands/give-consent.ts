import { holdOwnAccount, inEachOrganization, userOf } from '#people/identity'
import type { Ctx } from '#platform/context'
import { fromWire, newId } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { type ConsentRow, readConsent } from '../queries.ts'
import { findGiven, insertConsent, saveWithdrawal } from '../store.ts'

/**
 * Records a person's consent to a purpose of the policy, with the version of the document that is in force. Given under
 * this version already: nothing changes. Given under an earlier one: that one ends, and this takes its place. Each of the
 * person's organizations has it in its log.
 *
 * @throws `privacy.unknown_purpose`; `unauthorized` when the account's tokens were ended meanwhile
 */
export async function giveConsent(ctx: Ctx, purpose: string): Promise<ConsentRow> {
  const { userId } = userOf(ctx)
  const asked = ctx.policy.policy.privacy.consents
  if (!asked.some((consent) => consent.purpose === purpose))
    throw errors.unknown_purpose({ purposes: asked.map((consent) => consent.purpose) })
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    await holdOwnAccount(ctx, tx)
    const now = ctx.now()
    const policyVersionId = fromWire('pol', ctx.policy.version)!
    const before = await findGiven(tx, userId, purpose)
    if (before?.policyVersionId === policyVersionId) return readConsent(ctx, tx, userId, purpose)
    if (before) await saveWithdrawal(tx, userId, before.id, { withdrawnAt: now, withdrawnBecause: 'renewed' })
    const id = newId(now)
    const givenBy = ctx.principal!.credential
    await insertConsent(tx, { userId, id, purpose, policyVersionId, givenAt: now, givenBy })
    const event = events.consent_given({
      target: { type: 'consent', id },
      before: { given: before !== undefined },
      after: { given: true },
      data: { user: userId, purpose, policyVersion: ctx.policy.version, by: givenBy },
    })
    await inEachOrganization(ctx, tx, userId, (there) => there.record(tx, event))
    return readConsent(ctx, tx, userId, purpose)
  })
}

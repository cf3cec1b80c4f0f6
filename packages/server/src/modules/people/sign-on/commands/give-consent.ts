import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { events } from '../catalog.ts'
import type { SignOnClient } from '../model/client.ts'
import { saveConsent } from '../store/consents.ts'

/**
 * Notes what a person agrees to hand to an application, beside what they agreed to before, so that they are not asked
 * again. Of the platform's own applications nothing is kept: those ask for nothing.
 */
export async function giveConsent(
  ctx: Ctx,
  { userId }: { userId: Uuid },
  client: SignOnClient,
  scopes: readonly string[],
): Promise<void> {
  const { organizationId } = ctx
  await ctx.db.transaction(`org:${organizationId}`, async (tx) => {
    if (!client.isFirstParty)
      await ctx.db.inScope(tx, 'sign-on', () =>
        saveConsent(tx, { organizationId, userId, clientId: client.id }, scopes, ctx.now()),
      )
    await ctx.record(
      tx,
      events.consent_given({ target: { type: 'client', id: client.id }, after: { scopes: [...scopes] } }),
    )
  })
}

/** Notes that a person refused; the application is told the same by its redirect. */
export async function refuseConsent(ctx: Ctx, client: SignOnClient): Promise<void> {
  await ctx.recordNow(
    events.consent_refused({
      outcome: 'denied',
      target: { type: 'client', id: client.id },
      reason: 'refused',
    }),
  )
}

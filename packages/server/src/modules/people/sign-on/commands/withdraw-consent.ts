import type { Ctx } from '#platform/context'
import { failures } from '#platform/errors'
import type { Uuid } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { deleteConsent } from '../store/consents.ts'
import { endGrantsOfClient } from '../store/grants.ts'

/**
 * Takes back what the caller agreed to, in this organization: the application is asked to ask again, and what it was
 * given is worth nothing from the commit on.
 *
 * @throws `sign_on.no_consent` also where it was taken back before
 */
export async function withdrawConsent(ctx: Ctx, clientId: Uuid): Promise<void> {
  if (ctx.actor.kind !== 'user') throw failures.unauthorized()
  const { userId } = ctx.actor
  const { organizationId } = ctx
  await ctx.tx(async (tx) => {
    const key = { organizationId, userId, clientId }
    const { scopes, ended } = await ctx.db.inScope(tx, 'sign-on', async () => {
      const agreed = await deleteConsent(tx, key)
      if (!agreed) throw errors.no_consent()
      return { scopes: agreed, ended: await endGrantsOfClient(tx, key, 'withdrawn', ctx.now()) }
    })
    await ctx.record(
      tx,
      events.consent_withdrawn({
        target: { type: 'client', id: clientId },
        before: { scopes },
        data: { ended },
      }),
    )
  })
}

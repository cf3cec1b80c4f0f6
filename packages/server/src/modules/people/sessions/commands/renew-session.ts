import { userOf } from '#people/identity'
import type { Ctx, RenewedSession, SessionChange, Tx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { failures } from '#platform/errors'
import { events } from '../catalog.ts'
import { setCookie } from '../credentials/cookie.ts'
import { getSessionTimes } from '../queries.ts'
import { saveProofs } from '../store.ts'

/**
 * Notes in the caller's own session what was proven in it, or that a second factor is no more, and gives it a new
 * cookie: whoever planted or copied the old one gains nothing from the proof. The transaction is in the account's scope
 * before and after.
 *
 * @throws `unauthorized` when the session ended meanwhile
 */
export async function renewOwnSession(
  ctx: Ctx,
  tx: Tx,
  change: SessionChange,
  { rotates = true }: { readonly rotates?: boolean } = {},
): Promise<RenewedSession> {
  const { userId, sessionId } = userOf(ctx)
  const cookie = rotates && ctx.principal!.credential === 'cookie' ? newSecret() : undefined
  await ctx.db.switchScope(tx, `org:${ctx.principal!.home.organizationId}`)
  const secretHash = cookie === undefined ? undefined : sha256(cookie)
  if (!(await saveProofs(tx, sessionId, change, secretHash))) throw failures.unauthorized()
  const { expiresAt } = await getSessionTimes(tx, sessionId)
  if (cookie !== undefined)
    await ctx.record(
      tx,
      events.rotated({ target: { type: 'session', id: sessionId }, reason: change.because }),
    )
  await ctx.db.switchScope(tx, `account:${userId}`)
  return {
    setCookie(reply) {
      if (cookie !== undefined) setCookie(reply, cookie, expiresAt)
    },
  }
}

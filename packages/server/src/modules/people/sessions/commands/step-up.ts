import { confirmProof, identityErrors, provePassword } from '#people/identity'
import type { Ctx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { failures } from '#platform/errors'
import { events } from '../catalog.ts'
import { getSessionTimes } from '../queries.ts'
import { saveStepUp } from '../store.ts'
import { userOf } from './end-sessions.ts'

/**
 * Proves again who is at this session, for actions that need a fresh sign-in. Counts toward the lockout like a
 * sign-in. A browser's session gets a new cookie, where the policy rotates on step-up: whoever copied the old one
 * gains nothing from the proof.
 *
 * @returns the new cookie, if there is one
 * @throws `identity.wrong_password` also when the account is locked; `unauthorized` when the session ended meanwhile
 */
export async function stepUp(
  ctx: Ctx,
  password: string,
): Promise<{ authenticatedAt: Date; cookie: string | undefined; expiresAt: Date }> {
  const { userId, sessionId } = userOf(ctx)
  const target = { type: 'session', id: sessionId }
  const proof = await provePassword(ctx, userId, userId, password)
  if (proof.result !== 'right') {
    await ctx.recordNow(events.step_up_failed({ target, outcome: 'failure', reason: proof.reason }))
    throw identityErrors.wrong_password()
  }
  const rotates =
    ctx.principal!.credential === 'cookie' &&
    ctx.policy.policy.authentication.session.rotateOn.includes('stepUp')
  const cookie = rotates ? newSecret() : undefined
  const now = ctx.now()
  const expiresAt = await ctx.db.transaction(`account:${userId}`, async (tx) => {
    if (!(await confirmProof(tx, proof.account))) throw failures.unauthorized()
    await ctx.db.switchScope(tx, `org:${ctx.principal!.home.organizationId}`)
    if (!(await saveStepUp(tx, sessionId, now, cookie === undefined ? undefined : sha256(cookie))))
      throw failures.unauthorized()
    await ctx.record(tx, events.stepped_up({ target, data: { method: 'password' } }))
    if (cookie !== undefined) await ctx.record(tx, events.rotated({ target, reason: 'step_up' }))
    return (await getSessionTimes(tx, sessionId)).expiresAt
  })
  return { authenticatedAt: now, cookie, expiresAt }
}

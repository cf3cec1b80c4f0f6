import { inOrganization } from '#people/identity'
import type { Ctx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { newId } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { findLiveSession, insertForwardSession, organizationOfCode, spendCode } from '../store.ts'

export interface Admitted {
  /** For the host's cookie; only its hash is stored. */
  readonly secret: string
  readonly expiresAt: Date
  readonly returnTo: string
}

/**
 * Spends a code for a cookie of the host.
 *
 * Guarantees
 * - Of 20 at once, one gets the cookie.
 * - Another host, another browser, a minute later or after the session ended: nothing, and all by one answer.
 *
 * @param presented.origin the host that the code came to
 * @param presented.browser the secret that the host gave this browser before it left
 * @throws `forward_auth.invalid_code`
 */
export async function admitBrowser(
  ctx: Ctx,
  presented: { code: string; origin: string; browser: string },
): Promise<Admitted> {
  const codeHash = sha256(presented.code)
  const organizationId = await organizationOfCode(ctx, codeHash)
  if (organizationId === undefined) throw errors.invalid_code()
  const { origin } = presented
  const browserHash = sha256(presented.browser)
  return ctx.db.transaction(`org:${organizationId}`, async (tx) => {
    const now = ctx.now()
    const code = await spendCode(tx, { codeHash, browserHash, origin }, now)
    const session = code && (await findLiveSession(tx, code.sessionId, now))
    if (!code || !session) throw errors.invalid_code()
    const secret = newSecret()
    const { id: sessionId, userId, memberId, expiresAt } = session
    const { hostId, signInHash, returnTo } = code
    const id = newId(now)
    const row = {
      organizationId,
      id,
      sessionId,
      hostId,
      secretHash: sha256(secret),
      signInHash,
      createdAt: now,
    }
    await insertForwardSession(tx, row, userId)
    await inOrganization(ctx, organizationId, { kind: 'user', userId, memberId, sessionId }).record(
      tx,
      events.admitted({ target: { type: 'session', id: sessionId }, data: { host: origin } }),
    )
    return { secret, expiresAt, returnTo }
  })
}

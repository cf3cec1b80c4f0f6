import { inOrganization } from '#people/identity'
import type { AuditEvent, Ctx, TokenInput, Tx } from '#platform/context'
import { deriveKey, hmac, sameBytes, sha256 } from '#platform/crypto'
import { newId, type Uuid } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { judgeRefresh } from '../model/refresh.ts'
import {
  endSession,
  findRefreshToken,
  type HeldFamily,
  insertRefreshToken,
  lockFamily,
  spendRefreshToken,
  touchSession,
} from '../store.ts'
import { issueTokens, type Tokens } from './issue-tokens.ts'
import { after, earliest, policyOf, REFRESH_PREFIX } from './open-session.ts'

/**
 * Exchanges a refresh token for its successor and an access token.
 *
 * Guarantees
 * - A token is spent once: of 20 at once, one rotates it.
 * - The successor is a keyed function of the spent token, so the client that lost the answer gets the same one again
 *   for some seconds, and nothing that is secret is stored for it.
 * - Any other use of a spent token ends the session, and with it every token of the family; that is committed and
 *   recorded before the refusal is answered.
 *
 * @throws `sessions.invalid_refresh_token` for every token that does not hold, whatever the reason
 */
export async function refreshSession(ctx: Ctx, token: string): Promise<Tokens> {
  const found = await findRefreshToken(ctx, sha256(token))
  const exchanged =
    found &&
    (await ctx.db.transaction(`org:${found.organizationId}`, (tx) =>
      exchange(ctx, tx, found.organizationId, token),
    ))
  ctx.services.metrics.refreshes.inc({ result: exchanged?.result ?? 'unknown' })
  if (!exchanged?.session) throw errors.invalid_refresh_token()
  return issueTokens(ctx, exchanged.session, exchanged.successor)
}

type Exchanged =
  | { readonly result: 'rotate' | 'repeat'; readonly session: TokenInput; readonly successor: string }
  | { readonly result: 'reused' | 'refused'; readonly session?: undefined }

async function exchange(
  ctx: Ctx,
  tx: Tx,
  organizationId: Uuid,
  token: string,
): Promise<Exchanged | undefined> {
  const successor = successorOf(ctx, token)
  const family = await lockFamily(tx, sha256(token), sha256(successor))
  if (!family) return undefined
  const { session } = family
  const fingerprint = sha256(`${ctx.client.ip}\n${ctx.client.userAgent}`)
  const isSameClient = family.token.spentBy !== null && sameBytes(family.token.spentBy, fingerprint)
  const judged = judgeRefresh(family.token, session, isSameClient, ctx.now())
  if (judged.verdict === 'refused' || judged.verdict === 'reused') {
    await refuse(ctx, tx, organizationId, session, judged)
    return { result: judged.verdict }
  }
  const policy = await policyOf(ctx, family.overrides)
  const { id: sessionId, userId, tokenVersion } = session
  const input: TokenInput = { sessionId, userId, organizationId, tokenVersion, policy }
  if (judged.verdict === 'rotate') await rotate(ctx, tx, input, family, { successor, fingerprint })
  return { result: judged.verdict, session: input, successor }
}

async function rotate(
  ctx: Ctx,
  tx: Tx,
  input: TokenInput,
  family: HeldFamily,
  next: { successor: string; fingerprint: Buffer },
) {
  const now = ctx.now()
  const { sessionId, organizationId, policy } = input
  const { refreshSeconds } = policy.policy.authentication.tokens
  await spendRefreshToken(tx, family.token.id, next.fingerprint, now)
  await insertRefreshToken(tx, {
    organizationId,
    id: newId(now),
    sessionId,
    tokenHash: sha256(next.successor),
    issuedAt: now,
    expiresAt: earliest(after(now, refreshSeconds), family.session.expiresAt),
  })
  await touchSession(tx, sessionId, now)
  await recordAs(
    ctx,
    tx,
    organizationId,
    family.session,
    events.refreshed({ target: { type: 'session', id: sessionId } }),
  )
}

/** Committed with the transaction, and answered after: a refusal that throws in here would undo the revocation. */
async function refuse(
  ctx: Ctx,
  tx: Tx,
  organizationId: Uuid,
  session: HeldFamily['session'],
  judged:
    | { verdict: 'reused' }
    | { verdict: 'refused'; reason: string }
    | { verdict: 'rotate' | 'repeat' | 'reused' },
): Promise<void> {
  const target = { type: 'session', id: session.id }
  if ('reason' in judged) {
    return inOrganization(ctx, organizationId).record(
      tx,
      events.refresh_refused({ target, outcome: 'failure', reason: judged.reason }),
    )
  }
  const there = inOrganization(ctx, organizationId)
  await there.record(tx, events.refresh_reused({ target, outcome: 'failure', reason: 'refresh_reuse' }))
  if (await endSession(tx, session.id, 'refresh_reuse', ctx.now())) {
    await there.record(tx, events.ended({ target, reason: 'refresh_reuse', data: { user: session.userId } }))
  }
}

function recordAs(
  ctx: Ctx,
  tx: Tx,
  organizationId: Uuid,
  { id, userId, memberId }: HeldFamily['session'],
  event: AuditEvent,
): Promise<void> {
  return inOrganization(ctx, organizationId, { kind: 'user', userId, memberId, sessionId: id }).record(
    tx,
    event,
  )
}

function successorOf(ctx: Ctx, token: string): string {
  return (
    REFRESH_PREFIX + hmac(deriveKey(ctx.services.masterKey, 'refresh-successor'), token).toString('base64url')
  )
}

import { type AccountOrganization, addressKey, inOrganization, organizationsOf } from '#people/identity'
import type { AuditEvent, Ctx } from '#platform/context'
import { sha256 } from '#platform/crypto'
import type { Uuid } from '#platform/ids'
import { events } from '../catalog.ts'
import type { Browser } from '../credentials/cookie.ts'
import { findSessionOfCookie } from '../queries.ts'
import { endSession } from '../store.ts'
import { endedEvent } from './end-sessions.ts'
import type { SignInResult } from './take-next-step.ts'

/**
 * What follows the commit of a step: it is counted, and the session that the browser had ends. A cookie that was there
 * before the sign-in is worth nothing after it, whoever put it there (ASVS 5.0, V7.2.4).
 */
export async function concludeStep(
  ctx: Ctx,
  result: SignInResult,
  browser: Browser | undefined,
): Promise<SignInResult> {
  ctx.services.metrics.signIns.inc({ result: result.status })
  if ('credentials' in result && browser?.session !== undefined) await endReplaced(ctx, browser.session)
  return result
}

async function endReplaced(ctx: Ctx, secret: string): Promise<void> {
  const found = await findSessionOfCookie(ctx, sha256(secret))
  if (!found) return
  const { id, organizationId, userId, memberId } = found
  await ctx.db.transaction(`org:${organizationId}`, async (tx) => {
    if (!(await endSession(tx, id, 'replaced', ctx.now()))) return
    const there = inOrganization(ctx, organizationId, { kind: 'user', userId, memberId, sessionId: id })
    await there.record(tx, endedEvent(id, userId, 'replaced'))
  })
}

export interface RefusedSignIn {
  readonly reason: string
  readonly userId?: Uuid | undefined
  /** As it was typed. */
  readonly email?: string
  readonly organizations?: readonly AccountOrganization[]
}

/** Records the true reason where it belongs, before the one answer is given. */
export async function noteRefusedSignIn(
  ctx: Ctx,
  { reason, userId, email, organizations }: RefusedSignIn,
): Promise<void> {
  ctx.services.metrics.signIns.inc({ result: 'failed' })
  const logs =
    organizations ??
    (userId === undefined
      ? []
      : await ctx.db.transaction(`account:${userId}`, (tx) => organizationsOf(tx, userId)))
  const event: AuditEvent = events.sign_in_failed({
    outcome: 'failure',
    reason,
    ...(userId === undefined ? {} : { target: { type: 'user', id: userId } }),
    // What was typed is mostly an address; sometimes, in the wrong field, a password. It is kept only where it is known to be an address.
    ...(email === undefined || addressKey(email) === undefined ? {} : { personal: { email: email.trim() } }),
  })
  if (logs.length === 0) await ctx.recordNow(event)
  for (const { organizationId } of logs) await inOrganization(ctx, organizationId).recordNow(event)
}

import { endChallenges } from '#people/factors'
import { holdOwnAccount, inOrganization, raiseTokenVersion, userOf } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { findOwnSession } from '../queries.ts'
import { endSession, endSessionsOfAccount, endSessionsOfMember } from '../store.ts'

/**
 * Ends what a member holds in this organization: sessions, and with them cookies, access and refresh tokens. In the
 * caller's transaction, which is in the organization's scope; the caller has authorized. Each end is recorded.
 *
 * @returns how many there were
 */
export async function endMemberSessions(
  ctx: Ctx,
  tx: Tx,
  memberId: Uuid,
  because: string,
  except?: Uuid,
): Promise<number> {
  const ended = await endSessionsOfMember(tx, memberId, because, ctx.now(), except)
  for (const { id, userId } of ended) await ctx.record(tx, endedEvent(id, userId, because))
  return ended.length
}

/** The same for an account in all its organizations, each of which records its own. Scope before and after: the account. */
export async function endAccountSessions(
  ctx: Ctx,
  tx: Tx,
  userId: Uuid,
  because: string,
  except?: Uuid,
): Promise<number> {
  const ended = await endSessionsOfAccount(tx, userId, because, ctx.now(), except)
  for (const { organizationId, sessionId } of ended) {
    await ctx.db.switchScope(tx, `org:${organizationId}`)
    await inOrganization(ctx, organizationId).record(tx, endedEvent(sessionId, userId, because))
  }
  await ctx.db.switchScope(tx, `account:${userId}`)
  return ended.length
}

/** Ends the session of this request. Twice, or 20 times at once, is as good as once. */
export async function signOut(ctx: Ctx): Promise<void> {
  const { sessionId, userId } = userOf(ctx)
  await endOwn(ctx, ctx.principal!.home.organizationId, sessionId, userId, 'sign_out')
}

/**
 * Ends one of the caller's own sessions, in whatever organization.
 *
 * @throws `sessions.not_found` for one that has ended or is somebody else's
 */
export async function endOwnSession(ctx: Ctx, id: Uuid): Promise<void> {
  const { userId } = userOf(ctx)
  const session = await ctx.db.transaction(`account:${userId}`, (tx) => findOwnSession(tx, id))
  const ended = session !== undefined && (await endOwn(ctx, session.organizationId, id, userId, 'revoked'))
  if (!ended) throw errors.not_found()
}

/** Ends the caller's other sessions, in all organizations, and sign-ins that are half done. */
export async function endOtherSessions(ctx: Ctx): Promise<number> {
  const { userId, sessionId } = userOf(ctx)
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    await holdOwnAccount(ctx, tx)
    await endChallenges(tx, userId, ctx.now())
    return endAccountSessions(ctx, tx, userId, 'revoked', sessionId)
  })
}

/** Ends all of the caller's sessions, this one too, and every token by raising the account's token version. */
export async function signOutEverywhere(ctx: Ctx): Promise<void> {
  const { userId } = userOf(ctx)
  await ctx.db.transaction(`account:${userId}`, async (tx) => {
    await holdOwnAccount(ctx, tx)
    await raiseTokenVersion(tx, userId, ctx.now())
    await endAccountSessions(ctx, tx, userId, 'sign_out_everywhere')
  })
}

// No more is at stake than the end of a session, which needs no standing: nothing is held but its row.
function endOwn(ctx: Ctx, organizationId: Uuid, id: Uuid, userId: Uuid, because: string): Promise<boolean> {
  return ctx.db.transaction(`org:${organizationId}`, async (tx) => {
    if (!(await endSession(tx, id, because, ctx.now()))) return false
    await inOrganization(ctx, organizationId).record(tx, endedEvent(id, userId, because))
    return true
  })
}

export function endedEvent(id: Uuid, userId: Uuid, because: string) {
  return events.ended({ target: { type: 'session', id }, reason: because, data: { user: userId } })
}

import { holdMember, memberTarget } from '#people/organizations'
import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors, permissions } from '../catalog.ts'
import { findSessionOfMember } from '../queries.ts'
import { endSession } from '../store.ts'
import { endedEvent, endMemberSessions } from './end-sessions.ts'

/**
 * Ends the sessions that a member has in this organization, with all that hangs on them: they are out at their next
 * request, and may sign in again.
 *
 * @returns how many there were
 * @throws `members.not_found`, `members.above_you`
 */
export async function endSessionsOfMember(ctx: Ctx, memberId: Uuid): Promise<number> {
  await ctx.authorize(permissions.revoke, memberTarget(memberId))
  return ctx.tx(async (tx) => {
    await holdMember(ctx, tx, memberId, { oneself: 'allowed' })
    return endMemberSessions(ctx, tx, memberId, 'revoked_by_administrator')
  })
}

/** One of them. @throws `members.not_found`, `members.above_you`; `sessions.not_found` also for another member's */
export async function endSessionOfMember(ctx: Ctx, memberId: Uuid, id: Uuid): Promise<void> {
  await ctx.authorize(permissions.revoke, memberTarget(memberId))
  await ctx.tx(async (tx) => {
    const { userId } = await holdMember(ctx, tx, memberId, { oneself: 'allowed' })
    const session = await findSessionOfMember(tx, memberId, id)
    if (!session || !(await endSession(tx, id, 'revoked_by_administrator', ctx.now())))
      throw errors.not_found()
    await ctx.record(tx, endedEvent(id, userId, 'revoked_by_administrator'))
  })
}

import type { Ctx, Tx } from '#platform/context'
import { AppError } from '#platform/errors'
import type { Uuid } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { type AccountOrganization, organizationsOf } from '../queries.ts'
import { holdAccount } from '../store.ts'

/**
 * Runs a change of an account, not of a membership, in the account's scope, and returns the transaction to the
 * organization's. An account is its owner's: an organization changes it only while it belongs to no other. The
 * platform's staff change one that belongs to several, if they may administer what it holds in each of them: a reset in
 * one organization opens all, the platform among them. The account is held, so no organization takes it in meanwhile.
 *
 * @throws `identity.not_found`, `identity.belongs_elsewhere`, `members.above_you`
 */
export async function changeAccount<T>(ctx: Ctx, tx: Tx, userId: Uuid, change: () => Promise<T>): Promise<T> {
  // Row-level security shows an organization its own members' accounts only.
  const seen = await tx.selectFrom('users').select('id').where('id', '=', userId).executeTakeFirst()
  if (!seen) throw errors.not_found()
  await ctx.db.switchScope(tx, `account:${userId}`)
  await holdAccount(tx, userId)
  const all = await organizationsOf(tx, userId)
  const elsewhere = all.filter(({ organizationId }) => organizationId !== ctx.organizationId)
  if (elsewhere.length > 0 && !isPlatform(ctx)) throw errors.belongs_elsewhere()
  await demandReach(ctx, tx, userId, elsewhere)
  await ctx.db.switchScope(tx, `account:${userId}`)
  const result = await change()
  await ctx.db.switchScope(tx, `org:${ctx.organizationId}`)
  return result
}

/** The platform's staff in their own organization, operators, and rules that carry themselves out. */
function isPlatform(ctx: Ctx): boolean {
  if (ctx.principal) return ctx.principal.home.kind === 'platform'
  return ctx.actor.kind === 'operator' || ctx.actor.kind === 'system'
}

/** A refusal is in the log before it is thrown. */
async function demandReach(
  ctx: Ctx,
  tx: Tx,
  userId: Uuid,
  elsewhere: readonly AccountOrganization[],
): Promise<void> {
  if (!ctx.principal) return
  const { assignments } = ctx.services.ports
  for (const { organizationId, memberId, status } of elsewhere) {
    if (status !== 'active') continue
    await ctx.db.switchScope(tx, `org:${organizationId}`)
    const held = await assignments.held(ctx, tx, memberId)
    try {
      assignments.mayManage(ctx, [...new Set(held.map(({ role }) => role))])
    } catch (error) {
      const target = { type: 'user', id: userId }
      if (error instanceof AppError)
        await ctx.recordNow(events.change_refused({ outcome: 'denied', target, reason: error.code }))
      throw error
    }
  }
}

import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors } from '../catalog.ts'
import { belongsElsewhere } from '../store.ts'

/**
 * Runs a change of an account, not of a membership, in the account's scope, and returns the transaction to the
 * organization's. An account is its owner's: an organization changes it only while it belongs to no other.
 *
 * @throws `identity.not_found`, `identity.belongs_elsewhere`
 */
export async function changeAccount<T>(ctx: Ctx, tx: Tx, userId: Uuid, change: () => Promise<T>): Promise<T> {
  // Row-level security shows an organization its own members' accounts only.
  const seen = await tx.selectFrom('users').select('id').where('id', '=', userId).executeTakeFirst()
  if (!seen) throw errors.not_found()
  if (!isPlatform(ctx) && (await belongsElsewhere(tx, userId))) throw errors.belongs_elsewhere()
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

/** An account's act concerns every organization it belongs to: each has a log of its own. @module */
import { type Actor, type Ctx, createCtx, type Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { type AccountOrganization, organizationsOf } from '../queries.ts'

/**
 * The same request seen from one of the account's organizations, to record there. It carries no principal: what is
 * recorded has been allowed already. What the platform's staff set off stays in the platform's log too.
 */
export function inOrganization(ctx: Ctx, organizationId: Uuid, actor: Actor = ctx.actor): Ctx {
  const { requestId, client, policy, actingFrom } = ctx
  return createCtx(ctx.services, { requestId, client, actor, organizationId, actingFrom, policy })
}

/**
 * Visits each organization of an account in one transaction, in the scope of that organization.
 * The transaction is in the account's scope before and after.
 */
export async function inEachOrganization(
  ctx: Ctx,
  tx: Tx,
  userId: Uuid,
  visit: (ctx: Ctx, organization: AccountOrganization) => Promise<void>,
): Promise<void> {
  for (const organization of await organizationsOf(tx, userId)) {
    await ctx.db.switchScope(tx, `org:${organization.organizationId}`)
    await visit(inOrganization(ctx, organization.organizationId), organization)
  }
  await ctx.db.switchScope(tx, `account:${userId}`)
}

import type { Actor, Ctx, Tx } from '#platform/context'
import { failures } from '#platform/errors'
import { lockAccount } from '../store.ts'

type UserActor = Extract<Actor, { kind: 'user' }>

/** The actor of a route that only members reach. @throws `unauthorized` */
export function userOf(ctx: Ctx): UserActor {
  if (ctx.actor.kind !== 'user') throw failures.unauthorized()
  return ctx.actor
}

/**
 * Holds the caller's account and refuses a request whose tokens were ended since it was let in. Instead of `ctx.tx`
 * where the account itself changes: the account comes first, so that two such changes queue and do not deadlock.
 *
 * @throws `unauthorized`
 */
export async function holdOwnAccount(ctx: Ctx, tx: Tx) {
  const account = await lockAccount(tx, userOf(ctx).userId)
  if (account?.status !== 'active' || account.tokenVersion !== ctx.principal!.revision.tokenVersion)
    throw failures.unauthorized()
  return account
}

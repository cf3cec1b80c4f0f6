import {
  type Account,
  type AccountOrganization,
  holdOwnAccount,
  inOrganization,
  organizationsOf,
  userOf,
} from '#people/identity'
import type { Ctx } from '#platform/context'
import { failures } from '#platform/errors'
import { errors, events } from '../catalog.ts'
import { chooseOrganization, nameOf } from '../model/organization-choice.ts'
import { getSessionProofs } from '../queries.ts'
import { endSession } from '../store.ts'
import { endedEvent } from './end-sessions.ts'
import { type Credentials, openSession, policyOf } from './open-session.ts'

export interface Switched {
  readonly account: Account
  readonly organization: AccountOrganization
  readonly credentials: Credentials
}

/**
 * Goes on in another of the person's organizations. A session is for exactly one, so this one ends and a new one
 * begins: with what was proven in the old one, no more, and no later end than it had. Both or neither.
 *
 * @throws `sessions.organization_not_found` also for one that exists and is not theirs, or is closed to them
 * @throws `unauthorized` where this session ended meanwhile; of 20 at once, one switches
 */
export async function switchOrganization(ctx: Ctx, named: string): Promise<Switched> {
  const { userId, sessionId } = userOf(ctx)
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const account = await holdOwnAccount(ctx, tx)
    const chosen = chooseOrganization(await organizationsOf(tx, userId), nameOf(named), ctx.now())
    if (!('one' in chosen)) throw errors.organization_not_found()
    const policy = await policyOf(ctx, chosen.one.overrides)
    const old = await getSessionProofs(tx, sessionId)
    await ctx.db.switchScope(tx, `org:${ctx.organizationId}`)
    if (!(await endSession(tx, sessionId, 'switched', ctx.now()))) throw failures.unauthorized()
    await inOrganization(ctx, ctx.organizationId).record(tx, endedEvent(sessionId, userId, 'switched'))
    await ctx.db.switchScope(tx, `account:${userId}`)
    const credentials = await openSession(ctx, tx, {
      userId,
      tokenVersion: account.tokenVersion,
      organization: chosen.one,
      policy,
      authenticatedAt: old.authenticatedAt,
      methods: old.methods,
      secondFactorAt: old.secondFactorAt,
      deviceId: old.deviceId,
      notAfter: old.expiresAt,
      event: (id) => events.switched({ target: { type: 'session', id } }),
    })
    if (!credentials) throw errors.organization_not_found()
    return { account, organization: chosen.one, credentials }
  })
}

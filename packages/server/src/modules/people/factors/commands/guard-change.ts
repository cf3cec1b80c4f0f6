/** What a change of one's own second factors takes. @module */
import { identityErrors, provePassword, userOf } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import { type AppError, failures } from '#platform/errors'
import { errors, events } from '../catalog.ts'
import { isTaken, type Method } from '../model/permitted.ts'
import { factorsOf, hasFactor, removalTakes } from '../queries.ts'
import { type FactorProof, type FactorRefusal, proveFactor } from './prove-factor.ts'

/**
 * Refuses a session that did not prove lately who is at it, as the policy says of what is sensitive: a session that
 * somebody else got hold of would otherwise bind the account to a factor of theirs. A refusal is in the log before it is
 * thrown.
 *
 * @throws `forbidden` with reason `fresh_sign_in_required`
 */
export async function demandFreshSignIn(ctx: Ctx): Promise<void> {
  const { withinSeconds } = ctx.policy.policy.sensitive
  const since = ctx.now().getTime() - ctx.principal!.standing!.authenticatedAt.getTime()
  if (since <= withinSeconds * 1000) return
  const reason = 'fresh_sign_in_required'
  throw await refuse(ctx, reason, failures.forbidden({ reason, withinSeconds }))
}

/**
 * The account is held, so that nobody enrols in between: whoever has a factor changes factors only in a session that
 * proved one. Else a password that was stolen, or a session opened with it alone, would be enough to add one.
 *
 * @throws `forbidden` with reason `second_factor_required`
 */
export async function demandSecondFactor(ctx: Ctx, tx: Tx): Promise<void> {
  if (ctx.principal!.standing!.secondFactor === 'satisfied') return
  if (!hasFactor(await factorsOf(tx, userOf(ctx).userId))) return
  const reason = 'second_factor_required'
  throw await refuse(ctx, reason, failures.forbidden({ reason }))
}

/** @throws `factors.not_permitted` unless the policy takes it */
export function demandPermitted(ctx: Ctx, method: Method): void {
  const { authentication } = ctx.policy.policy
  if (!isTaken(authentication, method)) throw errors.not_permitted({ methods: authentication.mfa.methods })
}

/** What the person sends along to remove a factor. */
export interface RemovalProof {
  readonly password?: string | undefined
  readonly factor?: FactorProof | undefined
}

/**
 * Proves what the policy asks for a removal, of the account's organizations the strictest. Wrong passwords and codes count
 * as at a sign-in.
 *
 * @throws `factors.password_required`, `factors.second_factor_required`, `identity.wrong_password`, and what {@link refusedFactor} makes
 */
export async function proveRemoval(ctx: Ctx, proof: RemovalProof): Promise<void> {
  const { userId } = userOf(ctx)
  const takes = await removalTakes(ctx)
  if (takes.password && proof.password === undefined) throw errors.password_required()
  if (takes.secondFactor && proof.factor === undefined) throw errors.second_factor_required()
  if (takes.password) {
    const proven = await provePassword(ctx, userId, userId, proof.password!)
    if (proven.result !== 'right') throw await refuse(ctx, proven.reason, identityErrors.wrong_password())
  }
  if (takes.secondFactor) {
    const proven = await proveFactor(ctx, userId, proof.factor!)
    if (proven.result !== 'right') throw refusedFactor(ctx, proven.reason)
  }
}

/** What a signed-in person is told of a factor that was refused; the log knows already. */
export function refusedFactor(ctx: Ctx, reason: FactorRefusal): AppError {
  const { mfa } = ctx.policy.policy.authentication
  switch (reason) {
    case 'not_permitted':
      return errors.not_permitted({ methods: mfa.methods })
    case 'not_enrolled':
      return errors.not_enrolled()
    case 'locked':
      return errors.locked()
    case 'wrong_code':
    case 'used_code':
      return errors.wrong_code()
    default:
      return errors.passkey_refused()
  }
}

/** Records a refused change, durably, and gives the error back. */
export async function refuse(ctx: Ctx, reason: string, error: AppError): Promise<AppError> {
  const target = { type: 'user', id: userOf(ctx).userId }
  await ctx.recordNow(events.change_refused({ outcome: 'denied', target, reason }))
  return error
}

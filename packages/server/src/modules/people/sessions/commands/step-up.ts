import { type FactorProof, factorsOf, hasFactor, proveFactor } from '#people/factors'
import { confirmProof, holdOwnAccount, identityErrors, provePassword, userOf } from '#people/identity'
import type { Ctx, RenewedSession, SessionChange, Tx } from '#platform/context'
import { failures } from '#platform/errors'
import { errors, events } from '../catalog.ts'
import { renewOwnSession } from './renew-session.ts'

export type StepUpProof = { readonly method: 'password'; readonly password: string } | FactorProof

export interface SteppedUp {
  readonly authenticatedAt: Date
  readonly session: RenewedSession
}

/**
 * Proves again who is at this session, for actions that need a fresh sign-in. A second factor that is proven here also
 * pays for one that the session owes.
 *
 * What is fresh opens sensitive actions, for which one factor is enough (ASVS 5.0, V7.5.3), and changes of the account's
 * own factors and address, which take full re-authentication (V7.5.1). So the proof may not be less than the sign-in was:
 * where the account has a second factor, a password alone is refused, and those changes ask for the password beside it.
 * Otherwise whoever has a copied session and a phished password would get past the factor.
 *
 * Attempts count toward the account's lock, or the factor's. A browser's session gets a new cookie, for a password where
 * the policy rotates on step-up, for a factor always: whoever copied the old one gains nothing from the proof.
 *
 * @throws `identity.wrong_password`, `sessions.invalid_second_factor` also when locked; `sessions.second_factor_required`
 * @throws `unauthorized` when the session ended meanwhile
 */
export async function stepUp(ctx: Ctx, proof: StepUpProof): Promise<SteppedUp> {
  return proof.method === 'password' ? byPassword(ctx, proof.password) : byFactor(ctx, proof)
}

async function byPassword(ctx: Ctx, password: string): Promise<SteppedUp> {
  const { userId } = userOf(ctx)
  if (await hasSecondFactor(ctx, userId)) {
    await noteFailure(ctx, 'second_factor_required')
    throw errors.second_factor_required()
  }
  const proof = await provePassword(ctx, userId, userId, password)
  if (proof.result !== 'right') {
    await noteFailure(ctx, proof.reason)
    throw identityErrors.wrong_password()
  }
  const rotates = ctx.policy.policy.authentication.session.rotateOn.includes('stepUp')
  const change = { because: 'step_up', authenticatedAt: ctx.now() }
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    if (!(await confirmProof(tx, proof.account))) throw failures.unauthorized()
    // One that was set up since it was looked for counts.
    if (hasFactor(await factorsOf(tx, userId))) throw errors.second_factor_required()
    return renew(ctx, tx, 'password', change, rotates)
  })
}

async function byFactor(ctx: Ctx, proof: FactorProof): Promise<SteppedUp> {
  const { userId } = userOf(ctx)
  const proven = await proveFactor(ctx, userId, proof)
  if (proven.result !== 'right') {
    await noteFailure(ctx, proven.reason)
    throw errors.invalid_second_factor()
  }
  const now = ctx.now()
  const { method } = proven
  const change = { because: 'step_up', method, secondFactorAt: now, authenticatedAt: now }
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    await holdOwnAccount(ctx, tx)
    return renew(ctx, tx, method, change, true)
  })
}

async function renew(
  ctx: Ctx,
  tx: Tx,
  method: string,
  change: SessionChange & { authenticatedAt: Date },
  rotates: boolean,
): Promise<SteppedUp> {
  const { userId, sessionId } = userOf(ctx)
  await ctx.db.switchScope(tx, `org:${ctx.principal!.home.organizationId}`)
  await ctx.record(tx, events.stepped_up({ target: { type: 'session', id: sessionId }, data: { method } }))
  await ctx.db.switchScope(tx, `account:${userId}`)
  const session = await renewOwnSession(ctx, tx, change, { rotates })
  return { authenticatedAt: change.authenticatedAt, session }
}

function hasSecondFactor(ctx: Ctx, userId: string): Promise<boolean> {
  return ctx.db.transaction(`account:${userId}`, async (tx) => hasFactor(await factorsOf(tx, userId)))
}

function noteFailure(ctx: Ctx, reason: string): Promise<void> {
  const target = { type: 'session', id: userOf(ctx).sessionId }
  return ctx.recordNow(events.step_up_failed({ target, outcome: 'failure', reason }))
}

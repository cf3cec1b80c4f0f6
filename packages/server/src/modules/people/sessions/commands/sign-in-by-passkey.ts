import {
  beginPasskeyProof,
  hasPasskey,
  type PasskeyAnswer,
  type PasskeyQuestion,
  provePasskey,
} from '#people/factors'
import { lockAccount } from '#people/identity'
import { enter } from '#platform/address-limit'
import type { Ctx } from '#platform/context'
import { errors } from '../catalog.ts'
import type { Browser } from '../credentials/cookie.ts'
import { concludeStep, noteRefusedSignIn } from './conclude-step.ts'
import { PASSKEY_QUESTIONS, SIGN_INS } from './sign-in.ts'
import { type SignInResult, type Step, takeNextStep } from './take-next-step.ts'

/**
 * Asks any passkey of this site for a sign-in: no name is given, none is told.
 *
 * @throws `sessions.method_not_permitted`, `too_many_requests`
 */
export async function beginPasskeySignIn(ctx: Ctx): Promise<PasskeyQuestion> {
  refuseUnlessPermitted(ctx)
  await enter(ctx, PASSKEY_QUESTIONS)
  return beginPasskeyProof(ctx, undefined)
}

/**
 * Signs a person in by a passkey alone. The authenticator has verified its user, so it is both factors (NIST SP 800-63B,
 * section 3.1.7.1); no password is looked at, so a lock that somebody's guesses made holds nobody back here.
 *
 * @throws `sessions.method_not_permitted`, `too_many_requests`; `sessions.invalid_passkey` whatever the reason
 */
export async function signInByPasskey(
  ctx: Ctx,
  input: PasskeyAnswer & { organization?: string | undefined; browser?: Browser | undefined },
): Promise<SignInResult> {
  refuseUnlessPermitted(ctx)
  const attempt = await enter(ctx, SIGN_INS)
  const { challenge, response, browser } = input
  const proof = await provePasskey(ctx, { challenge, response })
  if (proof.result !== 'right') {
    await noteRefusedSignIn(ctx, { reason: `passkey_${proof.reason}`, userId: proof.userId })
    throw errors.invalid_passkey()
  }
  const { userId } = proof
  const step = await ctx.db.transaction(`account:${userId}`, async (tx): Promise<Step> => {
    const account = await lockAccount(tx, userId)
    if (account?.status !== 'active') return { status: 'refused', reason: 'account_deactivated' }
    // Removed or reset since it was proven: the account is held now, so this is the last word.
    if (!(await hasPasskey(tx, userId, proof.passkeyId)))
      return { status: 'refused', reason: 'changed_meanwhile' }
    const organization = input.organization ?? null
    const secondFactorAt = ctx.now()
    return takeNextStep(ctx, tx, { account, methods: ['passkey'], secondFactorAt, organization, browser })
  })
  if (step.status === 'refused') {
    await noteRefusedSignIn(ctx, { reason: step.reason, userId })
    throw errors.invalid_passkey()
  }
  attempt.giveBack()
  return concludeStep(ctx, step, browser)
}

function refuseUnlessPermitted(ctx: Ctx): void {
  if (!ctx.policy.policy.authentication.methods.includes('passkey')) throw errors.method_not_permitted()
}

import type { CompiledPolicy } from '@writ/policy'
import { beginPasskeyProof, type FactorProof, type PasskeyQuestion, proveFactor } from '#people/factors'
import { organizationsOf } from '#people/identity'
import { enter } from '#platform/address-limit'
import type { Ctx } from '#platform/context'
import { errors } from '../catalog.ts'
import type { Browser } from '../credentials/cookie.ts'
import { chooseOrganization, nameOf } from '../model/organization-choice.ts'
import { answerChallenge, type Presented, readChallenge } from './answer-challenge.ts'
import { noteRefusedSignIn } from './conclude-step.ts'
import { policyOf } from './open-session.ts'
import { PASSKEY_QUESTIONS, SIGN_INS } from './sign-in.ts'
import type { SignInResult } from './take-next-step.ts'

/**
 * The second step of a sign-in. A factor that is refused leaves the challenge open; one answer stands for every reason
 * (wrong, used, locked, not enrolled), and the log says which. Guesses are counted by account and factor, so another
 * sign-in, another server or another step gives no more of them.
 *
 * @throws `sessions.invalid_challenge`, `sessions.invalid_second_factor`, `too_many_requests`
 */
export async function proveSecondFactor(
  ctx: Ctx,
  input: { challenge: string; proof: FactorProof; browser?: Browser | undefined },
): Promise<SignInResult> {
  const attempt = await enter(ctx, SIGN_INS)
  const presented = await readChallenge(ctx, input.challenge, 'second_factor')
  const { userId } = presented
  const proven = await proveFactor(ctx, userId, input.proof, { policy: await policyFor(ctx, presented) })
  if (proven.result !== 'right') {
    await noteRefusedSignIn(ctx, { reason: `second_factor_${proven.reason}`, userId })
    throw errors.invalid_second_factor()
  }
  const result = await answerChallenge(ctx, {
    secret: input.challenge,
    kind: 'second_factor',
    userId,
    browser: input.browser,
    async add(_tx, account, { methods, organization }) {
      return { account, methods: [...methods, proven.method], secondFactorAt: ctx.now(), organization }
    },
  })
  attempt.giveBack()
  return result
}

/**
 * What a passkey is to sign as the second factor of a sign-in.
 *
 * @throws `sessions.invalid_challenge`, `too_many_requests`
 */
export async function askForPasskey(ctx: Ctx, challenge: string): Promise<PasskeyQuestion> {
  await enter(ctx, PASSKEY_QUESTIONS)
  const { userId } = await readChallenge(ctx, challenge, 'second_factor')
  return beginPasskeyProof(ctx, userId)
}

/** Of the organization that is signed in to, where that is known: which factors are taken is its say. */
async function policyFor(ctx: Ctx, { userId, organization }: Presented): Promise<CompiledPolicy> {
  const organizations = await ctx.db.transaction(`account:${userId}`, (tx) => organizationsOf(tx, userId))
  const chosen = chooseOrganization(organizations, nameOf(organization ?? undefined), ctx.now())
  return 'one' in chosen ? policyOf(ctx, chosen.one.overrides) : ctx.policy
}

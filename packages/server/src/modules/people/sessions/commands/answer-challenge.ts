import { type Account, lockAccount } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import { sha256 } from '#platform/crypto'
import type { Uuid } from '#platform/ids'
import { errors } from '../catalog.ts'
import type { Browser } from '../credentials/cookie.ts'
import {
  type Challenge,
  type ChallengeKind,
  findChallenge,
  findOpenChallenge,
  spendChallenge,
} from '../store/challenges.ts'
import { concludeStep, noteRefusedSignIn } from './conclude-step.ts'
import { type Progress, type SignInResult, takeNextStep } from './take-next-step.ts'

/** A challenge that is open and whose it is. Reading it spends nothing. */
export interface Presented extends Challenge {
  readonly userId: Uuid
}

/** @throws `sessions.invalid_challenge` where it is not open, or is for another step */
export async function readChallenge(ctx: Ctx, secret: string, kind: ChallengeKind): Promise<Presented> {
  const secretHash = sha256(secret)
  const userId = await findChallenge(ctx, secretHash)
  const challenge =
    userId &&
    (await ctx.db.transaction(`account:${userId}`, (tx) =>
      findOpenChallenge(tx, secretHash, kind, ctx.now()),
    ))
  if (!challenge) throw errors.invalid_challenge()
  return { ...challenge, userId }
}

export interface Answer {
  readonly secret: string
  readonly kind: ChallengeKind
  readonly userId: Uuid
  readonly browser: Browser | undefined
  /** What the answer adds, after the challenge was spent. What it throws undoes the spending. */
  add(tx: Tx, account: Account, challenge: Challenge): Promise<Omit<Progress, 'browser'>>
}

/**
 * Spends a challenge with what was shown for it and takes the next step, in one transaction: of 20 at once, one goes on.
 *
 * @throws `sessions.invalid_challenge`
 */
export async function answerChallenge(ctx: Ctx, answer: Answer): Promise<SignInResult> {
  const { secret, kind, userId, browser } = answer
  const step = await ctx.db.transaction(`account:${userId}`, async (tx) => {
    const account = await lockAccount(tx, userId)
    if (account?.status !== 'active') throw errors.invalid_challenge()
    const challenge = await spendChallenge(tx, sha256(secret), kind, ctx.now())
    if (!challenge) throw errors.invalid_challenge()
    return takeNextStep(ctx, tx, { ...(await answer.add(tx, account, challenge)), browser })
  })
  if (step.status === 'refused') {
    await noteRefusedSignIn(ctx, { reason: step.reason, userId })
    throw errors.invalid_challenge()
  }
  return concludeStep(ctx, step, browser)
}

import { organizationsOf } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors } from '../catalog.ts'
import type { Browser } from '../credentials/cookie.ts'
import { chooseOrganization, nameOf } from '../model/organization-choice.ts'
import { answerChallenge, readChallenge } from './answer-challenge.ts'
import type { SignInResult } from './take-next-step.ts'

/**
 * Says in which organization a sign-in goes on. A name that is not theirs leaves the challenge open.
 *
 * @throws `sessions.invalid_challenge`, `sessions.organization_not_found`
 */
export async function nameOrganization(
  ctx: Ctx,
  input: { challenge: string; organization: string; browser?: Browser | undefined },
): Promise<SignInResult> {
  const { challenge: secret, organization, browser } = input
  const { userId } = await readChallenge(ctx, secret, 'organization')
  return answerChallenge(ctx, {
    secret,
    kind: 'organization',
    userId,
    browser,
    async add(tx, account, { methods, secondFactorAt }) {
      await refuseForeign(tx, userId, organization, ctx.now())
      return { account, methods, secondFactorAt, organization }
    },
  })
}

/** Nothing is lost by a wrong name: it is refused before anything is spent. @throws `sessions.organization_not_found` */
export async function refuseForeign(
  tx: Tx,
  userId: Uuid,
  named: string | undefined,
  now: Date,
): Promise<void> {
  if (named === undefined) return
  const chosen = chooseOrganization(await organizationsOf(tx, userId), nameOf(named), now)
  if (!('one' in chosen)) throw errors.organization_not_found()
}

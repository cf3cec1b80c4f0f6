import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors } from '../catalog.ts'
import type { Browser } from '../credentials/cookie.ts'
import { chooseOrganization, nameOf } from '../model/organization-choice.ts'
import { answerChallenge, readChallenge } from './answer-challenge.ts'
import { openTo, type SignInResult } from './take-next-step.ts'

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
      await refuseForeign(ctx, tx, { userId, methods }, organization)
      return { account, methods, secondFactorAt, organization }
    },
  })
}

/**
 * Nothing is lost, and no time won, by a wrong name: it is refused before a challenge is spent for a newer one.
 *
 * @throws `sessions.organization_not_found` also for one that does not take what was proven
 */
export async function refuseForeign(
  ctx: Ctx,
  tx: Tx,
  { userId, methods }: { readonly userId: Uuid; readonly methods: readonly string[] },
  named: string | undefined,
): Promise<void> {
  if (named === undefined) return
  const chosen = chooseOrganization(await openTo(ctx, tx, userId, methods), nameOf(named), ctx.now())
  if (!('one' in chosen)) throw errors.organization_not_found()
}

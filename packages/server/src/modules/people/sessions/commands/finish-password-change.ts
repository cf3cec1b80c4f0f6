import {
  type Account,
  choosePassword,
  identityEvents,
  inEachOrganization,
  organizationsOf,
  readAccount,
  savePassword,
} from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import { errors } from '../catalog.ts'
import type { Browser } from '../credentials/cookie.ts'
import { answerChallenge, readChallenge } from './answer-challenge.ts'
import { endAccountSessions } from './end-sessions.ts'
import { refuseForeign } from './name-organization.ts'
import type { SignInResult } from './take-next-step.ts'

export interface PasswordChangeInput {
  readonly challenge: string
  readonly newPassword: string
  /** Id or slug. */
  readonly organization?: string | undefined
  readonly browser?: Browser | undefined
}

/**
 * Goes on with a sign-in by a temporary password: sets the new one. A password that the policy refuses leaves the
 * challenge open; otherwise it is spent once, also when 20 come at once. A reset or a deactivation in between ends it.
 *
 * @throws `sessions.invalid_challenge`, `identity.weak_password`, `sessions.organization_not_found`
 */
export async function finishPasswordChange(ctx: Ctx, input: PasswordChangeInput): Promise<SignInResult> {
  const { challenge: secret, newPassword, browser } = input
  // No hash is computed for a challenge that is spent.
  const { userId } = await readChallenge(ctx, secret, 'password_change')
  const open = await ctx.db.transaction(`account:${userId}`, async (tx) => {
    const account = await readAccount(tx, userId)
    return account && { account, organizations: await organizationsOf(tx, userId) }
  })
  if (!open) throw errors.invalid_challenge()
  const { hash } = await choosePassword(ctx, newPassword, open.account, {
    field: 'newPassword',
    current: open.account.passwordHash,
    organizations: open.organizations,
  })
  return answerChallenge(ctx, {
    secret,
    kind: 'password_change',
    userId,
    browser,
    async add(tx, held, challenge) {
      const { methods, secondFactorAt } = challenge
      await refuseForeign(ctx, tx, { userId, methods }, input.organization)
      const account = await replaceTemporary(ctx, tx, held, hash)
      return { account, methods, secondFactorAt, organization: input.organization ?? challenge.organization }
    },
  })
}

/** Ends all that was signed in; this sign-in goes on under the new version. */
async function replaceTemporary(ctx: Ctx, tx: Tx, held: Account, hash: string): Promise<Account> {
  if (!held.mustChangePassword) throw errors.invalid_challenge()
  await savePassword(tx, held.id, { hash, mustChange: false, now: ctx.now() })
  await inEachOrganization(ctx, tx, held.id, (there) =>
    there.record(
      tx,
      identityEvents.password_changed({
        target: { type: 'user', id: held.id },
        reason: 'temporary_password',
      }),
    ),
  )
  await endAccountSessions(ctx, tx, held.id, 'password_changed')
  return (await readAccount(tx, held.id))!
}

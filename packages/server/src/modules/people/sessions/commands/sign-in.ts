import {
  type Account,
  addressKey,
  confirmProof,
  findAccountByAddress,
  provePassword,
  saveRehash,
} from '#people/identity'
import { type Door, enter } from '#platform/address-limit'
import type { Ctx } from '#platform/context'
import { sha256 } from '#platform/crypto'
import { needsRehash } from '#platform/passwords'
import { errors, events } from '../catalog.ts'
import type { Browser } from '../credentials/cookie.ts'
import { nameOf } from '../model/organization-choice.ts'
import { concludeStep, noteRefusedSignIn } from './conclude-step.ts'
import { after } from './open-session.ts'
import { type SignInResult, type Step, takeNextStep } from './take-next-step.ts'

export interface SignInInput {
  readonly email: string
  readonly password: string
  /** Id or slug. */
  readonly organization?: string | undefined
  readonly browser?: Browser | undefined
}

/** Once a second: an office behind one address makes fewer mistakes. Every step of a sign-in goes through it. */
export const SIGN_INS: Door = {
  name: 'sign_in',
  attempts: 300,
  limited: () => events.sign_in_limited({ outcome: 'denied', reason: 'too_many_failures' }),
  count: (metrics) => metrics.signIns.inc({ result: 'limited' }),
}

/** What a passkey is to sign: a page may ask before anybody has clicked, and asking guesses nothing. */
export const PASSKEY_QUESTIONS: Door = {
  name: 'passkey_question',
  attempts: 1500,
  limited: () => events.sign_in_limited({ outcome: 'denied', reason: 'too_many_questions' }),
  count: (metrics) => metrics.signIns.inc({ result: 'limited' }),
}

/**
 * The first step of a sign-in: the password. What is then owed is asked for by a challenge (see `takeNextStep`).
 *
 * Every refusal is one answer after the same work: no account, wrong password, locked, deactivated, no membership, or
 * a suspended organization cannot be told apart. The true reason is in the log before the answer is given. What the
 * answer rests on (password, account, membership) is held and looked at again in the transaction that makes the session.
 *
 * @throws `sessions.invalid_credentials`, `too_many_requests`
 */
export async function signIn(ctx: Ctx, input: SignInInput): Promise<SignInResult> {
  const { email, password, browser } = input
  const attempt = await enter(ctx, SIGN_INS)
  const key = addressKey(email)
  const userId = key === undefined ? undefined : await findAccountByAddress(ctx, key)
  const device = browser?.device === undefined ? undefined : sha256(browser.device)
  const proof = await provePassword(ctx, userId, key ?? 'no-address', password, device)
  const refuse = async (reason: string) => {
    const named = nameOf(input.organization)
    const own = proof.organizations.filter(
      ({ organizationId, slug }) => organizationId === named?.id || slug === named?.slug,
    )
    const organizations = own.length > 0 ? own : proof.organizations
    await noteRefusedSignIn(ctx, { reason, userId, email, organizations })
    return errors.invalid_credentials()
  }
  if (proof.result !== 'right') throw await refuse(proof.reason)
  const { account, cost } = proof
  if (isTemporaryOver(ctx, account)) throw await refuse('temporary_password_expired')
  const step = await ctx.db.transaction(`account:${account.id}`, async (tx): Promise<Step> => {
    if (!(await confirmProof(tx, account))) return { status: 'refused', reason: 'changed_meanwhile' }
    const organization = input.organization ?? null
    return takeNextStep(ctx, tx, {
      account,
      methods: ['password'],
      secondFactorAt: null,
      organization,
      browser,
    })
  })
  if (step.status === 'refused') throw await refuse(step.reason)
  attempt.giveBack()
  await upgradeHash(ctx, account, password, cost)
  return concludeStep(ctx, step, browser)
}

/** Whether the temporary password is older than the policy lets it work. */
function isTemporaryOver(ctx: Ctx, { mustChangePassword, passwordChangedAt }: Account): boolean {
  const { temporarySeconds } = ctx.policy.policy.authentication.password
  return (
    mustChangePassword &&
    passwordChangedAt !== null &&
    after(passwordChangedAt, temporarySeconds) <= ctx.now()
  )
}

/** After the sign-in was found good, so that a refusal costs one hash whatever its reason. A change meanwhile wins. */
async function upgradeHash(ctx: Ctx, account: Account, password: string, cost: number): Promise<void> {
  if (!needsRehash(account.passwordHash!, cost)) return
  const hash = await ctx.services.passwords.hash(password, cost)
  await ctx.db.transaction(`account:${account.id}`, async (tx) => {
    if (await confirmProof(tx, account)) await saveRehash(tx, account.id, hash)
  })
}

import {
  type Account,
  choosePassword,
  identityEvents,
  inEachOrganization,
  lockAccount,
  organizationsOf,
  readAccount,
  savePassword,
} from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import { sha256 } from '#platform/crypto'
import type { Uuid } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { chooseOrganization } from '../model/organization-choice.ts'
import { findChallenge, isChallengeOpen, spendChallenge } from '../store.ts'
import { endAccountSessions } from './end-sessions.ts'
import { openSession, policyOf } from './open-session.ts'
import { nameOf, type SignInResult } from './sign-in.ts'

export interface PasswordChangeInput {
  readonly challenge: string
  readonly newPassword: string
  /** Id or slug. */
  readonly organization?: string | undefined
}

/**
 * Finishes a sign-in with a temporary password: sets the new one and signs in. A password that the policy refuses
 * leaves the challenge open; otherwise it is spent once, also when 20 come at once. A reset or a deactivation in between
 * ends it.
 *
 * @throws `sessions.invalid_challenge`, `identity.weak_password`
 */
export async function finishPasswordChange(ctx: Ctx, input: PasswordChangeInput): Promise<SignInResult> {
  const secretHash = sha256(input.challenge)
  const userId = await findChallenge(ctx, secretHash)
  if (userId === undefined) throw errors.invalid_challenge()
  // No hash is computed for a challenge that is spent.
  const open = await ctx.db.transaction(`account:${userId}`, async (tx) => {
    if (!(await isChallengeOpen(tx, secretHash, ctx.now()))) return undefined
    const account = await readAccount(tx, userId)
    return account && { account, organizations: await organizationsOf(tx, userId) }
  })
  if (!open) throw errors.invalid_challenge()
  const { account, organizations } = open
  const { hash } = await choosePassword(ctx, input.newPassword, account, {
    field: 'newPassword',
    current: account.passwordHash,
    organizations,
  })
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const held = await spend(ctx, tx, userId, secretHash)
    await savePassword(tx, userId, { hash, mustChange: false, now: ctx.now() })
    await inEachOrganization(ctx, tx, userId, (there) =>
      there.record(
        tx,
        identityEvents.password_changed({
          target: { type: 'user', id: userId },
          reason: 'temporary_password',
        }),
      ),
    )
    await endAccountSessions(ctx, tx, userId, 'password_changed')
    return signInNow(ctx, tx, userId, held, input.organization)
  })
}

async function spend(ctx: Ctx, tx: Tx, userId: Uuid, secretHash: Buffer): Promise<Account> {
  const held = await lockAccount(tx, userId)
  if (held?.status !== 'active' || !held.mustChangePassword) throw errors.invalid_challenge()
  if (!(await spendChallenge(tx, secretHash, ctx.now()))) throw errors.invalid_challenge()
  return held
}

async function signInNow(
  ctx: Ctx,
  tx: Tx,
  userId: Uuid,
  before: Account,
  named: string | undefined,
): Promise<SignInResult> {
  const chosen = chooseOrganization(await organizationsOf(tx, userId), nameOf(named))
  if ('several' in chosen) return { status: 'organization_required', organizations: chosen.several }
  if (!('one' in chosen)) throw errors.invalid_challenge()
  const account = { ...before, tokenVersion: before.tokenVersion + 1, mustChangePassword: false }
  const credentials = await openSession(ctx, tx, {
    userId,
    tokenVersion: account.tokenVersion,
    organization: chosen.one,
    policy: await policyOf(ctx, chosen.one.overrides),
    authenticatedAt: ctx.now(),
    event: (id) => events.signed_in({ target: { type: 'session', id }, data: { method: 'password_change' } }),
  })
  if (!credentials) throw errors.invalid_challenge()
  return { status: 'signed_in', account, organization: chosen.one, credentials }
}

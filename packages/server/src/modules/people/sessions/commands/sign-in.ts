import {
  type Account,
  type AccountOrganization,
  addressKey,
  confirmProof,
  findAccountByAddress,
  inOrganization,
  type Proof,
  provePassword,
  saveRehash,
} from '#people/identity'
import { type Door, enter } from '#platform/address-limit'
import type { AuditEvent, Ctx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { fromWire, newId } from '#platform/ids'
import { needsRehash } from '#platform/passwords'
import { errors, events } from '../catalog.ts'
import { isPermitted } from '../model/methods.ts'
import { chooseOrganization } from '../model/organization-choice.ts'
import { insertChallenge } from '../store.ts'
import { after, type Credentials, openSession, policyOf } from './open-session.ts'

export interface SignInInput {
  readonly email: string
  readonly password: string
  /** Id or slug. */
  readonly organization?: string | undefined
}

export type SignInResult =
  | {
      readonly status: 'signed_in'
      readonly account: Account
      readonly organization: AccountOrganization
      readonly credentials: Credentials
    }
  | { readonly status: 'organization_required'; readonly organizations: readonly AccountOrganization[] }
  | { readonly status: 'password_change_required'; readonly challenge: string }

/** Seconds in which a new password must be chosen after a temporary one. */
const CHALLENGE_SECONDS = 600

/** Once a second: an office behind one address makes fewer mistakes. */
export const SIGN_INS: Door = {
  name: 'sign_in',
  attempts: 300,
  limited: () => events.sign_in_limited({ outcome: 'denied', reason: 'too_many_failures' }),
  count: (metrics) => metrics.signIns.inc({ result: 'limited' }),
}

/**
 * Signs a person in, in one organization.
 *
 * Every refusal is one answer after the same work: no account, wrong password, locked, deactivated, no membership, or
 * a suspended organization cannot be told apart. The true reason is in the log before the answer is given. What the
 * answer rests on (password, account, membership) is held and looked at again in the transaction that makes the session.
 *
 * @throws `sessions.invalid_credentials`, `too_many_requests`
 */
export async function signIn(ctx: Ctx, input: SignInInput): Promise<SignInResult> {
  const attempt = await enter(ctx, SIGN_INS)
  const key = addressKey(input.email)
  const userId = key === undefined ? undefined : await findAccountByAddress(ctx, key)
  const proof = await provePassword(ctx, userId, key ?? 'no-address', input.password)
  const refuse = (reason: string) => refuseSignIn(ctx, input, proof, userId, reason)
  if (proof.result !== 'right') throw await refuse(proof.reason)
  const { account, organizations } = proof
  const chosen = chooseOrganization(organizations, nameOf(input.organization))
  if ('none' in chosen) throw await refuse(chosen.none)
  if ('one' in chosen && !isPermitted(await policyOf(ctx, chosen.one.overrides), ['password'], 'cookie'))
    throw await refuse('method_not_permitted')
  if (account.mustChangePassword) {
    const challenge = await challengePasswordChange(ctx, account, organizations)
    if (challenge === undefined) throw await refuse('temporary_password_expired')
    attempt.giveBack()
    ctx.services.metrics.signIns.inc({ result: 'password_change_required' })
    return { status: 'password_change_required', challenge }
  }
  attempt.giveBack()
  if ('several' in chosen) return askOrganization(ctx, account, chosen.several)
  const credentials = await begin(ctx, account, chosen.one, input.password)
  if (!credentials) throw await refuse('changed_meanwhile')
  ctx.services.metrics.signIns.inc({ result: 'signed_in' })
  return { status: 'signed_in', account, organization: chosen.one, credentials }
}

/** An organization as a person names it. */
export function nameOf(named: string | undefined): { id?: string | undefined; slug: string } | undefined {
  return named === undefined ? undefined : { id: fromWire('org', named), slug: named }
}

async function begin(
  ctx: Ctx,
  account: Account,
  organization: AccountOrganization,
  password: string,
): Promise<Credentials | undefined> {
  const policy = await policyOf(ctx, organization.overrides)
  const { bcrypt } = policy.policy.authentication.password
  const isStale = needsRehash(account.passwordHash!, bcrypt)
  const rehash = isStale ? await ctx.services.passwords.hash(password, bcrypt) : undefined
  return ctx.db.transaction(`account:${account.id}`, async (tx) => {
    if (!(await confirmProof(tx, account))) return undefined
    if (rehash !== undefined) await saveRehash(tx, account.id, rehash)
    return openSession(ctx, tx, {
      userId: account.id,
      tokenVersion: account.tokenVersion,
      organization,
      policy,
      authenticatedAt: ctx.now(),
      event: (sessionId) =>
        events.signed_in({
          target: { type: 'session', id: sessionId },
          data: { method: 'password', rehashed: isStale },
        }),
    })
  })
}

/** Undefined where the temporary password is older than the policy lets it work. */
async function challengePasswordChange(
  ctx: Ctx,
  account: Account,
  organizations: readonly AccountOrganization[],
): Promise<string | undefined> {
  const now = ctx.now()
  const { temporarySeconds } = ctx.policy.policy.authentication.password
  if (account.passwordChangedAt !== null && after(account.passwordChangedAt, temporarySeconds) <= now)
    return undefined
  const challenge = newSecret()
  await ctx.db.transaction(`account:${account.id}`, async (tx) => {
    const row = {
      id: newId(now),
      userId: account.id,
      secretHash: sha256(challenge),
      tokenVersion: account.tokenVersion,
      createdAt: now,
      expiresAt: after(now, CHALLENGE_SECONDS),
    }
    await insertChallenge(tx, row)
    for (const { organizationId } of organizations) {
      await ctx.db.switchScope(tx, `org:${organizationId}`)
      await inOrganization(ctx, organizationId).record(
        tx,
        events.challenged({ target: { type: 'user', id: account.id } }),
      )
    }
  })
  return challenge
}

/** The password was right and the answer tells where the person belongs: that it was asked for is in every such log. */
async function askOrganization(
  ctx: Ctx,
  account: Account,
  organizations: readonly AccountOrganization[],
): Promise<SignInResult> {
  ctx.services.metrics.signIns.inc({ result: 'organization_required' })
  const event = events.organization_asked({ target: { type: 'user', id: account.id } })
  for (const { organizationId } of organizations) await inOrganization(ctx, organizationId).recordNow(event)
  return { status: 'organization_required', organizations }
}

/** Records the true reason where it belongs, then gives the one answer. */
async function refuseSignIn(
  ctx: Ctx,
  input: SignInInput,
  proof: Proof,
  userId: string | undefined,
  reason: string,
): Promise<Error> {
  ctx.services.metrics.signIns.inc({ result: 'failed' })
  const named = nameOf(input.organization)
  const all = proof.organizations
  const own = named
    ? all.filter(({ organizationId, slug }) => organizationId === named.id || slug === named.slug)
    : all
  const logs = own.length > 0 ? own : all
  const event: AuditEvent = events.sign_in_failed({
    outcome: 'failure',
    reason,
    ...(userId === undefined ? {} : { target: { type: 'user', id: userId } }),
    // What was typed is mostly an address; sometimes, in the wrong field, a password. It is kept only where it is known to be an address.
    ...(addressKey(input.email) === undefined ? {} : { personal: { email: input.email.trim() } }),
  })
  if (logs.length === 0) await ctx.recordNow(event)
  for (const { organizationId } of logs) await inOrganization(ctx, organizationId).recordNow(event)
  return errors.invalid_credentials()
}

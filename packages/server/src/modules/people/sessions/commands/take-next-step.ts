import type { CompiledPolicy } from '@writ/policy'
import { type EnrolledFactors, factorsOf, hasFactor } from '#people/factors'
import { type Account, type AccountOrganization, inEachOrganization, organizationsOf } from '#people/identity'
import type { AuditEvent, Ctx, Tx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { newId, type Uuid } from '#platform/ids'
import { events } from '../catalog.ts'
import type { Browser } from '../credentials/cookie.ts'
import { isPermitted } from '../model/methods.ts'
import { type NextStep, nextStep } from '../model/next-step.ts'
import { nameOf, type Refused } from '../model/organization-choice.ts'
import { type ChallengeKind, insertChallenge } from '../store/challenges.ts'
import { after, type Credentials, openSession, policyOf } from './open-session.ts'
import { type Recognized, recognizeDevice, rememberDevice } from './recognize-device.ts'

/** Seconds in which what is owed must be shown. */
export const CHALLENGE_SECONDS = 600

/** A sign-in on its way: who it is, and what has been proven in it. */
export interface Progress {
  /** Its row is held. */
  readonly account: Account
  readonly methods: readonly string[]
  readonly secondFactorAt: Date | null
  /** Id or slug, as it was sent. */
  readonly organization: string | null
  readonly browser: Browser | undefined
}

export interface SignedIn {
  readonly account: Account
  readonly organization: AccountOrganization
  readonly credentials: Credentials
  /** What the browser keeps to be known again. */
  readonly deviceSecret: string | undefined
}

/** What somebody who signs in may show as a second factor. */
export type FactorMethod = 'totp' | 'recovery_code' | 'passkey'

export type SignInResult =
  /** `mfa_enrolment_required`: a session in which nothing but enrolling a second factor is open. */
  | ({ readonly status: 'signed_in' | 'mfa_enrolment_required' } & SignedIn)
  | {
      readonly status: 'mfa_required'
      readonly challenge: string
      readonly methods: readonly FactorMethod[]
    }
  | { readonly status: 'password_change_required'; readonly challenge: string }
  | {
      readonly status: 'organization_required'
      readonly challenge: string
      readonly organizations: readonly AccountOrganization[]
    }

export type Step =
  | SignInResult
  | { readonly status: 'refused'; readonly reason: Refused | 'changed_meanwhile' | 'account_deactivated' }

type Open = AccountOrganization & { readonly policy: CompiledPolicy; readonly isPermitted: boolean }

/**
 * Takes a sign-in as far as what has been proven carries it: to a challenge for what is owed, or to a session. What is
 * owed is judged anew at each step, from the account as it is now; so no way around a step exists but proving it.
 * Scope before and after: the account, which is held.
 */
export async function takeNextStep(ctx: Ctx, tx: Tx, progress: Progress): Promise<Step> {
  const { account, secondFactorAt } = progress
  const organizations = await openTo(ctx, tx, account.id, progress.methods)
  const factors = await factorsOf(tx, account.id)
  const next = nextStep({
    hasSecondFactor: hasFactor(factors),
    secondFactorAt,
    mustChangePassword: account.mustChangePassword,
    organizations,
    named: nameOf(progress.organization ?? undefined),
    now: ctx.now(),
  })
  return take(ctx, tx, progress, { next, factors })
}

async function take(
  ctx: Ctx,
  tx: Tx,
  progress: Progress,
  { next, factors }: { next: NextStep<Open>; factors: EnrolledFactors },
): Promise<Step> {
  const target = { type: 'user', id: progress.account.id }
  const ask = (kind: ChallengeKind, event: AuditEvent) => challenge(ctx, tx, progress, kind, event)
  switch (next.step) {
    case 'refused':
      return { status: 'refused', reason: next.reason }
    case 'second_factor': {
      const methods = methodsOf(factors)
      const secret = await ask('second_factor', events.second_factor_asked({ target, data: { methods } }))
      return { status: 'mfa_required', challenge: secret, methods }
    }
    case 'password_change': {
      const secret = await ask('password_change', events.challenged({ target }))
      return { status: 'password_change_required', challenge: secret }
    }
    case 'organization': {
      // The answer tells where the person belongs: whoever stole what was proven knows it from now on.
      const secret = await ask('organization', events.organization_asked({ target }))
      return { status: 'organization_required', challenge: secret, organizations: next.among }
    }
    case 'session':
      return begin(ctx, tx, progress, next.organization)
  }
}

async function begin(ctx: Ctx, tx: Tx, progress: Progress, organization: Open): Promise<Step> {
  const { account, methods, secondFactorAt, browser } = progress
  const device = await recognizeDevice(ctx, tx, account, browser)
  const credentials = await openSession(ctx, tx, {
    userId: account.id,
    tokenVersion: account.tokenVersion,
    organization,
    policy: organization.policy,
    authenticatedAt: ctx.now(),
    methods,
    secondFactorAt,
    deviceId: device.deviceId,
    event: (id) => signedIn(id, methods, device),
  })
  if (!credentials) return { status: 'refused', reason: 'changed_meanwhile' }
  await rememberDevice(ctx, tx, account, device)
  const status = credentials.owes === 'second_factor_enrolment' ? 'mfa_enrolment_required' : 'signed_in'
  return { status, account, organization, credentials, deviceSecret: device.secret }
}

function signedIn(id: string, methods: readonly string[], { isNewPlace, deviceId }: Recognized): AuditEvent {
  return events.signed_in({
    target: { type: 'session', id },
    data: { methods, newPlace: isNewPlace, ...(deviceId === null ? {} : { device: deviceId }) },
  })
}

/** Writes down what has been proven; the secret is all that goes on with it. Each of the account's organizations logs it. */
async function challenge(
  ctx: Ctx,
  tx: Tx,
  { account, methods, secondFactorAt, organization }: Progress,
  kind: ChallengeKind,
  event: AuditEvent,
): Promise<string> {
  const secret = newSecret()
  const createdAt = ctx.now()
  await insertChallenge(tx, {
    id: newId(createdAt),
    userId: account.id,
    kind,
    secretHash: sha256(secret),
    tokenVersion: account.tokenVersion,
    createdAt,
    expiresAt: after(createdAt, CHALLENGE_SECONDS),
    methods,
    secondFactorAt,
    organization,
  })
  await inEachOrganization(ctx, tx, account.id, (there) => there.record(tx, event))
  return secret
}

/** The account's organizations, with whether each takes what was proven. Scope: the account. */
export async function openTo(ctx: Ctx, tx: Tx, userId: Uuid, methods: readonly string[]): Promise<Open[]> {
  const all = await organizationsOf(tx, userId)
  return Promise.all(
    all.map(async (organization) => {
      const policy = await policyOf(ctx, organization.overrides)
      return { ...organization, policy, isPermitted: isPermitted(policy, methods, 'cookie') }
    }),
  )
}

/** Whether the policy takes each is said when it is shown: it depends on the organization, which is not told yet. */
function methodsOf({ totp, passkeys, recoveryCodes }: EnrolledFactors): FactorMethod[] {
  return [
    ...(totp ? (['totp'] as const) : []),
    ...(passkeys > 0 ? (['passkey'] as const) : []),
    ...(recoveryCodes > 0 ? (['recovery_code'] as const) : []),
  ]
}

/** What an application is told of a person. Pure. @module */
import { grants, heldRoles } from '@writ/policy'
import type { Principal } from '#platform/context'
import { toWire } from '#platform/ids'

/** The account as claims say it. */
export interface Person {
  readonly email: string
  readonly name: string
  readonly locale: string
  readonly emailVerifiedAt: Date | null
}

/** Scopes and the claims each of them hands over; all values are plain strings, booleans and arrays of strings. */
export const CLAIMS = {
  openid: ['sub'],
  profile: ['name', 'locale'],
  email: ['email', 'email_verified'],
  organization: ['organization', 'organization_slug'],
  roles: ['roles'],
  permissions: ['permissions'],
} as const

export const SCOPES = [...Object.keys(CLAIMS), 'offline_access']

/** Scopes that tell more than that somebody is somebody. */
export const MULTI_FACTOR = 'urn:writ:acr:multi-factor'
export const SINGLE_FACTOR = 'urn:writ:acr:single-factor'

/** The organization a token is for, and what the person may do there now. */
export function accessClaims(principal: Principal, now: Date) {
  const { home, standing, policy } = principal
  const platform = home.kind === 'platform'
  return {
    organization: toWire('org', home.organizationId),
    organization_slug: home.slug,
    roles: heldRoles(policy, standing!, now, { platform }),
    permissions: grants(policy, standing!, now, { platform }).map(({ permission }) => permission),
  }
}

/** Of those, what the scopes hand over that were granted. */
export function grantedClaims(
  claims: ReturnType<typeof accessClaims>,
  scope: string | undefined,
): Record<string, unknown> {
  const scopes = new Set(scope?.split(' '))
  const granted = new Set<string>(
    Object.entries(CLAIMS).flatMap(([name, names]) => (scopes.has(name) ? names : [])),
  )
  return Object.fromEntries(Object.entries(claims).filter(([name]) => granted.has(name)))
}

export function personClaims({ email, name, locale, emailVerifiedAt }: Person) {
  return { email, email_verified: emailVerifiedAt !== null, name, locale }
}

const REFERENCES: Readonly<Record<string, readonly string[]>> = {
  password: ['pwd'],
  totp: ['otp'],
  recovery_code: ['otp'],
  // A passkey is a key that its holder unlocked: two factors by itself.
  passkey: ['pop', 'user', 'mfa'],
}

/** How a person proved who they are (RFC 8176), and how strong that is. */
export function authenticationClaims({ methods, standing }: Principal): { amr: string[]; acr: string } {
  const amr = new Set(methods.flatMap((method) => REFERENCES[method] ?? []))
  if (standing?.secondFactor === 'satisfied') amr.add('mfa')
  return { amr: [...amr], acr: amr.has('mfa') ? MULTI_FACTOR : SINGLE_FACTOR }
}

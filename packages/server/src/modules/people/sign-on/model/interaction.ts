/** What a person is still to do before an application gets them. Pure. @module */
import type { Principal } from '#platform/context'
import { authenticationClaims } from './claims.ts'
import type { SignOnClient } from './client.ts'

/** Of an interaction of the provider, what decides. */
export interface Asked {
  readonly prompt: 'login' | 'consent'
  /** Why, in the provider's words. */
  readonly reasons: readonly string[]
  readonly createdAt: Date
  /** Seconds since a proof of identity that the application accepts. */
  readonly maxAge: number | undefined
  /** Strengths of proof one of which it insists on (OpenID Connect Core, 5.5.1.1); empty: any will do. */
  readonly acrs: readonly string[]
}

export type NextStep =
  | { readonly step: 'sign_in'; readonly fresh: boolean }
  | {
      readonly step: 'refuse'
      readonly error: 'access_denied' | 'unmet_authentication_requirements'
      readonly description: string
    }
  | { readonly step: 'finish_login' }
  | { readonly step: 'consent' }

/** Reasons that a session which was there before does not settle. */
const ANEW = new Set(['login_prompt', 'single_sign_on_off'])

/** The next thing to do; a session that settles everything is asked for nothing. */
export function nextStep(
  asked: Asked,
  client: SignOnClient,
  principal: Principal | undefined,
  now: Date,
): NextStep {
  const fresh = asked.reasons.some((reason) => ANEW.has(reason)) || asked.reasons.includes('max_age')
  if (!principal?.standing || principal.owes !== undefined) return { step: 'sign_in', fresh: false }
  if (client.organizationId !== null && client.organizationId !== principal.home.organizationId)
    return {
      step: 'refuse',
      error: 'access_denied',
      description: 'this application is for members of another organization',
    }
  if (asked.prompt === 'consent') return { step: 'consent' }
  if (fresh && !isFresh(asked, principal.standing.authenticatedAt, now))
    return { step: 'sign_in', fresh: true }
  // Said, since asking again would go around for ever: a session proves all that its account can prove.
  if (asked.acrs.length > 0 && !asked.acrs.includes(authenticationClaims(principal).acr))
    return {
      step: 'refuse',
      error: 'unmet_authentication_requirements',
      description: 'this application needs a stronger proof; set up a second factor and come again',
    }
  return { step: 'finish_login' }
}

function isFresh({ reasons, createdAt, maxAge }: Asked, authenticatedAt: Date, now: Date): boolean {
  // Times of the provider are whole seconds.
  if (reasons.some((reason) => ANEW.has(reason)))
    return authenticatedAt.getTime() >= createdAt.getTime() - 1_000
  return maxAge === undefined || now.getTime() - authenticatedAt.getTime() <= maxAge * 1_000
}

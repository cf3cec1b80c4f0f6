/** Whose a session, or what it gave, is at this moment. @module */
import type { Principal, Services } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { findGrant, sessionExpiry } from '../store/grants.ts'
import type { Bearer } from './acting.ts'

/** The bearer of a session that holds now and owes nothing. */
export async function bearerOfSession(services: Services, sessionId: Uuid): Promise<Bearer | undefined> {
  return bearerOf(services, await services.ports.principalOfSession(sessionId, services.now()))
}

/** The same from the principal of a browser. */
export async function bearerOf(
  services: Services,
  principal: Principal | undefined,
): Promise<Bearer | undefined> {
  if (principal?.actor.kind !== 'user' || principal.owes !== undefined) return undefined
  const { sessionId, userId } = principal.actor
  const sessionExpiresAt = await services.db.transaction('sign-on', (tx) => sessionExpiry(tx, sessionId))
  return sessionExpiresAt && { principal, sessionId, userId, sessionExpiresAt }
}

/** Who gave what belongs to a grant, if it has not ended and their session holds now. */
export async function bearerOfGrant(services: Services, grantHash: Buffer): Promise<Bearer | undefined> {
  const grant = await services.db.transaction('sign-on', (tx) => findGrant(tx, grantHash))
  if (!grant) return undefined
  const principal = await services.ports.principalOfSession(grant.sessionId, services.now())
  if (principal?.actor.kind !== 'user' || principal.owes !== undefined) return undefined
  // One organization, the one it was given in.
  if (principal.home.organizationId !== grant.organizationId || principal.actor.userId !== grant.userId)
    return undefined
  return {
    principal,
    sessionId: grant.sessionId,
    userId: grant.userId,
    sessionExpiresAt: grant.sessionExpiresAt,
  }
}

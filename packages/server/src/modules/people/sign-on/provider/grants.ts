/** What a session has given an application, without asking again. @module */
import type { Grant, KoaContextWithOIDC } from 'oidc-provider'
import type { Services } from '#platform/context'
import { CLAIMS } from '../model/claims.ts'
import { findConsent } from '../store/consents.ts'
import { acting } from './acting.ts'

/**
 * The grant of this session and application, with what may be added to it in silence: everything for an application
 * of the platform itself, what was agreed to before for another one.
 */
export async function existingGrant(services: Services, ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { client, session, result, provider } = ctx.oidc
  const known = result?.consent?.grantId ?? session!.grantIdFor(client!.clientId)
  const found = known === undefined ? undefined : await provider.Grant.find(known)
  // Being asked anew means being asked: nothing is added in silence.
  if (result?.consent || ctx.oidc.prompts.has('consent')) return found
  const allowed = await allowedScopes(services, ctx)
  if (allowed.length === 0) return found
  const grant = found ?? new provider.Grant({ accountId: session!.accountId!, clientId: client!.clientId })
  const before = JSON.stringify([grant.openid, grant.resources])
  addTo(grant, ctx, allowed)
  if (JSON.stringify([grant.openid, grant.resources]) !== before || !found) await grant.save()
  return grant
}

/** Adds of what is asked for what is in `allowed`. */
export function addTo(grant: Grant, ctx: Pick<KoaContextWithOIDC, 'oidc'>, allowed: readonly string[]): void {
  const wanted = new Set(allowed)
  const scopes = [...ctx.oidc.requestParamOIDCScopes].filter((scope) => wanted.has(scope))
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '))
  const claims = [...ctx.oidc.requestParamClaims].filter((claim) =>
    scopeOf(claim).some((scope) => wanted.has(scope)),
  )
  if (claims.length > 0) grant.addOIDCClaims(claims)
  for (const [indicator, server] of Object.entries(ctx.oidc.resourceServers ?? {})) {
    const asked = [...ctx.oidc.requestParamScopes].filter(
      (scope) => server.scopes.has(scope) && wanted.has(scope),
    )
    if (asked.length > 0) grant.addResourceScope(indicator, asked.join(' '))
  }
}

/** Scopes that hand over a claim. */
export function scopeOf(claim: string): string[] {
  return Object.entries(CLAIMS).flatMap(([scope, claims]) =>
    (claims as readonly string[]).includes(claim) ? [scope] : [],
  )
}

async function allowedScopes(services: Services, ctx: KoaContextWithOIDC): Promise<readonly string[]> {
  const present = acting()
  const client = present?.clients.get(ctx.oidc.client!.clientId)
  if (!client || !present?.browser) return []
  const { organizationId } = client
  const { principal, userId } = present.browser
  if (organizationId !== null && organizationId !== principal.home.organizationId) return []
  if (client.isFirstParty) return [...ctx.oidc.requestParamScopes, ...Object.keys(CLAIMS)]
  return services.db.transaction('sign-on', (tx) =>
    findConsent(tx, { organizationId: principal.home.organizationId, userId, clientId: client.id }),
  )
}

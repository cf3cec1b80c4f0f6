/**
 * Between an application that asks and an application that gets: whatever a person is still to do, at an address of
 * its own for each sign-in, so that several may be open at once.
 *
 * Who begins a sign-in is who finishes it: the address alone is worth nothing without the cookie that was set in the
 * browser when it began. Somebody who is sent another's address would otherwise sign that other in as themselves.
 *
 * @module
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type Provider from 'oidc-provider'
import type { InteractionResults } from 'oidc-provider'
import type { Services } from '#platform/context'
import { fromWire, toWire } from '#platform/ids'
import { errors } from '../catalog.ts'
import { giveConsent, refuseConsent } from '../commands/give-consent.ts'
import type { SignOnClient } from '../model/client.ts'
import { type Asked, nextStep } from '../model/interaction.ts'
import { findClient } from '../store/clients.ts'
import { type Bearer, contextOf } from './acting.ts'
import { bearerOf } from './bearers.ts'
import { COOKIES, MOUNT } from './configuration.ts'
import { loginOf } from './login.ts'
import type { Page, SignOnPages } from './pages.ts'

type Interaction = InstanceType<Provider['Interaction']>

export type Outcome = { readonly to: string } | { readonly page: Page }

interface Open {
  readonly provider: Provider
  readonly interaction: Interaction
  readonly client: SignOnClient
  readonly bearer: Bearer | undefined
  readonly services: Services
}

/** Where an interaction is at home. */
export function interactionPath(uid: string): string {
  return `${MOUNT}/interaction/${uid}`
}

/**
 * The next thing for this person: to sign in, to agree, or back to the application at once where nothing is left to do.
 *
 * @throws `sign_on.no_interaction` also in a browser that did not begin it
 */
export async function continueInteraction(
  services: Services,
  provider: Provider,
  pages: SignOnPages,
  { uid, request, reply }: { uid: string; request: FastifyRequest; reply: FastifyReply },
): Promise<Outcome> {
  const principal = await services.ports.principalOfBrowser(request, reply)
  const open = await openInteraction(services, provider, uid, request, await bearerOf(services, principal))
  const next = nextStep(askedBy(open), open.client, principal, services.now())
  const back = encodeURIComponent(interactionPath(uid))
  switch (next.step) {
    case 'sign_in':
      // Who is here but owes something pays it first; who is here and needs a proof of now confirms it.
      if (principal?.owes !== undefined) return { to: `/continue?return=${back}` }
      return { to: next.fresh ? `/account/confirm?return=${back}` : `/sign-in?return=${back}` }
    case 'refuse':
      return finish(open, { error: next.error, error_description: next.description })
    case 'finish_login':
      return finish(open, { login: loginOf(services, open.bearer!) })
    case 'consent':
      return { page: await pages.consent(request, consentView(open)) }
  }
}

/**
 * A person's answer to what an application asked for.
 *
 * @throws `sign_on.no_interaction`, `cross_site`
 */
export async function answerConsent(
  services: Services,
  provider: Provider,
  {
    uid,
    allow,
    request,
    reply,
  }: { uid: string; allow: boolean; request: FastifyRequest; reply: FastifyReply },
): Promise<Outcome> {
  const bearer = await bearerOf(services, await services.ports.principalOfBrowser(request, reply))
  const open = await openInteraction(services, provider, uid, request, bearer)
  const next = nextStep(askedBy(open), open.client, bearer?.principal, services.now())
  if (next.step !== 'consent' || !bearer) return { to: interactionPath(uid) }
  const ctx = contextOf(services, bearer)
  if (!allow) {
    await refuseConsent(ctx, open.client)
    return finish(open, { error: 'access_denied', error_description: 'the person refused' })
  }
  const details = missingOf(open.interaction)
  await giveConsent(ctx, bearer, open.client, details.all)
  const grant = await grantOf(open, bearer)
  if (details.scopes.length > 0) grant.addOIDCScope(details.scopes.join(' '))
  if (details.claims.length > 0) grant.addOIDCClaims(details.claims)
  for (const [indicator, scopes] of Object.entries(details.resources))
    grant.addResourceScope(indicator, scopes.join(' '))
  return finish(open, { consent: { grantId: await grant.save() } })
}

async function openInteraction(
  services: Services,
  provider: Provider,
  uid: string,
  request: FastifyRequest,
  bearer: Bearer | undefined,
): Promise<Open> {
  // Parsed by the library, which verifies its signature; the path of the cookie is this interaction's.
  const { cookies } = provider.createContext(request.raw, request.raw as never)
  const interaction =
    cookies.get(COOKIES.interaction, { signed: true }) === uid
      ? await provider.Interaction.find(uid)
      : undefined
  const clientId = fromWire('cli', String(interaction?.params['client_id'] ?? ''))
  const client =
    clientId === undefined
      ? undefined
      : await services.db.transaction('sign-on', (tx) => findClient(tx, clientId))
  if (!interaction || !client) throw errors.no_interaction()
  return { services, provider, interaction, client, bearer }
}

function askedBy({ services, interaction }: Open): Asked {
  const { prompt, params, iat } = interaction
  const maxAge = params['max_age'] === undefined ? undefined : Number(params['max_age'])
  // The library's clock is the machine's: how long ago is what both clocks agree about.
  const age = Math.max(0, Date.now() - (iat ?? 0) * 1000)
  return {
    prompt: prompt.name === 'consent' ? 'consent' : 'login',
    reasons: prompt.reasons,
    createdAt: new Date(services.now().getTime() - age),
    maxAge,
    acrs: insistedOn(prompt.details as { acr?: { value?: unknown; values?: unknown } }),
  }
}

function insistedOn({ acr }: { acr?: { value?: unknown; values?: unknown } }): string[] {
  return [acr?.value, acr?.values].flat().filter((value) => typeof value === 'string')
}

/** What is asked for beyond what was given before. */
function missingOf({ prompt, params }: Interaction) {
  const details = prompt.details as {
    missingOIDCScope?: string[]
    missingOIDCClaims?: string[]
    missingResourceScopes?: Record<string, string[]>
  }
  // Asked anew though nothing is missing: what is asked for is shown.
  const scopes =
    details.missingOIDCScope ??
    String(params['scope'] ?? '')
      .split(' ')
      .filter(Boolean)
  const claims = details.missingOIDCClaims ?? []
  const resources = details.missingResourceScopes ?? {}
  return { scopes, claims, resources, all: [...new Set([...scopes, ...Object.values(resources).flat()])] }
}

function consentView({ interaction, client, bearer }: Open) {
  return {
    client: client.name,
    isFirstParty: client.isFirstParty,
    organization: bearer!.principal.home.slug,
    scopes: missingOf(interaction).all,
    action: interactionPath(interaction.uid),
  }
}

async function grantOf({ provider, interaction, client }: Open, { userId }: Bearer) {
  const known = interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId)
  return known ?? new provider.Grant({ accountId: toWire('usr', userId), clientId: toWire('cli', client.id) })
}

/** Notes the answer and goes back to the library, which decides with it. */
async function finish({ interaction }: Open, result: InteractionResults): Promise<Outcome> {
  const merged = 'error' in result ? result : { ...interaction.lastSubmission, ...result }
  // Somebody may have signed in meanwhile: the provider's session of before is then no longer this browser's, and the
  // one it finds is checked against the browser's own (provider/adapter.ts).
  Object.assign(interaction, { result: merged, session: undefined })
  await interaction.persist()
  return { to: interaction.returnTo }
}

/**
 * An application that signs people in: the certified library openid-client, over a socket, with no shortcut.
 *
 * @module
 */
import * as openid from 'openid-client'
import { createClient, type RegistrationInput } from '#people/sign-on'
import type { Uuid } from '#platform/ids'
import { toWire } from '#platform/ids'
import { ORIGIN, type TestApp } from './app.ts'
import type { Browser, Listening } from './listening.ts'
import { operatorOf } from './shop.ts'

export const CALLBACK = 'https://app.example/callback'
export const ISSUER = `${ORIGIN}/oidc`
export const SCOPE = 'openid profile email organization roles permissions'

export interface RelyingParty {
  readonly id: string
  readonly uuid: Uuid
  readonly secret: string | undefined
  readonly configuration: openid.Configuration
}

export interface Authorization {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
  readonly url: URL
}

/** Registers an application as the operator would. */
export async function register(
  app: TestApp,
  input: Partial<RegistrationInput> & { organizationId?: Uuid } = {},
): Promise<{ id: string; uuid: Uuid; secret: string | undefined }> {
  const { id: platform } = await app.organization('platform')
  const { client, secret } = await createClient(operatorOf(app), {
    platform,
    by: 'test',
    input: { name: 'Till', type: 'web', redirectUris: [CALLBACK], ...input },
  })
  return { id: toWire('cli', client.id), uuid: client.id, secret }
}

/** Registers an application and lets openid-client discover the provider. */
export async function relyingParty(
  app: TestApp,
  listening: Listening,
  input: Parameters<typeof register>[1] = {},
): Promise<RelyingParty> {
  const registered = await register(app, input)
  return { ...registered, configuration: await discover(listening, registered) }
}

export async function discover(
  listening: Listening,
  { id, secret }: { id: string; secret: string | undefined },
): Promise<openid.Configuration> {
  const authentication = secret === undefined ? openid.None() : openid.ClientSecretBasic(secret)
  return openid.discovery(new URL(ISSUER), id, {}, authentication, {
    [openid.customFetch]: listening.fetch as openid.CustomFetch,
    execute: [openid.allowInsecureRequests],
  })
}

/** The address that the application sends a browser to. */
export async function authorization(
  { configuration }: Pick<RelyingParty, 'configuration'>,
  parameters: Record<string, string> = {},
): Promise<Authorization> {
  const verifier = openid.randomPKCECodeVerifier()
  const [state, nonce] = [openid.randomState(), openid.randomNonce()]
  const url = openid.buildAuthorizationUrl(configuration, {
    redirect_uri: CALLBACK,
    scope: SCOPE,
    state,
    nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...parameters,
  })
  return { verifier, state, nonce, url }
}

/** Exchanges what the browser brought back. */
export function exchange(
  { configuration }: Pick<RelyingParty, 'configuration'>,
  { verifier, state, nonce }: Authorization,
  at: URL,
  parameters: Record<string, string> = {},
  options: openid.DPoPOptions = {},
) {
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }
  return openid.authorizationCodeGrant(configuration, at, checks, parameters, options)
}

/** The whole of it: the browser goes, comes back with a code, and the application exchanges it. */
export async function signInto(
  party: RelyingParty,
  browser: Browser,
  parameters: Record<string, string> = {},
) {
  const begun = await authorization(party, parameters)
  const { at } = await browser.follow(begun.url)
  return exchange(party, begun, at)
}

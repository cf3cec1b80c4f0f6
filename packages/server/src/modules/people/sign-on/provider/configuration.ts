/**
 * How the library is set up: only what is safe by today's practice (RFC 9700), and our policy in the hooks.
 *
 * @module
 */
import Provider, {
  type AccessToken,
  type Client,
  type Configuration,
  errors,
  type KoaContextWithOIDC,
} from 'oidc-provider'
import type { Services } from '#platform/context'
import { deriveKey, sameBytes, sha256 } from '#platform/crypto'
import { toWire } from '#platform/ids'
import {
  accessClaims,
  authenticationClaims,
  CLAIMS,
  grantedClaims,
  personClaims,
  SCOPES,
} from '../model/claims.ts'
import { findService } from '../store/clients.ts'
import { acting, type Bearer, presentBearer } from './acting.ts'
import { SignOnAdapter } from './adapter.ts'
import { bearerOfGrant } from './bearers.ts'
import { existingGrant } from './grants.ts'
import type { PrivateKeys } from './keys.ts'
import { loginOf } from './login.ts'
import { type SignOnPages, shownBy } from './pages.ts'
import { findPerson } from './person.ts'
import { interactionPolicy } from './policy.ts'

/** Below the public address; the issuer's path. */
export const MOUNT = '/oidc'

const CODE_SECONDS = 60
const DEVICE_CODE_SECONDS = 600
const INTERACTION_SECONDS = 1_800
/** A JWT is believed until it expires, whatever happens meanwhile: it does not live long. */
const JWT_SECONDS = 900

/** `__Host-` where the path is the whole host; `__Secure-` where it is one sign-in's, so that several may be open at once. */
export const COOKIES = {
  session: '__Host-writ_sign_on',
  interaction: '__Secure-writ_interaction',
  resume: '__Secure-writ_resume',
} as const

export const ROUTES = {
  authorization: '/authorize',
  token: '/token',
  userinfo: '/userinfo',
  jwks: '/jwks',
  introspection: '/introspect',
  revocation: '/revoke',
  end_session: '/logout',
  pushed_authorization_request: '/par',
  device_authorization: '/device/authorize',
  code_verification: '/device',
} as const

/** A provider for a set of keys; another set needs another one. */
export function createProvider(services: Services, keys: PrivateKeys, pages: SignOnPages): Provider {
  const provider = new Provider(services.publicUrl + MOUNT, configurationOf(services, keys, pages))
  provider.proxy = true
  // Also on http://localhost, which browsers count as secure: the names of the cookies promise it.
  const createContext = provider.createContext.bind(provider)
  Object.defineProperty(provider, 'createContext', {
    value(...request: Parameters<typeof createContext>) {
      const ctx = createContext(...request)
      ctx.cookies.secure = true
      return ctx
    },
  })
  shadowSessions(provider, services)
  // The secret of a client is stored as its hash, which is what the library is given.
  Object.defineProperty(provider.Client.prototype, 'compareClientSecret', {
    value(this: Client, presented: string) {
      return sameBytes(sha256(presented), Buffer.from(this.clientSecret ?? '', 'base64url'))
    },
  })
  // Told by jobs.ts, whatever ended the session, and tried again until it was heard.
  Object.defineProperty(provider.Client.prototype, 'backchannelLogout', { value: async () => undefined })
  const report = (error: unknown) => services.log.error({ err: error }, 'the sign-on failed')
  ;(provider as NodeJS.EventEmitter).on('error', report)
  provider.on('server_error', (_ctx: unknown, error: Error) => report(error))
  return provider
}

/**
 * Whoever is signed in with the browser is signed in with the provider: its session begins where ours is, and knows
 * when and how the person proved who they are as ours does.
 */
function shadowSessions(provider: Provider, services: Services): void {
  const get = provider.Session.get.bind(provider.Session)
  Object.defineProperty(provider.Session, 'get', {
    async value(ctx: Parameters<typeof get>[0]) {
      const session = await get(ctx)
      const browser = acting()?.browser
      if (browser) session.loginAccount(loginOf(services, browser))
      return session
    },
  })
}

function configurationOf(services: Services, { keys }: PrivateKeys, pages: SignOnPages): Configuration {
  const cookie = { httpOnly: true, sameSite: 'lax', secure: true } as const
  return {
    adapter: (model) => new SignOnAdapter(services, model),
    jwks: { keys: [...keys] } as NonNullable<Configuration['jwks']>,
    routes: ROUTES,
    cookies: {
      names: COOKIES,
      long: { ...cookie, path: '/' },
      short: cookie,
      keys: [deriveKey(services.masterKey, 'sign-on-cookies').toString('base64url')],
    },
    scopes: SCOPES,
    // How somebody proved who they are goes with every ID token.
    claims: { ...CLAIMS, openid: ['sub', 'acr', 'amr', 'auth_time'], iss: null, sid: null } as never,
    acrValues: ['urn:writ:acr:single-factor', 'urn:writ:acr:multi-factor'],
    responseTypes: ['code'],
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clientDefaults: { id_token_signed_response_alg: 'ES256', response_types: ['code'], grant_types: [] },
    enabledJWA: {
      clientAuthSigningAlgValues: ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'],
      idTokenSigningAlgValues: ['ES256'],
      userinfoSigningAlgValues: ['ES256'],
      introspectionSigningAlgValues: ['ES256'],
      dPoPSigningAlgValues: ['ES256', 'EdDSA', 'Ed25519'],
    },
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    conformIdTokenClaims: false,
    clientBasedCORS: ownOrigin,
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // Every code and token is bound to our own session already (provider/adapter.ts).
    expiresWithSession: async () => false,
    features: featuresOf(services, pages),
    ttl: lifetimes(services),
    findAccount: (_ctx, sub, token) => accountOf(services, sub, token as { grantId?: string } | undefined),
    extraTokenClaims: async ({ oidc }, token) => {
      const bearer = presentBearer()
      const { AuthorizationCode, RefreshToken, DeviceCode } = oidc.entities
      // A token for a resource carries that resource's scopes alone; what was granted stands in what it was asked with.
      const { scope } = AuthorizationCode ?? RefreshToken ?? DeviceCode ?? token
      return bearer && grantedClaims(accessClaims(bearer.principal, services.now()), scope)
    },
    loadExistingGrant: (ctx) => existingGrant(services, ctx),
    interactions: {
      policy: interactionPolicy(services),
      url: (_ctx, interaction) => `${MOUNT}/interaction/${interaction.uid}`,
    },
    renderError: async (ctx, out) => {
      await shownBy(
        ctx,
        pages.error(acting()!.request, { error: out.error, description: out.error_description }),
      )
    },
  }
}

function featuresOf(services: Services, pages: SignOnPages): NonNullable<Configuration['features']> {
  const named = (client: Client | undefined) => client?.clientName ?? client?.clientId
  return {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    claimsParameter: { enabled: true },
    dPoP: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => mayIntrospect(client, token) },
    revocation: { enabled: true, allowedPolicy: mayRevoke },
    pushedAuthorizationRequests: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, indicator, client) => resourceServerOf(services, indicator, client),
    },
    deviceFlow: {
      enabled: true,
      userCodeInputSource: async (ctx, _form, _out, error) =>
        shownBy(ctx, pages.deviceCode(acting()!.request, { ...formOf(ctx), problem: problemOf(error) })),
      userCodeConfirmSource: async (ctx, _form, client, _device, userCode) =>
        shownBy(
          ctx,
          pages.deviceConfirm(acting()!.request, { ...formOf(ctx), userCode, client: named(client)! }),
        ),
      successSource: async (ctx) =>
        shownBy(ctx, pages.deviceDone(acting()!.request, { client: named(ctx.oidc.client) })),
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (ctx) =>
        shownBy(
          ctx,
          pages.signOut(acting()!.request, {
            ...formOf(ctx, `${MOUNT}${ROUTES.end_session}/confirm`),
            client: named(ctx.oidc.client),
          }),
        ),
      postLogoutSuccessSource: async (ctx) =>
        shownBy(ctx, pages.signedOut(acting()!.request, { client: named(ctx.oidc.client) })),
    },
  }
}

function formOf(ctx: KoaContextWithOIDC, action = `${MOUNT}${ROUTES.code_verification}`) {
  const { secret } = (ctx.oidc.session as unknown as { state: { secret: string } }).state
  return { action, xsrf: secret }
}

function problemOf(error: Error | undefined): 'wrong_code' | 'interrupted' | 'failed' | undefined {
  if (!error) return undefined
  if ('userCode' in error || error.name === 'NoCodeError') return 'wrong_code'
  return error.name === 'AbortedError' ? 'interrupted' : 'failed'
}

/** By the policy of the person's organization, and never beyond the end of their session. */
function lifetimes(services: Services): NonNullable<Configuration['ttl']> {
  const within = (bearer: Bearer | undefined, seconds: number): number => {
    if (!bearer) return seconds
    const left = Math.floor((bearer.sessionExpiresAt.getTime() - services.now().getTime()) / 1000)
    return Math.max(1, Math.min(seconds, left))
  }
  const tokens = () => presentBearer()?.principal.policy.policy.authentication.tokens
  return {
    AccessToken: (_ctx, token: AccessToken) => {
      const seconds = tokens()?.accessSeconds ?? JWT_SECONDS
      const isJwt = token.resourceServer?.accessTokenFormat === 'jwt'
      return within(presentBearer(), isJwt ? Math.min(seconds, JWT_SECONDS) : seconds)
    },
    RefreshToken: () => within(presentBearer(), tokens()?.refreshSeconds ?? JWT_SECONDS),
    IdToken: () => within(presentBearer(), JWT_SECONDS),
    AuthorizationCode: CODE_SECONDS,
    DeviceCode: DEVICE_CODE_SECONDS,
    Interaction: INTERACTION_SECONDS,
    Grant: () => within(acting()?.browser, 365 * 86_400),
    Session: () => within(acting()?.browser, acting()?.browser ? 365 * 86_400 : INTERACTION_SECONDS),
  }
}

/** A page may only talk to the provider from where its client is registered. */
function ownOrigin(_ctx: KoaContextWithOIDC, origin: string, client: Client): boolean {
  return (
    origin !== 'null' &&
    client.clientAuthMethod === 'none' &&
    (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin)
  )
}

/** One's own tokens, and those that are meant for oneself. */
function mayIntrospect(client: Client, token: { clientId?: string | undefined; aud?: unknown }): boolean {
  if (token.clientId === client.clientId) return true
  const audience = acting()?.clients.get(client.clientId)?.audience
  return audience !== null && audience !== undefined && token.aud === audience
}

/** One's own. A public client, which anybody may pretend to be, learns nothing of another's. */
async function mayRevoke(_ctx: KoaContextWithOIDC, client: Client, token: { clientId?: string | undefined }) {
  if (token.clientId === client.clientId) return true
  if (client.clientAuthMethod === 'none') return false
  throw new errors.InvalidRequest('client is not authorized to revoke the presented token')
}

async function resourceServerOf(services: Services, indicator: string, client: Client) {
  const asker = acting()?.clients.get(client.clientId)
  const service = asker?.resources.includes(indicator)
    ? await services.db.transaction('sign-on', (tx) => findService(tx, indicator))
    : undefined
  if (!service) throw new errors.InvalidTarget('this application may not ask tokens for that resource')
  const isJwt = service.audienceTokens === 'jwt'
  return {
    audience: indicator,
    scope: service.audienceScopes.join(' '),
    accessTokenFormat: isJwt ? ('jwt' as const) : ('opaque' as const),
    ...(isJwt ? { jwt: { sign: { alg: 'ES256' as const } } } : {}),
  }
}

async function accountOf(services: Services, sub: string, token: { grantId?: string } | undefined) {
  const bearer = token?.grantId ? await bearerOfGrant(services, sha256(token.grantId)) : acting()?.browser
  if (!bearer || toWire('usr', bearer.userId) !== sub) return undefined
  return {
    accountId: sub,
    async claims() {
      const person = await findPerson(services, bearer)
      return {
        sub,
        ...personClaims(person),
        ...accessClaims(bearer.principal, services.now()),
        ...authenticationClaims(bearer.principal),
      }
    },
  }
}

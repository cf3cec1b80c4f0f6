/** Applications that sign people in here: what may be registered, and how the provider is told of it. Pure. @module */
import { invalidField } from '#platform/errors'
import { toWire, type Uuid } from '#platform/ids'

export const CLIENT_TYPES = ['web', 'spa', 'native', 'device', 'service'] as const
export const AUTHENTICATIONS = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'none',
] as const
export type ClientType = (typeof CLIENT_TYPES)[number]
export type Authentication = (typeof AUTHENTICATIONS)[number]

/** Secret scanners know a leaked one by it. */
export const SECRET_PREFIX = 'writ_cs_'

export interface PublicKeys {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** What an application is registered with. */
export interface Registration {
  readonly name: string
  readonly type: ClientType
  readonly authentication: Authentication
  readonly jwks: PublicKeys | null
  readonly redirectUris: readonly string[]
  readonly postLogoutUris: readonly string[]
  readonly backchannelUri: string | null
  readonly initiateUri: string | null
  /** Audiences it may ask tokens for. */
  readonly resources: readonly string[]
  /** Of a service: the resource indicator it answers to. */
  readonly audience: string | null
  readonly audienceScopes: readonly string[]
  readonly audienceTokens: 'opaque' | 'jwt' | null
  readonly isFirstParty: boolean
  readonly requiresPar: boolean
  readonly requiresDpop: boolean
}

export interface SignOnClient extends Registration {
  readonly id: Uuid
  readonly secretHash: Buffer | null
  /** Only members of this organization sign in to it; null: of any. */
  readonly organizationId: Uuid | null
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

/** What the operator says; the rest is what its type implies. */
export type RegistrationInput = Pick<Registration, 'name' | 'type'> & {
  readonly [K in keyof Omit<Registration, 'name' | 'type'>]?: Registration[K] | undefined
}

const MAX_URIS = 50

/**
 * The registration that an operator's words mean.
 *
 * @throws `invalid_input` naming the field and what would be right
 */
export function registrationOf(input: RegistrationInput): Registration {
  const name = input.name.trim()
  if (name === '' || name.length > 200) throw invalidField('name', 'should have 1 to 200 characters')
  const audience = input.audience ?? null
  const registration: Registration = {
    name,
    type: input.type,
    authentication:
      input.authentication ?? (['web', 'service'].includes(input.type) ? 'client_secret_basic' : 'none'),
    jwks: input.jwks ?? null,
    redirectUris: input.redirectUris ?? [],
    postLogoutUris: input.postLogoutUris ?? [],
    backchannelUri: input.backchannelUri ?? null,
    initiateUri: input.initiateUri ?? null,
    resources: input.resources ?? [],
    audience,
    audienceScopes: input.audienceScopes ?? [],
    audienceTokens: audience === null ? null : (input.audienceTokens ?? 'opaque'),
    isFirstParty: input.isFirstParty ?? true,
    requiresPar: input.requiresPar ?? false,
    requiresDpop: input.requiresDpop ?? false,
  }
  checkAuthentication(registration)
  checkAddresses(registration)
  checkAudiences(registration)
  return registration
}

function checkAuthentication({ type, authentication, jwks }: Registration): void {
  if (['spa', 'native'].includes(type) && authentication !== 'none')
    throw invalidField(
      'authentication',
      `should be none: everybody who has a ${type} application has its secret`,
    )
  if (['web', 'service'].includes(type) && authentication === 'none')
    throw invalidField('authentication', `should not be none: a ${type} application can keep a secret`)
  if ((authentication === 'private_key_jwt') !== (jwks !== null))
    throw invalidField('jwks', 'should be given with private_key_jwt, and with nothing else')
  for (const key of jwks?.keys ?? [])
    if ('d' in key || 'k' in key || 'p' in key)
      throw invalidField('jwks', 'should hold public keys: this one is private or symmetric')
}

function checkAddresses({
  type,
  redirectUris,
  postLogoutUris,
  backchannelUri,
  initiateUri,
}: Registration): void {
  const hasBrowser = ['web', 'spa', 'native'].includes(type)
  if (hasBrowser !== redirectUris.length > 0)
    throw invalidField(
      'redirectUris',
      hasBrowser
        ? 'should name at least one address'
        : `should be left out: a ${type} application is sent no code`,
    )
  for (const [field, uris] of Object.entries({ redirectUris, postLogoutUris })) {
    if (uris.length > MAX_URIS) throw invalidField(field, `should name at most ${MAX_URIS} addresses`)
    for (const uri of uris) checkRedirect(field, uri, type)
  }
  if (backchannelUri !== null) checkServer('backchannelUri', backchannelUri)
  if (initiateUri !== null) checkServer('initiateUri', initiateUri)
}

function checkAudiences({ type, audience, audienceScopes, resources }: Registration): void {
  if ((audience !== null) !== (type === 'service'))
    throw invalidField('audience', 'should be given for a service, and for nothing else')
  if (audience !== null) checkAudience('audience', audience)
  for (const resource of resources) checkAudience('resources', resource)
  // RFC 6749 section 3.3.
  for (const scope of audienceScopes)
    if (!/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/.test(scope))
      throw invalidField(
        'audienceScopes',
        `${scope} should be of printable characters without spaces, quotes and backslashes`,
      )
}

/** Whether an address is of this very machine: TLS would add nothing. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}

function checkRedirect(field: string, uri: string, type: ClientType): void {
  const url = URL.parse(uri)
  if (!url || uri.includes('#') || uri.length > 2_000 || url.username !== '' || url.password !== '')
    throw invalidField(
      field,
      `${uri.slice(0, 200)} should be a complete address without fragment and credentials`,
    )
  if (uri.includes('*'))
    throw invalidField(field, `${uri} should name one address: addresses are compared exactly`)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return
  // RFC 8252 section 7.1: a scheme of one's own is the reverse of a domain name, so that two applications do not meet.
  if (type === 'native' && /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(url.protocol)) return
  throw invalidField(
    field,
    `${uri} should begin with https://, or with http:// on this machine (localhost)${type === 'native' ? ', or with a scheme such as com.example.app:' : ''}`,
  )
}

function checkServer(field: string, uri: string): void {
  const url = URL.parse(uri)
  if (!url || uri.includes('#') || url.username !== '' || url.password !== '')
    throw invalidField(
      field,
      `${uri.slice(0, 200)} should be a complete address without fragment and credentials`,
    )
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url)))
    throw invalidField(
      field,
      `${uri} should begin with https://, or with http:// on this machine (localhost)`,
    )
}

function checkAudience(field: string, uri: string): void {
  const url = URL.parse(uri)
  if (!url || uri.includes('#') || uri.length > 500)
    throw invalidField(field, `${uri.slice(0, 200)} should be an absolute URI without a fragment (RFC 8707)`)
}

const GRANTS: Readonly<Record<ClientType, readonly string[]>> = {
  web: ['authorization_code', 'refresh_token'],
  spa: ['authorization_code', 'refresh_token'],
  native: ['authorization_code', 'refresh_token'],
  device: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  service: [],
}

/** A client as the provider reads it (RFC 7591 names). Its `client_secret` is the hash: secrets are compared by hash. */
export function metadataOf(client: SignOnClient): Record<string, unknown> {
  return {
    client_id: toWire('cli', client.id),
    client_name: client.name,
    application_type: client.type === 'native' ? 'native' : 'web',
    token_endpoint_auth_method: client.authentication,
    ...(client.secretHash ? { client_secret: client.secretHash.toString('base64url') } : {}),
    ...(client.jwks ? { jwks: client.jwks } : {}),
    grant_types: GRANTS[client.type],
    response_types: client.redirectUris.length > 0 ? ['code'] : [],
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutUris,
    ...(client.backchannelUri
      ? { backchannel_logout_uri: client.backchannelUri, backchannel_logout_session_required: true }
      : {}),
    require_pushed_authorization_requests: client.requiresPar,
    dpop_bound_access_tokens: client.requiresDpop,
  }
}

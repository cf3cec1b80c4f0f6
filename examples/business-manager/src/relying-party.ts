/**
 * One application's side of the sign-on: the file to copy. It knows no password and no role; people prove who they are to
 * Writ, and this application keeps a session of its own for each browser that came back.
 *
 * - Authorization code with PKCE, `state` and `nonce`; the library checks signature, issuer (also the `iss` of the answer,
 *   RFC 9207), audience and times.
 * - The session's cookie is `__Host-…`, HttpOnly and worth nothing outside this application; tokens stay on the server.
 * - Writ says when somebody is out (OpenID Connect Back-Channel Logout): the session is gone before their next click.
 *
 * Sessions are in memory; an application of several processes keeps them in its database.
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as client from 'openid-client'

export interface RelyingPartyOptions {
  /** Writ's OpenID provider, such as `https://access.example.com/oidc`. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** This application's own address, without a trailing slash. */
  readonly url: string
}

/** Somebody who is signed in here. */
export interface Session {
  readonly subject: string
  /** Writ's session: what a logout token names. */
  readonly sid: string
  readonly idToken: string
  tokens: Tokens
}

interface Tokens {
  readonly access: string
  readonly refresh: string | undefined
  readonly expiresAt: number
}

interface Attempt {
  readonly browser: string
  readonly nonce: string
  readonly verifier: string
  readonly returnTo: string
  readonly until: number
}

const SCOPE = 'openid profile email organization roles offline_access'
const ATTEMPT_MS = 15 * 60_000
const MOST_ATTEMPTS = 10_000
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** A moment before it is over, so that no request is sent with a token that dies on the way. */
const EARLY_MS = 20_000

export class RelyingParty {
  readonly #options: RelyingPartyOptions
  readonly #config: client.Configuration
  readonly #keys: ReturnType<typeof createRemoteJWKSet>
  readonly #attempts = new Map<string, Attempt>()
  /** By the SHA-256 of the cookie: who reads this process's memory dump has no cookie to send. */
  readonly #sessions = new Map<string, Session>()
  readonly #refreshing = new Map<Session, Promise<boolean>>()
  readonly #seenLogouts = new Map<string, number>()

  /** Reads the provider's metadata. */
  static async discover(options: RelyingPartyOptions): Promise<RelyingParty> {
    const issuer = new URL(options.issuer)
    const isLocal = issuer.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(issuer.hostname)
    const config = await client.discovery(
      issuer,
      options.clientId,
      undefined,
      client.ClientSecretBasic(options.clientSecret),
      // Plain HTTP on this machine only: everywhere else the library refuses it.
      isLocal ? { execute: [client.allowInsecureRequests] } : {},
    )
    return new RelyingParty(options, config)
  }

  private constructor(options: RelyingPartyOptions, config: client.Configuration) {
    this.#options = options
    this.#config = config
    this.#keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri!))
  }

  /** Where to send a browser that is to sign in, and the secret by which it is known when it comes back. */
  async begin(
    returnTo: string,
    browser = randomBytes(32).toString('base64url'),
  ): Promise<{ url: URL; browser: string }> {
    const state = client.randomState()
    const nonce = client.randomNonce()
    const verifier = client.randomPKCECodeVerifier()
    this.#forgetOldAttempts()
    this.#attempts.set(state, { browser, nonce, verifier, returnTo, until: Date.now() + ATTEMPT_MS })
    const url = client.buildAuthorizationUrl(this.#config, {
      redirect_uri: `${this.#options.url}/callback`,
      scope: SCOPE,
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    return { url, browser }
  }

  /**
   * A browser has come back from the provider. An attempt is good once, for the browser that began it.
   *
   * @throws when the answer is not one to this browser's question, or the provider refused
   */
  async finish(callback: URL, browser: string | undefined): Promise<{ cookie: string; returnTo: string }> {
    const state = callback.searchParams.get('state') ?? ''
    const attempt = this.#attempts.get(state)
    if (!attempt || attempt.browser !== browser || attempt.until < Date.now())
      throw new Error('this sign-in was not begun in this browser, or long ago')
    this.#attempts.delete(state)
    const answer = await client.authorizationCodeGrant(this.#config, callback, {
      expectedState: state,
      expectedNonce: attempt.nonce,
      pkceCodeVerifier: attempt.verifier,
    })
    const claims = answer.claims()!
    const cookie = randomBytes(32).toString('base64url')
    this.#sessions.set(digest(cookie), {
      subject: claims.sub,
      sid: String(claims['sid']),
      idToken: answer.id_token!,
      tokens: tokensOf(answer),
    })
    return { cookie, returnTo: attempt.returnTo }
  }

  /** Who bears a cookie. With a new access token where the old one is over; undefined when Writ gives none any more. */
  async sessionOf(cookie: string | undefined): Promise<Session | undefined> {
    if (cookie === undefined) return undefined
    const session = this.#sessions.get(digest(cookie))
    if (!session || session.tokens.expiresAt - EARLY_MS > Date.now()) return session
    return (await this.refresh(session)) ? session : undefined
  }

  /** What Writ says of the person now: name, address, organization, roles. Undefined: they are out. */
  async whoIs(session: Session): Promise<client.UserInfoResponse | undefined> {
    try {
      return await client.fetchUserInfo(this.#config, session.tokens.access, session.subject)
    } catch (error) {
      if (!isRefused(error)) throw error
      this.#end((each) => each === session)
      return undefined
    }
  }

  /** Exchanges the refresh token, once for all requests that wait for it: a spent one presented again ends everything. */
  refresh(session: Session): Promise<boolean> {
    const running = this.#refreshing.get(session)
    if (running) return running
    const refreshing = this.#refresh(session).finally(() => this.#refreshing.delete(session))
    this.#refreshing.set(session, refreshing)
    return refreshing
  }

  async #refresh(session: Session): Promise<boolean> {
    const { refresh } = session.tokens
    try {
      if (refresh !== undefined) {
        session.tokens = tokensOf(await client.refreshTokenGrant(this.#config, refresh))
        return true
      }
    } catch (error) {
      if (!isRefused(error)) throw error
    }
    this.#end((each) => each === session)
    return false
  }

  /** Ends the session here, and says where to send the browser so that it ends everywhere. */
  signOut(cookie: string | undefined): URL | undefined {
    const session = cookie === undefined ? undefined : this.#sessions.get(digest(cookie))
    if (!session) return undefined
    this.#end((each) => each === session)
    return client.buildEndSessionUrl(this.#config, {
      id_token_hint: session.idToken,
      post_logout_redirect_uri: `${this.#options.url}/signed-out`,
    })
  }

  /**
   * Writ says that a session ended. Verified as OpenID Connect Back-Channel Logout 1.0 section 2.6 says.
   *
   * @returns how many sessions ended here
   * @throws when the token is not one of Writ's for this application
   */
  async backChannelLogout(logoutToken: string): Promise<number> {
    const { payload } = await jwtVerify(logoutToken, this.#keys, {
      issuer: this.#config.serverMetadata().issuer,
      audience: this.#options.clientId,
      typ: 'logout+jwt',
      algorithms: ['ES256', 'EdDSA', 'PS256', 'RS256'],
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
      clockTolerance: 30,
    })
    const { events, sid, sub, jti, exp } = payload
    if ('nonce' in payload) throw new Error('an ID token is no logout token')
    if (typeof (events as Record<string, unknown>)[LOGOUT_EVENT] !== 'object')
      throw new Error('the token tells of no logout')
    if (typeof sid !== 'string' && typeof sub !== 'string') throw new Error('the token names nobody')
    if (this.#seenLogouts.has(jti!)) throw new Error('the token was used already')
    for (const [seen, until] of this.#seenLogouts) if (until < Date.now()) this.#seenLogouts.delete(seen)
    this.#seenLogouts.set(jti!, exp! * 1000 + 60_000)
    return this.#end((session) => (typeof sid === 'string' ? session.sid === sid : session.subject === sub))
  }

  /** Everybody who is signed in here. */
  get sessions(): readonly Session[] {
    return [...this.#sessions.values()]
  }

  #end(isMeant: (session: Session) => boolean): number {
    let ended = 0
    for (const [key, session] of this.#sessions) {
      if (!isMeant(session)) continue
      this.#sessions.delete(key)
      ended++
    }
    return ended
  }

  #forgetOldAttempts(): void {
    for (const [state, { until }] of this.#attempts) {
      if (until > Date.now() && this.#attempts.size < MOST_ATTEMPTS) return
      this.#attempts.delete(state)
    }
  }
}

/** The provider said no. Anything else (it cannot be reached, it has too much to do) says nothing about the person. */
function isRefused(error: unknown): boolean {
  const isAnswer =
    error instanceof client.WWWAuthenticateChallengeError || error instanceof client.ResponseBodyError
  return isAnswer && [400, 401, 403].includes(error.status)
}

function tokensOf(answer: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers): Tokens {
  return {
    access: answer.access_token,
    refresh: answer.refresh_token,
    expiresAt: Date.now() + (answer.expiresIn() ?? 0) * 1000,
  }
}

function digest(cookie: string): string {
  return createHash('sha256').update(cookie).digest('base64url')
}

/**
 * The provider's addresses on the server. Fastify finds them, sets what every answer carries, and hands the connection
 * to the library.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type Provider from 'oidc-provider'
import { type Door, enter } from '#platform/address-limit'
import { type Ctx, createCtx, type Services } from '#platform/context'
import { failures } from '#platform/errors'
import { ANYWHERE, clientOf } from '#platform/http'
import { asAppError } from '#platform/problem'
import { events } from '../catalog.ts'
import { actFor, type Bearer } from './acting.ts'
import { bearerOf } from './bearers.ts'
import { createProvider, MOUNT, ROUTES } from './configuration.ts'
import { answerConsent, continueInteraction, type Outcome } from './interactions.ts'
import { type PrivateKeys, readSignOnKeys } from './keys.ts'
import { FORM_POLICY, plainPages, type SignOnPages } from './pages.ts'

/** Addresses that a browser opens with its own session; all others are for programs, which have none. */
const OF_BROWSERS = [
  ['GET', ROUTES.authorization],
  ['GET', `${ROUTES.authorization}/:uid`],
  ['GET', ROUTES.end_session],
  ['POST', `${ROUTES.end_session}/confirm`],
  ['GET', `${ROUTES.end_session}/success`],
  ['GET', ROUTES.code_verification],
  ['POST', ROUTES.code_verification],
  ['GET', `${ROUTES.code_verification}/:uid`],
] as const

const OF_PROGRAMS = [
  [['GET'], '/.well-known/openid-configuration'],
  [['GET'], '/.well-known/oauth-authorization-server'],
  [['GET'], ROUTES.jwks],
  [['GET', 'POST'], ROUTES.userinfo],
  [['POST'], ROUTES.token],
  [['POST'], ROUTES.introspection],
  [['POST'], ROUTES.revocation],
  [['POST'], ROUTES.pushed_authorization_request],
  [['POST'], ROUTES.device_authorization],
] as const

/** Codes that people type are short, so that they can be typed: guessing them is made slow (RFC 8628 section 5.1). */
const USER_CODES: Door = { name: 'device_codes', attempts: 30, limited: () => events.device_limited() }

/** The provider of this server, made anew when the keys are others. */
export class SignOn {
  readonly #services: Services
  readonly #pages: SignOnPages
  #made: { readonly keys: PrivateKeys; readonly provider: Provider } | undefined

  constructor(services: Services, pages: SignOnPages = plainPages) {
    this.#services = services
    this.#pages = pages
  }

  /** Reads which keys there are, so that one that was retired signs nothing and is not published from now on. */
  async provider(): Promise<Provider> {
    const keys = await readSignOnKeys(this.#services, this.#made?.keys)
    if (this.#made?.keys !== keys)
      this.#made = { keys, provider: createProvider(this.#services, keys, this.#pages) }
    return this.#made.provider
  }

  /** Mounts the provider's addresses below the public address. */
  async mount(http: FastifyInstance): Promise<void> {
    await http.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      // The library reads the body itself.
      scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
      for (const [method, path] of OF_BROWSERS)
        scope.route({
          method,
          url: MOUNT + path,
          schema: { hide: true },
          handler: (request, reply) => this.#serveBrowser(request, reply),
        })
      for (const [methods, path] of OF_PROGRAMS)
        scope.route({
          // Pages of public clients ask first whether they may (CORS).
          method: [...methods, 'OPTIONS'],
          url: MOUNT + path,
          schema: { hide: true },
          handler: (request, reply) => this.#serve(request, reply, undefined),
        })
    })
    await http.register(async (scope) => this.#mountInteractions(scope))
  }

  #mountInteractions(scope: FastifyInstance): void {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 4_096 },
      (_request, body, done) => done(null, new URLSearchParams(body as string)),
    )
    const url = `${MOUNT}/interaction/:uid`
    scope.get(url, { schema: { hide: true } }, async (request, reply) => {
      const { uid } = request.params as { uid: string }
      const provider = await this.provider()
      return this.#answer(request, reply, () =>
        continueInteraction(this.#services, provider, this.#pages, { uid, request, reply }),
      )
    })
    scope.post(url, { schema: { hide: true } }, async (request, reply) => {
      const { uid } = request.params as { uid: string }
      const allow = (request.body as URLSearchParams | undefined)?.get('decision') === 'allow'
      const provider = await this.provider()
      const bearer = await bearerOf(
        this.#services,
        await this.#services.ports.principalOfBrowser(request, reply),
      )
      return this.#answer(request, reply, () =>
        actFor(request, bearer, () =>
          answerConsent(this.#services, provider, { uid, allow, request, reply }),
        ),
      )
    })
  }

  async #answer(
    request: FastifyRequest,
    reply: FastifyReply,
    work: () => Promise<Outcome>,
  ): Promise<FastifyReply> {
    try {
      const outcome = await work()
      if ('to' in outcome) return reply.redirect(outcome.to, 303)
      const { html, policy, status = 200 } = outcome.page
      return reply
        .code(status)
        .header('content-security-policy', policy ?? FORM_POLICY)
        .type('text/html; charset=utf-8')
        .send(html)
    } catch (error) {
      return this.#refuse(request, reply, error)
    }
  }

  /** A page instead of a problem document: whoever reads it sits at a browser. */
  async #refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<FastifyReply> {
    const failure = asAppError(error)
    if (failure.status >= 500) throw error
    const { html, policy } = await this.#pages.error(request, {
      error: failure.code,
      description: failure.message,
    })
    return reply
      .code(failure.status)
      .header('content-security-policy', policy ?? FORM_POLICY)
      .type('text/html; charset=utf-8')
      .send(html)
  }

  async #serveBrowser(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    let browser: Bearer | undefined
    try {
      if (request.method === 'POST' && request.routeOptions.url === MOUNT + ROUTES.code_verification)
        await enter(await this.#anonymous(request), USER_CODES)
      browser = await bearerOf(this.#services, await this.#services.ports.principalOfBrowser(request, reply))
    } catch (error) {
      return this.#refuse(request, reply, error)
    }
    return this.#serve(request, reply, browser)
  }

  async #anonymous(request: FastifyRequest): Promise<Ctx> {
    const { compiled } = await this.#services.ports.policies.current()
    return createCtx(this.#services, {
      requestId: request.id,
      client: clientOf(request),
      actor: { kind: 'anonymous' },
      organizationId: ANYWHERE,
      policy: compiled,
    })
  }

  async #serve(
    request: FastifyRequest,
    reply: FastifyReply,
    browser: Bearer | undefined,
  ): Promise<FastifyReply> {
    const provider = await this.provider()
    const { raw } = request
    if (!raw.url?.startsWith(`${MOUNT}/`)) throw failures.not_found()
    this.#dictateOrigin(raw, request.ip)
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value)
    reply.raw.setHeader('content-security-policy', FORM_POLICY)
    reply.hijack()
    // For pages, which lead to themselves in another language.
    const asked = Object.create(request, { url: { value: request.originalUrl } }) as FastifyRequest
    await actFor(asked, browser, () => provider.callback()(raw, reply.raw))
    return reply
  }

  /** The library makes addresses of what a request says of itself; it is told what the installation says. */
  #dictateOrigin(raw: IncomingMessage & { originalUrl?: string }, ip: string): void {
    const { host, protocol } = new URL(this.#services.publicUrl)
    raw.originalUrl = raw.url!
    raw.url = raw.url!.slice(MOUNT.length)
    raw.headers['x-forwarded-host'] = host
    raw.headers['x-forwarded-proto'] = protocol.slice(0, -1)
    raw.headers['x-forwarded-for'] = ip
    raw.headers.host = host
  }
}

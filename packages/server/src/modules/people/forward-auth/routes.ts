/**
 * Routes of forward auth. `/forward-auth` is asked by the proxy; the proxy also hands a host's `/.writ/sign-in` and
 * `/.writ/callback` to the routes of those names; a browser comes to `/forward-auth/start` on Writ's own origin.
 *
 * @module
 */
import { heldRoles } from '@writ/policy'
import '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Ctx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { AppError, failures } from '#platform/errors'
import { type Route, route } from '#platform/http'
import { toWire } from '#platform/ids'
import { errors } from './catalog.ts'
import { admitBrowser } from './commands/admit-browser.ts'
import { issueCode } from './commands/issue-code.ts'
import { headerValue, hostOrigin, returnPath } from './model.ts'
import { type Asked, readAsked } from './proxy/asked.ts'
import { departedAt, departureMark } from './proxy/departure.ts'
import { contextOf, requireHost, type Visitor, visitorOf } from './queries.ts'

/** On the application's host, readable there alone and by no script. */
const COOKIE = '__Host-writ_forward'

/** What a browser leaves a host with, so that it alone can come back. */
const BROWSER_COOKIE = '__Host-writ_forward_browser'
const BROWSER_COOKIE_SECONDS = 3_600

const MAX_BACK = 2_000

const tag = 'Forward auth'
const path = z.string().max(4_000).optional()

export const forwardAuthRoutes: readonly Route[] = [
  route({
    method: 'GET',
    base: '',
    path: '/forward-auth',
    summary:
      'For a reverse proxy: who is this request from, and may they? 204 with X-Writ-… headers, 401, 302 or 403',
    tag,
    access: 'anyone',
    query: z.object({
      permission: z
        .union([z.string().max(200), z.array(z.string().max(200)).max(10)])
        .optional()
        .describe('action:resource that the policy must grant; several: all of them'),
    }),
    async handle(ctx, { query, request, reply }) {
      const asked = readAsked(request, ctx.services.config)
      // This answer goes to browsers under the application's name, which has its own rule for this.
      void reply.removeHeader('strict-transport-security')
      const secret = cookieOf(request, COOKIE)
      const visitor = secret === undefined ? undefined : await visitorOf(ctx, secret, asked.origin)
      if (!visitor) return signInFirst(ctx, asked, reply)
      for (const permission of [query.permission ?? []].flat()) await demand(visitor, permission)
      void reply.headers(headersFor(visitor))
    },
  }),
  route({
    method: 'GET',
    base: '',
    path: '/forward-auth/sign-in',
    summary: "A host's /.writ/sign-in: remembers this browser on the host and sends it to the sign-on",
    tag,
    access: 'anyone',
    query: z.object({ return: path }),
    async handle(ctx, { query, request, reply }) {
      const { origin } = readAsked(request, ctx.services.config)
      await requireHost(ctx.db, origin)
      // Kept where it is there: windows that left at once all come back.
      const kept = cookieOf(request, BROWSER_COOKIE)
      const browser = kept !== undefined && /^[\w-]{43}$/.test(kept) ? kept : newSecret()
      setCookie(reply, BROWSER_COOKIE, browser, new Date(ctx.now().getTime() + BROWSER_COOKIE_SECONDS * 1000))
      void reply.removeHeader('strict-transport-security')
      const secretHash = sha256(browser).toString('base64url')
      const start = new URLSearchParams({
        host: origin,
        return: returnPath(query.return),
        browser: secretHash,
        at: departureMark(ctx.services, { origin, browser: secretHash }, ctx.now()),
      })
      return reply.redirect(`${ctx.services.publicUrl}/forward-auth/start?${start}`)
    },
  }),
  route({
    method: 'GET',
    base: '',
    path: '/forward-auth/start',
    summary:
      'For a browser: takes the session that it has here to a host, after signing in where there is none',
    tag,
    access: 'anyone',
    query: z.object({
      host: z.string().max(300),
      return: path,
      browser: z.string().regex(/^[\w-]{43}$/, 'should be a SHA-256 in base64url'),
      at: z.string().max(100).optional().describe('When the browser left the host, sealed'),
    }),
    async handle(ctx, { query, request, reply }) {
      const host = hostOrigin(query.host)
      if (host === undefined) throw errors.unknown_host({ origin: query.host })
      await requireHost(ctx.db, host)
      const principal = await ctx.services.ports.principalOfBrowser(request, reply)
      const back = new URLSearchParams({ return: backHere(request.url, query) })
      if (!principal || principal.owes !== undefined) return reply.redirect(`/sign-in?${back}`)
      if (!principal.policy.policy.authentication.session.singleSignOn) {
        const left = departedAt(ctx.services, { origin: host, browser: query.browser }, query.at)
        if (!left)
          return reply.redirect(
            `${host}/.writ/sign-in?${new URLSearchParams({ return: returnPath(query.return) })}`,
          )
        if (principal.standing!.authenticatedAt < left) return reply.redirect(`/account/confirm?${back}`)
      }
      const browser = Buffer.from(query.browser, 'base64url')
      return reply.redirect(
        await issueCode(contextOf(ctx, principal), { host, browser, path: returnPath(query.return) }),
      )
    },
  }),
  route({
    method: 'GET',
    base: '',
    path: '/forward-auth/callback',
    summary:
      "A host's /.writ/callback: spends the code for the host's cookie and goes on to the page that was wanted",
    tag,
    access: 'anyone',
    query: z.object({ code: z.string().max(200) }),
    async handle(ctx, { query, request, reply }) {
      const { origin } = readAsked(request, ctx.services.config)
      void reply.removeHeader('strict-transport-security')
      const browser = cookieOf(request, BROWSER_COOKIE)
      if (browser === undefined) throw errors.invalid_code()
      const { secret, expiresAt, returnTo } = await admitBrowser(ctx, { code: query.code, origin, browser })
      setCookie(reply, COOKIE, secret, expiresAt)
      return reply.redirect(origin + returnTo)
    },
  }),
]

/** The sign-in page returns to addresses up to a length; beyond it the person lands on the host's first page. */
function backHere(url: string, query: { host: string; browser: string; at?: string | undefined }): string {
  const { host, browser, at } = query
  const kept = new URLSearchParams({ host, browser, ...(at === undefined ? {} : { at }) })
  return url.length <= MAX_BACK ? url : `/forward-auth/start?${kept}`
}

/** @throws `forward_auth.unknown_host`, `unauthorized` */
async function signInFirst(ctx: Ctx, { origin, path, isNavigation, isNginx }: Asked, reply: FastifyReply) {
  await requireHost(ctx.db, origin)
  if (!isNavigation) throw failures.unauthorized()
  const location = `${origin}/.writ/sign-in?${new URLSearchParams({ return: path })}`
  if (!isNginx) return reply.redirect(location)
  void reply.header('location', location)
  throw failures.unauthorized()
}

/** A refusal is in the log; the proxy is told 403 whatever it was, since it understands no other. */
async function demand({ ctx }: Visitor, permission: string): Promise<void> {
  try {
    await ctx.authorize(permission)
  } catch (error) {
    if (error instanceof AppError && error.status === 404) throw failures.forbidden({ permission })
    throw error
  }
}

/** None is ever empty: a proxy might then leave the client's own in its place. */
function headersFor(visitor: Visitor): Record<string, string> {
  const { principal, email, name } = visitor
  const { home, policy, standing } = principal
  const roles = heldRoles(policy, standing!, visitor.ctx.now(), { platform: home.kind === 'platform' })
  return {
    'x-writ-user': toWire('usr', standing!.id),
    'x-writ-email': headerValue(email),
    'x-writ-name': headerValue(name === '' ? email : name),
    'x-writ-organization': toWire('org', home.organizationId),
    'x-writ-roles': roles.length === 0 ? '-' : roles.map(headerValue).join(','),
  }
}

function setCookie(reply: FastifyReply, name: string, value: string, expires: Date): void {
  void reply.setCookie(name, value, { path: '/', secure: true, httpOnly: true, sameSite: 'lax', expires })
}

/** Two of a name are none: one of them is not ours. */
function cookieOf({ headers: { cookie = '' } }: FastifyRequest, name: string): string | undefined {
  const values = cookie.split(';').flatMap((pair) => {
    const at = pair.indexOf('=')
    return pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : []
  })
  return values.length === 1 && values[0] !== '' ? values[0] : undefined
}

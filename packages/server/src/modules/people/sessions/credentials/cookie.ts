/**
 * The session cookie: how it is set, and that it does not outlive a change of privileges.
 *
 * @module
 */
import '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DEVICE_SECONDS } from '#people/identity'
import { type CtxInput, createCtx, type Services } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { events } from '../catalog.ts'
import { replaceCookie } from '../store.ts'
import type { StandingRow } from './standing.ts'

/** `__Host-`: only over TLS (or loopback), only this host, no Domain: a sibling subdomain can neither read nor set it. */
export const SESSION_COOKIE = '__Host-writ_session'

/** `Lax`: a link from a mail opens the console signed in; a form on another site does not act (writes are also checked for their origin). */
export function setCookie(reply: FastifyReply, secret: string, expires: Date): void {
  void reply.setCookie(SESSION_COOKIE, secret, {
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'lax',
    expires,
  })
}

/** What a browser brings to a sign-in. Nothing of it is believed to be anybody's before it is looked up. */
export interface Browser {
  /** Secret of the device it says it is. */
  readonly device: string | undefined
  /** Secret of the session it has now, which the new one replaces. */
  readonly session: string | undefined
}

/** Names the browser to its account for a year. Opens nothing by itself: it stands beside a password. */
export const DEVICE_COOKIE = '__Host-writ_device'

/** Undefined for a program: browsers send one of these headers with every request that writes (Fetch Standard). */
export function browserOf(request: FastifyRequest): Browser | undefined {
  const { headers } = request
  if (headers['sec-fetch-site'] === undefined && headers.origin === undefined) return undefined
  const { [DEVICE_COOKIE]: device, [SESSION_COOKIE]: session } = request.cookies
  return { device, session }
}

export function setDeviceCookie(reply: FastifyReply, secret: string): void {
  void reply.setCookie(DEVICE_COOKIE, secret, {
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'lax',
    maxAge: DEVICE_SECONDS,
  })
}

export function clearCookie(reply: FastifyReply): void {
  void reply.clearCookie(SESSION_COOKIE, { path: '/', secure: true, httpOnly: true, sameSite: 'lax' })
}

/** Whether the member's roles or status changed since the cookie was made, under a policy that then wants another. */
export function isStale(row: StandingRow, rotateOn: readonly string[]): boolean {
  return row.cookie_revision !== row.member_revision && rotateOn.includes('privilegeChange')
}

/**
 * Answers with a new cookie for the same session. Whoever planted or copied the old one before the privileges changed
 * gains nothing from the change. Where several requests carry the old one at once, one is given the new.
 */
export async function rotateCookie(
  services: Services,
  input: CtxInput,
  reply: FastifyReply,
  { row, was }: { row: StandingRow; was: Buffer },
): Promise<void> {
  const ctx = createCtx(services, input)
  const secret = newSecret()
  const isOurs = await services.db.transaction(`org:${row.organization_id}`, async (tx) => {
    if (!(await replaceCookie(tx, row.id, was, sha256(secret)))) return false
    await ctx.record(
      tx,
      events.rotated({ target: { type: 'session', id: row.id }, reason: 'privilege_change' }),
    )
    return true
  })
  if (isOurs) setCookie(reply, secret, row.expires_at)
}

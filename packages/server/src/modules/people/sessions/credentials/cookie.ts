/**
 * The session cookie: how it is set, and that it does not outlive a change of privileges.
 *
 * @module
 */
import '@fastify/cookie'
import type { FastifyReply } from 'fastify'
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

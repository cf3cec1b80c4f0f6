/** Reads of forward auth. @module */
import { type Ctx, createCtx, type Principal } from '#platform/context'
import { sha256 } from '#platform/crypto'
import type { Database } from '#platform/database'
import type { Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { errors } from './catalog.ts'
import type { ForwardHost } from './model.ts'

/** The registered host of an origin. @throws `forward_auth.unknown_host` */
export async function requireHost(db: Database, origin: string): Promise<Uuid> {
  const [row] = await db.prepared<{ id: Uuid }>(
    'forward-host',
    'select id from forward_hosts where origin = $1 and removed_at is null',
    [origin],
  )
  if (!row) throw errors.unknown_host({ origin })
  return row.id
}

/** Hosts that are registered now, in the order they were. */
export async function listHosts({ db }: OperatorDatabase): Promise<ForwardHost[]> {
  return db.kysely
    .selectFrom('forwardHosts')
    .select(['id', 'origin', 'createdBy', 'createdAt'])
    .where('removedAt', 'is', null)
    .orderBy('id')
    .execute()
}

/** Who stands behind a request to a host. */
export interface Visitor {
  readonly ctx: Ctx
  readonly principal: Principal
  readonly email: string
  readonly name: string
}

interface ForwardRow {
  session_id: Uuid
  origin: string
  email: string
  name: string
  is_superseded: boolean
  is_outranked: boolean
}

/**
 * Who a host's cookie stands for now; undefined when it does not hold: for another host, of a session that is over or
 * owes something, made before that session's own cookie was replaced.
 */
export async function visitorOf(ctx: Ctx, secret: string, origin: string): Promise<Visitor | undefined> {
  const [row] = await ctx.db.prepared<ForwardRow>(
    'forward-session',
    'select session_id, origin, email, name, is_superseded, is_outranked from forward_session($1)',
    [sha256(secret)],
  )
  if (!row || row.origin !== origin) return undefined
  const principal = await ctx.services.ports.principalOfSession(row.session_id, ctx.now())
  if (!principal || principal.owes !== undefined) return undefined
  const { rotateOn, singleSignOn } = principal.policy.policy.authentication.session
  // Where each host asks to sign in anew, that proof replaces the session's cookie: it must not end the other hosts'.
  if (row.is_superseded && singleSignOn) return undefined
  if (row.is_outranked && rotateOn.includes('privilegeChange')) return undefined
  return { ctx: contextOf(ctx, principal), principal, email: row.email, name: row.name }
}

/** The request as that of the person it turned out to be from. */
export function contextOf({ services, requestId, client }: Ctx, principal: Principal): Ctx {
  const { actor, home, policy } = principal
  return createCtx(services, {
    requestId,
    client,
    actor,
    organizationId: home.organizationId,
    principal,
    policy,
  })
}

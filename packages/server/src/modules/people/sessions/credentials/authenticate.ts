/**
 * From the credential of a request to the principal that acts: once, for all routes.
 *
 * @module
 */
import type { CompiledPolicy, Standing } from '@writ/policy'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import { provesFactor } from '#people/factors'
import type { Principal, Services, Tx } from '#platform/context'
import { sha256 } from '#platform/crypto'
import { failures } from '#platform/errors'
import { clientOf, type Gate } from '#platform/http'
import { fromWire, type Uuid } from '#platform/ids'
import { isPermitted } from '../model/methods.ts'
import { owedBy } from '../model/owed.ts'
import { AccessTokens } from './access-token.ts'
import { isStale, rotateCookie, SESSION_COOKIE } from './cookie.ts'
import { StandingReader, type StandingRow } from './standing.ts'
import { UseStamps } from './use-stamps.ts'

/** Prefix of applications' credentials; secret scanners know a leaked one by it. */
export const APPLICATION_PREFIX = 'writ_app_'

export class Authenticator implements Gate {
  readonly tokens: AccessTokens
  readonly #services: Services
  readonly #standing: StandingReader
  readonly #stamps: UseStamps

  constructor(services: Services) {
    this.#services = services
    this.tokens = new AccessTokens(services)
    this.#standing = new StandingReader(services.db)
    this.#stamps = new UseStamps(services)
  }

  /** Writes what use has been noted and stops. */
  close(): Promise<void> {
    return this.#stamps.close()
  }

  /** @throws `unauthorized`, `ambiguous_credentials`, `cross_site` */
  async authenticate(
    request: FastifyRequest,
    reply: FastifyReply,
    now: Date,
  ): Promise<Principal | undefined> {
    const bearer = bearerOf(request)
    const cookie = cookieOf(request)
    if (bearer !== undefined && cookie !== undefined) throw failures.ambiguous_credentials()
    if (bearer !== undefined) {
      const principal = await this.principalOfBearer(bearer, now)
      if (!principal) throw failures.unauthorized()
      return principal
    }
    if (cookie === undefined) return undefined
    if (!isSameOrigin(request, this.#services.publicUrl)) throw failures.cross_site()
    const principal = await this.#principalOfCookie(cookie, request, reply)
    if (!principal) throw failures.unauthorized()
    return principal
  }

  /** What an application received as a bearer, or what came in an Authorization header. Undefined: it does not hold. */
  async principalOfBearer(bearer: string, now: Date): Promise<Principal | undefined> {
    if (bearer.startsWith(APPLICATION_PREFIX)) return this.#principalOfApplication(bearer)
    const claims = await this.tokens.verify(bearer, now)
    if (!claims) return undefined
    const row = await this.#standing.read({ kind: 'session', id: claims.sid })
    if (!row) return undefined
    // A key was made or retired since the signature was checked: check it again with the keys of now.
    if (row.keys_epoch !== this.tokens.epoch && !(await this.tokens.verify(bearer, now, row.keys_epoch)))
      return undefined
    if (claims.ver !== row.token_version || claims.sub !== row.user_id || claims.org !== row.organization_id)
      return undefined
    return this.#principal(row, 'bearer', now)
  }

  /** The principal of a session that is known by its id: of what was made from its cookie. */
  async principalOfSession(id: Uuid, now: Date): Promise<Principal | undefined> {
    const row = await this.#standing.read({ kind: 'session', id })
    return row && this.#principal(row, 'cookie', now)
  }

  /** Who is signed in with this browser; a cookie that does not hold, or two of them, is none. For pages that anybody may open. @throws `cross_site` for a write */
  async principalOfBrowser(request: FastifyRequest, reply: FastifyReply): Promise<Principal | undefined> {
    const cookies = cookiesOf(request)
    if (cookies.length > 0 && !isSameOrigin(request, this.#services.publicUrl)) throw failures.cross_site()
    return cookies.length === 1 ? this.#principalOfCookie(cookies[0]!, request, reply) : undefined
  }

  /** The principal as it stands now; undefined if it lost its credential. */
  async refresh(principal: Principal, now: Date): Promise<Principal | undefined> {
    if (principal.actor.kind !== 'user') return principal
    const row = await this.#standing.read({ kind: 'session', id: principal.actor.sessionId })
    return row && this.#principal(row, principal.credential === 'cookie' ? 'cookie' : 'bearer', now)
  }

  async organizationFor(
    principal: Principal,
    key: string,
  ): Promise<{ id: Uuid; overrides: string | null } | undefined> {
    const id = fromWire('org', key)
    const { home } = principal
    if (key === home.slug || id === home.organizationId) return { id: home.organizationId, overrides: null }
    if (home.kind !== 'platform' || !reachesOrganizations(principal)) return undefined
    return this.#services.db.transaction(`org:${home.organizationId}`, async (tx) => {
      const found = await findOrganization(tx, id ?? key)
      return found && { id: found.id, overrides: found.overrides }
    })
  }

  async #principalOfCookie(
    secret: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<Principal | undefined> {
    const was = sha256(secret)
    const row = await this.#standing.read({ kind: 'cookie', hash: was })
    const principal = row && (await this.#principal(row, 'cookie', this.#services.now()))
    if (!row || !principal) return undefined
    if (isStale(row, principal.policy.policy.authentication.session.rotateOn)) {
      const { actor, home, policy } = principal
      const input = {
        requestId: request.id,
        client: clientOf(request),
        actor,
        organizationId: home.organizationId,
        policy,
      }
      await rotateCookie(this.#services, input, reply, { row, was })
    }
    return principal
  }

  async #principalOfApplication(secret: string): Promise<Principal | undefined> {
    const row = await this.#standing.read({ kind: 'application', hash: sha256(secret) })
    if (
      !row ||
      row.ended_at !== null ||
      row.policy_version_id === null ||
      row.organization_status !== 'active'
    )
      return undefined
    return {
      actor: { kind: 'application', applicationId: row.id },
      home: homeOf(row),
      credential: 'application',
      policy: await this.#services.ports.policies.effective(row.policy_version_id, row.overrides),
      revision: { member: 0, tokenVersion: 0 },
      methods: [],
      owes: undefined,
    }
  }

  async #principal(
    row: StandingRow,
    credential: 'cookie' | 'bearer',
    now: Date,
  ): Promise<Principal | undefined> {
    if (
      row.policy_version_id === null ||
      row.ended_at !== null ||
      row.session_token_version !== row.token_version
    )
      return undefined
    if (
      row.organization_status !== 'active' ||
      row.user_status !== 'active' ||
      row.member_status !== 'active'
    )
      return undefined
    const policy = await this.#services.ports.policies.effective(row.policy_version_id, row.overrides)
    if (!isPermitted(policy, row.methods, credential)) return undefined
    if (row.access_ends_at !== null && row.access_ends_at <= now) return undefined
    const { idleSeconds } = policy.policy.authentication.session
    const idleSince = now.getTime() - (row.last_used_at ?? row.authenticated_at).getTime()
    if (row.expires_at <= now || idleSince > idleSeconds * 1000) return undefined
    this.#stamps.note(row, now)
    const standing = standingOf(row, policy)
    return {
      actor: { kind: 'user', userId: row.user_id, memberId: row.member_id, sessionId: row.id },
      home: homeOf(row),
      credential,
      standing,
      policy,
      revision: { member: row.member_revision, tokenVersion: row.token_version },
      methods: row.methods,
      owes: owedBy(policy, standing, debtsOf(row), now),
    }
  }
}

/**
 * Locks the actor's member and session rows until the transaction ends and says whether what was read of them holds.
 * Whoever demotes, deactivates or signs out this actor updates those rows, so one of the two waits for the other.
 */
export async function holdActor(tx: Tx, principal: Principal): Promise<'same' | 'changed' | 'gone'> {
  const { actor } = principal
  if (actor.kind === 'application') {
    const row = await tx
      .selectFrom('applications as a')
      .innerJoin('organizations as o', 'o.id', 'a.organizationId')
      .select(['a.revokedAt', 'o.status as organizationStatus'])
      .where('a.id', '=', actor.applicationId)
      .forShare('a')
      .executeTakeFirst()
    return row?.revokedAt === null && row.organizationStatus === 'active' ? 'same' : 'gone'
  }
  if (actor.kind !== 'user') return 'same'
  const row = await tx
    .selectFrom('sessions as s')
    .innerJoin('members as m', (join) =>
      join.onRef('m.organizationId', '=', 's.organizationId').onRef('m.id', '=', 's.memberId'),
    )
    .innerJoin('users as u', 'u.id', 's.userId')
    .innerJoin('organizations as o', 'o.id', 's.organizationId')
    .select([
      's.endedAt',
      'm.status',
      'm.revision',
      'u.status as userStatus',
      'u.tokenVersion',
      'o.status as organizationStatus',
    ])
    .where('s.id', '=', actor.sessionId)
    .forShare(['s', 'm'])
    .executeTakeFirst()
  if (!row || row.endedAt !== null || row.status !== 'active' || row.userStatus !== 'active') return 'gone'
  if (row.organizationStatus !== 'active') return 'gone'
  if (row.tokenVersion !== principal.revision.tokenVersion) return 'gone'
  return row.revision === principal.revision.member ? 'same' : 'changed'
}

function homeOf(row: StandingRow): Principal['home'] {
  return {
    organizationId: row.organization_id,
    kind: row.organization_kind,
    slug: row.organization_slug,
    status: row.organization_status,
  }
}

function standingOf(row: StandingRow, { policy }: CompiledPolicy): Standing {
  const isProven = row.second_factor_at !== null && provesFactor(policy.authentication, row.methods)
  return {
    id: row.user_id,
    accountActive: row.user_status === 'active',
    organization: row.organization_id,
    membershipActive: row.member_status === 'active' && row.organization_status === 'active',
    assignments: (row.assignments ?? []).map(([id, role, source, expiresAt]) => ({
      id,
      role,
      source: source as never,
      expiresAt: expiresAt === null ? null : new Date(expiresAt),
    })),
    secondFactor: isProven ? 'satisfied' : row.has_second_factor ? 'enrolled' : 'none',
    authenticatedAt: row.authenticated_at,
    privilegesSuspended: row.privileges_suspended,
  }
}

function debtsOf(row: StandingRow) {
  return {
    mustChangePassword: row.must_change_password,
    emailVerified: row.email_verified,
    hasName: row.has_name,
  }
}

/** The platform's staff where the policy lets them act directly, and the platform's own applications. */
function reachesOrganizations(principal: Principal): boolean {
  return (
    principal.actor.kind === 'application' ||
    principal.policy.policy.organizations.platformAccess === 'direct'
  )
}

async function findOrganization(
  tx: Tx,
  key: string,
): Promise<{ id: Uuid; overrides: string | null } | undefined> {
  const { rows } = await sql<{
    id: Uuid
    overrides: string | null
  }>`select id, overrides from find_organization(${key})`.execute(tx)
  return rows[0]
}

/** Absent: undefined. Anything but one well-formed `Bearer <token>`: refused, since it is a credential we cannot judge. */
function bearerOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization
  if (header === undefined) return undefined
  // Node keeps the first of several; a proxy in front may have looked at another one.
  const { rawHeaders } = request.raw
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]!.length === 13 && rawHeaders[i]!.toLowerCase() === 'authorization') count++
  if (count > 1) throw failures.ambiguous_credentials()
  const match = /^Bearer ([\w.~+/-]+=*)$/i.exec(header)
  if (!match) throw failures.unauthorized()
  return match[1]
}

function cookieOf(request: FastifyRequest): string | undefined {
  const values = cookiesOf(request)
  if (values.length > 1) throw failures.ambiguous_credentials()
  return values[0]
}

function cookiesOf({ headers: { cookie } }: FastifyRequest): string[] {
  if (cookie === undefined || !cookie.includes(SESSION_COOKIE)) return []
  return cookie.split(';').flatMap((pair) => {
    const at = pair.indexOf('=')
    return pair.slice(0, at).trim() === SESSION_COOKIE ? [pair.slice(at + 1).trim()] : []
  })
}

/**
 * Browsers send the cookie with requests that other sites make. `SameSite=Lax` stops most; this stops the rest, also
 * from a sibling subdomain: a write must come from a page of this very origin (Fetch Metadata, else Origin).
 */
export function isSameOrigin(request: FastifyRequest, publicUrl: string): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return true
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  return request.headers.origin === publicUrl
}

import type { CompiledPolicy } from '@writ/policy'
import { type AccountOrganization, inOrganization } from '#people/identity'
import type { AuditEvent, Ctx, Tx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { newId, type Uuid } from '#platform/ids'
import { isPermitted } from '../model/methods.ts'
import { holdMembership, insertRefreshToken, insertSession } from '../store.ts'

/** Secret scanners know a leaked one by it. */
export const REFRESH_PREFIX = 'writ_rt_'

/** A session's secrets, in clear this once: the database has their hashes. */
export interface Credentials {
  readonly sessionId: Uuid
  readonly cookie: string
  readonly refreshToken: string
  readonly expiresAt: Date
  /** What {@link issueTokens} needs. */
  readonly tokenInput: {
    sessionId: Uuid
    userId: Uuid
    organizationId: Uuid
    tokenVersion: number
    policy: CompiledPolicy
  }
}

export interface NewSession {
  readonly userId: Uuid
  readonly tokenVersion: number
  readonly organization: AccountOrganization
  /** Of the organization. */
  readonly policy: CompiledPolicy
  readonly authenticatedAt: Date
  /** How the person proved who they are. Default: by password. */
  readonly methods?: readonly string[]
  readonly secondFactorAt?: Date | null
  /** The new session ends no later than this. */
  readonly notAfter?: Date
  /** What the organization's log says of it. */
  event(session: Uuid): AuditEvent
}

/**
 * Makes a session for a member, with its cookie and the first token of its refresh family, and records it in the
 * organization's log as the person's own act. The account's row is held by the caller, whose transaction is in the
 * account's scope before and after. Undefined where the membership is no longer active, or the organization does not
 * permit such a session.
 */
export async function openSession(ctx: Ctx, tx: Tx, session: NewSession): Promise<Credentials | undefined> {
  const {
    userId,
    tokenVersion,
    organization,
    policy,
    authenticatedAt,
    methods = ['password'],
    secondFactorAt = null,
  } = session
  const { organizationId, memberId } = organization
  if (!isPermitted(policy, methods, 'cookie')) return undefined
  const now = ctx.now()
  const { session: limits, tokens } = policy.policy.authentication
  await ctx.db.switchScope(tx, `org:${organizationId}`)
  if (!(await holdMembership(tx, memberId))) return undefined
  const id = newId(now)
  const [cookie, refreshToken] = [newSecret(), newSecret(REFRESH_PREFIX)]
  const expiresAt = earliest(after(now, limits.absoluteSeconds), session.notAfter)
  const row = {
    id,
    organizationId,
    userId,
    memberId,
    tokenVersion,
    createdAt: now,
    authenticatedAt,
    expiresAt,
    methods: [...methods],
    secondFactorAt,
  }
  await insertSession(tx, row, sha256(cookie), ctx.client)
  await insertRefreshToken(tx, {
    organizationId,
    id: newId(now),
    sessionId: id,
    tokenHash: sha256(refreshToken),
    issuedAt: now,
    expiresAt: earliest(after(now, tokens.refreshSeconds), expiresAt),
  })
  const own = inOrganization(ctx, organizationId, { kind: 'user', userId, memberId, sessionId: id })
  await own.record(tx, session.event(id))
  await ctx.db.switchScope(tx, `account:${userId}`)
  return {
    sessionId: id,
    cookie,
    refreshToken,
    expiresAt,
    tokenInput: { sessionId: id, userId, organizationId, tokenVersion, policy },
  }
}

/** The policy of an organization: the applied one, tightened by its own settings. */
export async function policyOf(ctx: Ctx, overrides: string | null): Promise<CompiledPolicy> {
  const { policies } = ctx.services.ports
  return policies.effective((await policies.current()).versionId, overrides)
}

export function after(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000)
}

export function earliest(date: Date, other: Date | undefined): Date {
  return other !== undefined && other < date ? other : date
}

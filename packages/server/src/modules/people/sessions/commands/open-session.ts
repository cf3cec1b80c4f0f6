import type { CompiledPolicy, Standing } from '@writ/policy'
import { factorsOf, hasFactor, provesFactor } from '#people/factors'
import { type AccountOrganization, inOrganization } from '#people/identity'
import type { AuditEvent, Ctx, Owed, TokenInput, Tx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { newId, type Uuid } from '#platform/ids'
import { isPermitted } from '../model/methods.ts'
import { owedBy } from '../model/owed.ts'
import { debtsOf } from '../queries.ts'
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
  readonly tokenInput: TokenInput
  /** What is owed before anything but that is open. */
  readonly owes: Owed | undefined
}

export interface NewSession {
  readonly userId: Uuid
  readonly tokenVersion: number
  readonly organization: AccountOrganization
  /** Of the organization. */
  readonly policy: CompiledPolicy
  readonly authenticatedAt: Date
  /** How the person proved who they are. */
  readonly methods: readonly string[]
  readonly secondFactorAt: Date | null
  readonly deviceId: Uuid | null
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
  const { userId, tokenVersion, organization, policy, authenticatedAt, methods, secondFactorAt, deviceId } =
    session
  const { organizationId, memberId } = organization
  if (!isPermitted(policy, methods, 'cookie')) return undefined
  const now = ctx.now()
  const hasSecondFactor = hasFactor(await factorsOf(tx, userId))
  await ctx.db.switchScope(tx, `org:${organizationId}`)
  const isMember = await holdMembership(tx, memberId, now)
  const secrets = isMember
    ? await insert(ctx, tx, session, {
        ...{ organizationId, userId, memberId, tokenVersion, authenticatedAt, secondFactorAt, deviceId },
        id: newId(now),
        createdAt: now,
        expiresAt: earliest(
          after(now, policy.policy.authentication.session.absoluteSeconds),
          session.notAfter,
        ),
        methods: [...methods],
      })
    : undefined
  const owes = secrets && (await owedIn(ctx, tx, session, hasSecondFactor))
  await ctx.db.switchScope(tx, `account:${userId}`)
  if (!secrets) return undefined
  const { sessionId } = secrets
  return { ...secrets, owes, tokenInput: { sessionId, userId, organizationId, tokenVersion, policy } }
}

async function insert(
  ctx: Ctx,
  tx: Tx,
  session: NewSession,
  row: Parameters<typeof insertSession>[1],
): Promise<Omit<Credentials, 'tokenInput' | 'owes'>> {
  const { id: sessionId, organizationId, userId, memberId, createdAt, expiresAt } = row
  const [cookie, refreshToken] = [newSecret(), newSecret(REFRESH_PREFIX)]
  await insertSession(tx, row, sha256(cookie), ctx.client)
  await insertRefreshToken(tx, {
    organizationId,
    id: newId(createdAt),
    sessionId,
    tokenHash: sha256(refreshToken),
    issuedAt: createdAt,
    expiresAt: earliest(
      after(createdAt, session.policy.policy.authentication.tokens.refreshSeconds),
      expiresAt,
    ),
  })
  const own = inOrganization(ctx, organizationId, { kind: 'user', userId, memberId, sessionId })
  await own.record(tx, session.event(sessionId))
  return { sessionId, cookie, refreshToken, expiresAt }
}

/** As the gate will see it. Scope: the organization. */
async function owedIn(
  ctx: Ctx,
  tx: Tx,
  { userId, organization, policy, authenticatedAt, methods, secondFactorAt }: NewSession,
  hasSecondFactor: boolean,
): Promise<Owed | undefined> {
  const { organizationId, memberId } = organization
  const there = inOrganization(ctx, organizationId)
  const isProven = secondFactorAt !== null && provesFactor(policy.policy.authentication, methods)
  const standing: Standing = {
    id: userId,
    accountActive: true,
    organization: organizationId,
    membershipActive: true,
    assignments: (await ctx.services.ports.assignments.held(there, tx, memberId)) as Standing['assignments'],
    secondFactor: isProven ? 'satisfied' : hasSecondFactor ? 'enrolled' : 'none',
    authenticatedAt,
  }
  return owedBy(policy, standing, await debtsOf(tx, userId), ctx.now())
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

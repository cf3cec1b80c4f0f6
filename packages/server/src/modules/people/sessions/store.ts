/** All SQL that writes or locks sessions and their tokens. Each function names the scope its transaction must be in. @module */
import { sql } from 'kysely'
import type { Client, Ctx, SessionChange, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { PresentedToken, SessionStanding } from './model/refresh.ts'

export interface SessionRow {
  readonly id: Uuid
  readonly organizationId: Uuid
  readonly userId: Uuid
  readonly memberId: Uuid
  readonly tokenVersion: number
  readonly createdAt: Date
  readonly authenticatedAt: Date
  readonly expiresAt: Date
  readonly methods: string[]
  readonly secondFactorAt: Date | null
  readonly deviceId: Uuid | null
}

/** Scope: the session's organization. */
export async function insertSession(
  tx: Tx,
  row: SessionRow,
  secretHash: Buffer,
  client: Client,
): Promise<void> {
  await tx
    .insertInto('sessions')
    .values((values) => ({
      ...row,
      secretHash,
      memberRevision: values.selectFrom('members').select('revision').where('id', '=', row.memberId),
      lastUsedAt: row.createdAt,
      ip: client.ip,
      userAgent: client.userAgent,
    }))
    .execute()
}

/**
 * Holds the membership until the transaction ends, so that a deactivation either comes first and is seen here, or
 * waits and then ends the session that is about to be made. Who comes is no longer awaited. Scope: the organization.
 */
export async function holdMembership(tx: Tx, memberId: Uuid, now: Date): Promise<boolean> {
  const row = await tx
    .selectFrom('members')
    .select(['status', 'isAwaited', 'accessEndsAt'])
    .where('id', '=', memberId)
    .forShare()
    .executeTakeFirst()
  if (row?.status !== 'active') return false
  if (row.accessEndsAt !== null && row.accessEndsAt <= now) return false
  if (row.isAwaited)
    await tx.updateTable('members').set({ isAwaited: false }).where('id', '=', memberId).execute()
  return true
}

/** Ends one session that still lives. False where it had ended. Scope: its organization. */
export async function endSession(tx: Tx, id: Uuid, because: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('sessions')
    .set({ endedAt: now, endedBecause: because })
    .where('id', '=', id)
    .where('endedAt', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Ends a member's sessions. Scope: the organization. */
export async function endSessionsOfMember(tx: Tx, memberId: Uuid, because: string, now: Date, except?: Uuid) {
  const ended = await tx
    .updateTable('sessions')
    .set({ endedAt: now, endedBecause: because })
    .where('memberId', '=', memberId)
    .where('endedAt', 'is', null)
    .$if(except !== undefined, (query) => query.where('id', '<>', except!))
    .returning(['id', 'userId'])
    .execute()
  return ended
}

/** Ends an account's sessions in all organizations. Scope: the account. */
export async function endSessionsOfAccount(tx: Tx, userId: Uuid, because: string, now: Date, except?: Uuid) {
  const { rows } = await sql<{ organizationId: Uuid; sessionId: Uuid }>`
    select * from end_account_sessions(${userId}, ${now}, ${because}, ${except ?? null})`.execute(tx)
  return rows
}

/**
 * A new cookie in the place of one that was just presented, at the member's revision of now. Of several requests that
 * carry the old one at once, one gets the new. Scope: the session's organization.
 */
export async function replaceCookie(tx: Tx, id: Uuid, was: Buffer, secretHash: Buffer): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('sessions as s')
    .set((values) => ({
      secretHash,
      memberRevision: values
        .selectFrom('members as m')
        .select('m.revision')
        .whereRef('m.id', '=', 's.memberId'),
    }))
    .where('s.id', '=', id)
    .where('s.secretHash', '=', was)
    .where('s.endedAt', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** What was proven in a session, with a new cookie where it has one. Scope: its organization. False where it has ended. */
export async function saveProofs(
  tx: Tx,
  id: Uuid,
  { method, secondFactorAt, authenticatedAt }: SessionChange,
  secretHash: Buffer | undefined,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('sessions')
    .set({
      ...(method === undefined
        ? {}
        : { methods: sql<string[]>`array(select distinct unnest(methods || ${method}::text))` }),
      ...(secondFactorAt === undefined ? {} : { secondFactorAt }),
      ...(authenticatedAt === undefined ? {} : { authenticatedAt }),
      ...(secretHash === undefined ? {} : { secretHash }),
      id,
    })
    .where('id', '=', id)
    .where('endedAt', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/**
 * Lets a session go on after its account's tokens were ended: under the new version, with a new cookie, without the
 * refresh tokens it had. `isFresh`: identity was proven now. Scope: its organization. False where it has ended.
 */
export async function renewSession(
  tx: Tx,
  id: Uuid,
  {
    tokenVersion,
    secretHash,
    isFresh,
    now,
  }: { tokenVersion: number; secretHash: Buffer; isFresh: boolean; now: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('sessions')
    .set({ tokenVersion, lastUsedAt: now, secretHash, ...(isFresh ? { authenticatedAt: now } : {}) })
    .where('id', '=', id)
    .where('endedAt', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) return false
  await tx
    .updateTable('refreshTokens')
    .set({ expiresAt: now })
    .where('sessionId', '=', id)
    .where('expiresAt', '>', now)
    .execute()
  return true
}

// Refresh tokens -------------------------------------------------------------------------------------------------

export interface NewRefreshToken {
  readonly organizationId: Uuid
  readonly id: Uuid
  readonly sessionId: Uuid
  readonly tokenHash: Buffer
  readonly issuedAt: Date
  readonly expiresAt: Date
}

/** Scope: the organization. */
export async function insertRefreshToken(tx: Tx, row: NewRefreshToken): Promise<void> {
  await tx.insertInto('refreshTokens').values(row).execute()
}

/** Where a refresh token belongs; it is presented without its organization. */
export async function findRefreshToken(
  ctx: Ctx,
  tokenHash: Buffer,
): Promise<{ organizationId: Uuid; userId: Uuid } | undefined> {
  const [row] = await ctx.db.prepared<{ organization_id: Uuid; user_id: Uuid }>(
    'session-of-refresh-token',
    'select organization_id, user_id from session_of_refresh_token($1)',
    [tokenHash],
  )
  return row && { organizationId: row.organization_id, userId: row.user_id }
}

export interface HeldFamily {
  readonly session: SessionStanding & { readonly id: Uuid; readonly userId: Uuid; readonly memberId: Uuid }
  readonly overrides: string | null
  readonly token: PresentedToken & { readonly id: Uuid; readonly spentBy: Buffer | null }
}

/**
 * Holds the session of a refresh token, and with it the whole family: of 20 at once, one goes first and the others
 * see what it did. Scope: the organization.
 */
export async function lockFamily(
  tx: Tx,
  tokenHash: Buffer,
  successorHash: Buffer,
): Promise<HeldFamily | undefined> {
  const found = await tx
    .selectFrom('refreshTokens')
    .select(['id', 'sessionId'])
    .where('tokenHash', '=', tokenHash)
    .executeTakeFirst()
  if (!found) return undefined
  await tx.selectFrom('sessions').select('id').where('id', '=', found.sessionId).forNoKeyUpdate().execute()
  // Read after the lock is held: a statement sees what was committed before it began.
  const session = await tx
    .selectFrom('sessions as s')
    .innerJoin('members as m', (join) =>
      join.onRef('m.organizationId', '=', 's.organizationId').onRef('m.id', '=', 's.memberId'),
    )
    .innerJoin('users as u', 'u.id', 's.userId')
    .innerJoin('organizations as o', 'o.id', 's.organizationId')
    .select([
      's.id',
      's.userId',
      's.memberId',
      's.endedAt',
      's.expiresAt',
      's.tokenVersion as sessionTokenVersion',
      'u.tokenVersion',
      'u.status as userStatus',
      'u.mustChangePassword',
      'm.status as memberStatus',
      'm.accessEndsAt',
      'o.status as organizationStatus',
      sql<string | null>`o.overrides::text`.as('overrides'),
    ])
    .where('s.id', '=', found.sessionId)
    .executeTakeFirst()
  const token = await tx
    .selectFrom('refreshTokens')
    .select(['id', 'expiresAt', 'spentAt', 'spentBy'])
    .where('id', '=', found.id)
    .executeTakeFirst()
  if (!session || !token) return undefined
  const successor = await tx
    .selectFrom('refreshTokens')
    .select('spentAt')
    .where('tokenHash', '=', successorHash)
    .executeTakeFirst()
  return {
    session,
    overrides: session.overrides,
    token: { ...token, isSuccessorSpent: successor !== undefined && successor.spentAt !== null },
  }
}

/** Scope: the organization; the family is held. */
export async function spendRefreshToken(tx: Tx, id: Uuid, spentBy: Buffer, now: Date): Promise<void> {
  await tx.updateTable('refreshTokens').set({ spentAt: now, spentBy }).where('id', '=', id).execute()
}

/** Scope: the organization. */
export async function touchSession(tx: Tx, id: Uuid, now: Date): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ lastUsedAt: now })
    .where('id', '=', id)
    .where('lastUsedAt', '<', now)
    .execute()
}

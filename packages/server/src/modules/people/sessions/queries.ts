/** Reads of sessions. @module */
import { DEVICE_SECONDS, organizationsOf } from '#people/identity'
import { memberErrors, memberTarget } from '#people/organizations'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { Page } from '#platform/pages'
import { errors, permissions } from './catalog.ts'
import type { Debts } from './model/owed.ts'

/** A session of one's own, in whatever organization. Scope: the account. */
export async function findOwnSession(tx: Tx, id: Uuid): Promise<{ organizationId: Uuid } | undefined> {
  return tx
    .selectFrom('sessions')
    .select('organizationId')
    .where('id', '=', id)
    .where('endedAt', 'is', null)
    .executeTakeFirst()
}

/** User agents and addresses of an account's sign-ins since then; undefined where it never had one. Scope: the account. */
export async function placesOf(
  tx: Tx,
  userId: Uuid,
  since: Date,
): Promise<{ userAgent: string | null; ip: string | null }[] | undefined> {
  const ever = await tx
    .selectFrom('sessions')
    .select('id')
    .where('userId', '=', userId)
    .limit(1)
    .executeTakeFirst()
  if (!ever) return undefined
  return tx
    .selectFrom('sessions')
    .select(['userAgent', 'ip'])
    .distinct()
    .where('userId', '=', userId)
    .where('createdAt', '>', since)
    .execute()
}

/** What a session carries on where it goes on in another. Scope: its organization, or the account. */
export async function getSessionProofs(tx: Tx, id: Uuid) {
  return tx
    .selectFrom('sessions')
    .select(['methods', 'secondFactorAt', 'authenticatedAt', 'expiresAt', 'deviceId'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow(() => errors.not_found())
}

/** One's own devices that are known, oldest first, and the one that this session was opened on. */
export async function listOwnDevices(
  ctx: Ctx,
  { userId, sessionId }: { userId: Uuid; sessionId: Uuid },
  page: Page,
) {
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const devices = await tx
      .selectFrom('devices')
      .select(['id', 'name', 'ip', 'createdAt', 'lastUsedAt'])
      .where('userId', '=', userId)
      .where('forgottenAt', 'is', null)
      .where('lastUsedAt', '>', new Date(ctx.now().getTime() - DEVICE_SECONDS * 1000))
      .$if(page.after !== undefined, (query) => query.where('id', '>', page.after!))
      .orderBy('id')
      .limit(page.limit + 1)
      .execute()
    return { devices, current: (await getSessionProofs(tx, sessionId)).deviceId }
  })
}

/** The session of a cookie, in whatever organization: it is presented before anything is known of it. */
export async function findSessionOfCookie(
  ctx: Ctx,
  secretHash: Buffer,
): Promise<{ id: Uuid; organizationId: Uuid; userId: Uuid; memberId: Uuid } | undefined> {
  const [row] = await ctx.db.prepared<{ id: Uuid; organization_id: Uuid; user_id: Uuid; member_id: Uuid }>(
    'session-of-cookie',
    `select id, organization_id, user_id, member_id from standing('{}', array[$1]::bytea[], '{}')`,
    [secretHash],
  )
  return (
    row && { id: row.id, organizationId: row.organization_id, userId: row.user_id, memberId: row.member_id }
  )
}

/** A member's session that lives. Scope: the organization. */
export async function findSessionOfMember(
  tx: Tx,
  memberId: Uuid,
  id: Uuid,
): Promise<{ id: Uuid } | undefined> {
  return tx
    .selectFrom('sessions')
    .select('id')
    .where('id', '=', id)
    .where('memberId', '=', memberId)
    .where('endedAt', 'is', null)
    .executeTakeFirst()
}

/** A member's sessions that live in this organization, oldest first. @throws `members.not_found` */
export async function listSessionsOfMember(ctx: Ctx, memberId: Uuid, page: Page) {
  await ctx.authorize(permissions.read, memberTarget(memberId))
  const { about, sessions } = await ctx.db.transaction(`org:${ctx.organizationId}`, async (tx) => {
    const member = await tx
      .selectFrom('members')
      .select('userId')
      .where('id', '=', memberId)
      .executeTakeFirst()
    if (!member) throw memberErrors.not_found()
    const rows = await livingSessions(tx, page, ctx.now()).where('s.memberId', '=', memberId).execute()
    const { idleSeconds } = ctx.policy.policy.authentication.session
    return {
      about: member.userId,
      sessions: rows.map((row) => ({ ...row, isIdle: isIdle(row, idleSeconds, ctx.now()) })),
    }
  })
  await ctx.services.ports.noteRead(ctx, { what: 'sessions', about })
  return sessions
}

function livingSessions(tx: Tx, page: Page, now: Date) {
  return tx
    .selectFrom('sessions as s')
    .innerJoin('users as u', 'u.id', 's.userId')
    .select([
      's.id',
      's.organizationId',
      's.createdAt',
      's.lastUsedAt',
      's.expiresAt',
      's.ip',
      's.userAgent',
      's.methods',
    ])
    .where('s.endedAt', 'is', null)
    .where('s.expiresAt', '>', now)
    .whereRef('s.tokenVersion', '=', 'u.tokenVersion')
    .$if(page.after !== undefined, (query) => query.where('s.id', '>', page.after!))
    .orderBy('s.id')
    .limit(page.limit + 1)
}

function isIdle({ lastUsedAt }: { lastUsedAt: Date }, idleSeconds: number, now: Date): boolean {
  return now.getTime() - lastUsedAt.getTime() > idleSeconds * 1000
}

/** What the gate reads of an account beside its standing. Scope: an organization of it, or the account. */
export async function debtsOf(tx: Tx, userId: Uuid): Promise<Debts> {
  const { mustChangePassword, emailVerifiedAt, name } = await tx
    .selectFrom('users')
    .select(['mustChangePassword', 'emailVerifiedAt', 'name'])
    .where('id', '=', userId)
    .executeTakeFirstOrThrow()
  return { mustChangePassword, emailVerified: emailVerifiedAt !== null, hasName: name !== '' }
}

/** @throws `sessions.not_found` */
export async function getSessionTimes(tx: Tx, id: Uuid) {
  const row = await tx
    .selectFrom('sessions')
    .select(['createdAt', 'authenticatedAt', 'lastUsedAt', 'expiresAt'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw errors.not_found()
  return row
}

/** One's own sessions that live, in all organizations, oldest first; `isIdle` by the idle limit of each one's organization. */
export async function listOwnSessions(ctx: Ctx, userId: Uuid, page: Page) {
  const { policies } = ctx.services.ports
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const now = ctx.now()
    const { versionId } = await policies.current()
    const organizations = new Map(
      (await organizationsOf(tx, userId)).map((organization) => [organization.organizationId, organization]),
    )
    const rows = await livingSessions(tx, page, now).where('s.userId', '=', userId).execute()
    return Promise.all(
      rows.map(async (row) => {
        // A session goes with its membership (foreign key), so there is one.
        const organization = organizations.get(row.organizationId)!
        const { policy } = await policies.effective(versionId, organization.overrides)
        return { ...row, organization, isIdle: isIdle(row, policy.authentication.session.idleSeconds, now) }
      }),
    )
  })
}

/** Who the caller is, here and now. */
export async function readMe(ctx: Ctx, userId: Uuid, sessionId: Uuid) {
  return ctx.db.transaction(`org:${ctx.organizationId}`, async (tx) => {
    const user = await tx
      .selectFrom('users')
      .select(['id', 'email', 'name', 'locale', 'lastSignInAt', 'passwordChangedAt', 'emailVerifiedAt'])
      .where('id', '=', userId)
      .executeTakeFirstOrThrow()
    const organization = await tx
      .selectFrom('organizations')
      .select(['id', 'slug', 'name', 'kind'])
      .where('id', '=', ctx.organizationId)
      .executeTakeFirstOrThrow()
    return { user, organization, session: await getSessionTimes(tx, sessionId) }
  })
}

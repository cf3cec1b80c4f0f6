/** Reads of sessions. @module */
import { organizationsOf } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { Page } from '#platform/pages'
import { errors } from './catalog.ts'

/** A session of one's own, in whatever organization. Scope: the account. */
export async function findOwnSession(tx: Tx, id: Uuid): Promise<{ organizationId: Uuid } | undefined> {
  return tx
    .selectFrom('sessions')
    .select('organizationId')
    .where('id', '=', id)
    .where('endedAt', 'is', null)
    .executeTakeFirst()
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
    const rows = await tx
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
      ])
      .where('s.userId', '=', userId)
      .where('s.endedAt', 'is', null)
      .where('s.expiresAt', '>', now)
      .whereRef('s.tokenVersion', '=', 'u.tokenVersion')
      .$if(page.after !== undefined, (query) => query.where('s.id', '>', page.after!))
      .orderBy('s.id')
      .limit(page.limit + 1)
      .execute()
    return Promise.all(
      rows.map(async (row) => {
        // A session goes with its membership (foreign key), so there is one.
        const organization = organizations.get(row.organizationId)!
        const { policy } = await policies.effective(versionId, organization.overrides)
        const { idleSeconds } = policy.authentication.session
        return { ...row, organization, isIdle: now.getTime() - row.lastUsedAt.getTime() > idleSeconds * 1000 }
      }),
    )
  })
}

/** Who the caller is, here and now. */
export async function readMe(ctx: Ctx, userId: Uuid, sessionId: Uuid) {
  return ctx.db.transaction(`org:${ctx.organizationId}`, async (tx) => {
    const user = await tx
      .selectFrom('users')
      .select(['id', 'email', 'name', 'locale', 'lastSignInAt', 'passwordChangedAt'])
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

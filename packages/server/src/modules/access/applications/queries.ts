/** Reads of applications. */
import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import type { Page } from '#platform/pages'
import { permissions } from './catalog.ts'
import type { Application } from './model.ts'

/** Applications of the organization, revoked ones too, in the order they were registered; one more than the page holds where there are more. */
export async function listApplications(ctx: Ctx, { limit, after }: Page): Promise<Application[]> {
  await ctx.authorize(permissions.read)
  return ctx.db.transaction(`org:${ctx.organizationId}`, (tx) => {
    const all = tx
      .selectFrom('applications')
      .select(['id', 'name', 'createdBy', 'createdAt', 'revokedAt', 'lastUsedAt'])
    return (after === undefined ? all : all.where('id', '>', after))
      .orderBy('id')
      .limit(limit + 1)
      .execute()
  })
}

/** The platform's applications, revoked ones too, in the order they were registered. */
export function listPlatformApplications(operator: OperatorDatabase, platform: Uuid): Promise<Application[]> {
  return operator.db.transaction(`org:${platform}`, (tx) =>
    tx
      .selectFrom('applications')
      .select(['id', 'name', 'createdBy', 'createdAt', 'revokedAt', 'lastUsedAt'])
      .orderBy('id')
      .execute(),
  )
}

import { inOrganization } from '#people/identity'
import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { events, permissions } from '../catalog.ts'
import { findTenant } from '../queries/organizations.ts'
import { saveOrganizationStatus } from '../store.ts'

/**
 * Suspends an organization, for the platform: from then on none of its members' credentials holds. Its log and the
 * platform's both have it. Twice is as good as once.
 *
 * @throws `organizations.not_found`
 */
export function suspendOrganization(ctx: Ctx, id: Uuid): Promise<void> {
  return changeStatus(ctx, id, 'suspended')
}

/** The reverse; credentials that have not expired since hold again. @throws `organizations.not_found` */
export function activateOrganization(ctx: Ctx, id: Uuid): Promise<void> {
  return changeStatus(ctx, id, 'active')
}

async function changeStatus(ctx: Ctx, id: Uuid, status: 'active' | 'suspended'): Promise<void> {
  await ctx.authorize(permissions.suspend)
  await ctx.tx(async (tx) => {
    const before = await findTenant(tx, id)
    await ctx.db.switchScope(tx, `org:${id}`)
    const hasChanged = await saveOrganizationStatus(tx, id, status, ctx.now())
    const event = (status === 'suspended' ? events.suspended : events.activated)({
      target: { type: 'organization', id },
      before: { status: before.status },
      after: { status },
    })
    if (hasChanged) await inOrganization(ctx, id).record(tx, event)
    await ctx.db.switchScope(tx, `org:${ctx.organizationId}`)
    if (hasChanged) await ctx.record(tx, event)
  })
}

import type { Ctx } from '#platform/context'
import { toWire } from '#platform/ids'
import { events, permissions } from '../catalog.ts'
import { changed, type Organization, type OrganizationChange, sameFacts } from '../model.ts'
import { getOrganization } from '../queries/organizations.ts'
import { saveOrganization } from '../store.ts'

/**
 * Changes name, slug or settings of the organization. Nothing changed: nothing recorded.
 *
 * @throws `organizations.slug_taken`
 */
export async function changeOrganization(ctx: Ctx, change: OrganizationChange): Promise<Organization> {
  const id = ctx.organizationId
  await ctx.authorize(permissions.updateOrganization, { type: 'organization', id: toWire('org', id) })
  return ctx.tx(
    async (tx) => {
      const organization = await getOrganization(tx, id)
      const { name, slug, settings } = organization
      const before = { name, slug, settings }
      const after = changed(before, change)
      if (sameFacts(before, after)) return organization
      await saveOrganization(tx, id, after, ctx.now())
      await ctx.record(tx, events.changed({ target: { type: 'organization', id }, before, after }))
      return getOrganization(tx, id)
    },
    { exclusive: true },
  )
}

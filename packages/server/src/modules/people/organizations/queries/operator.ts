/** The context of the operator's commands. @module */
import { type Ctx, createCtx, type Services } from '#platform/context'
import { failures } from '#platform/errors'
import { ANYWHERE, newRequestId } from '#platform/http'
import { fromWire } from '#platform/ids'
import { findTenant, platformOrganization } from './organizations.ts'

/**
 * A context in which the operator `by` acts beside the application: in an organization (its slug or id), else in the
 * platform. `services` are connected as the owner of the tables.
 *
 * @throws `organizations.not_found`; `unavailable` before the first policy was applied
 */
export async function operatorContext(
  services: Services,
  { by, organization }: { readonly by: string; readonly organization?: string | undefined },
): Promise<Ctx> {
  const { versionId } = await services.ports.policies.current()
  const place = await services.db.transaction(`org:${ANYWHERE}`, async (tx) => {
    const platform = await platformOrganization(tx)
    if (platform === undefined) throw failures.unavailable({ reason: 'no_platform' })
    if (organization === undefined) return { id: platform, overrides: null }
    await services.db.switchScope(tx, `org:${platform}`)
    return findTenant(tx, fromWire('org', organization) ?? organization)
  })
  return createCtx(services, {
    requestId: newRequestId(),
    client: { ip: '', userAgent: '' },
    actor: { kind: 'operator', name: by },
    organizationId: place.id,
    policy: await services.ports.policies.effective(versionId, place.overrides),
  })
}

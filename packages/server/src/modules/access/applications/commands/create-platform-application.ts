import { sql } from 'kysely'
import { createCtx, type Services } from '#platform/context'
import { failures, invalidField } from '#platform/errors'
import type { Uuid } from '#platform/ids'
import { type CreatedApplication, MAX_NAME } from '../model.ts'
import { createWithin } from './create-application.ts'

/**
 * Registers an application of the platform, which may ask about every organization. Only the operator does: the
 * database refuses it to the server's own role, so `services.db` must be connected as the owner.
 *
 * @throws `unavailable` before the first policy was applied
 */
export async function createPlatformApplication(
  services: Services,
  { name, by }: { name: string; by: string },
): Promise<CreatedApplication> {
  if (name.trim() === '' || name.length > MAX_NAME)
    throw invalidField('name', `should have 1 to ${MAX_NAME} characters`)
  const { rows } = await sql<{ id: Uuid | null }>`select platform_organization() as id`.execute(
    services.db.kysely,
  )
  const organizationId = rows[0]?.id
  if (!organizationId) throw failures.unavailable({ reason: 'no_platform' })
  const { compiled: policy } = await services.ports.policies.current()
  const client = { ip: '', userAgent: '' }
  const ctx = createCtx(services, {
    requestId: '',
    client,
    actor: { kind: 'operator', name: by },
    organizationId,
    policy,
  })
  return ctx.tx((tx) => createWithin(ctx, tx, name.trim()))
}

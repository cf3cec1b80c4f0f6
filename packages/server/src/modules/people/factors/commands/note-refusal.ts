import { type AccountOrganization, inOrganization, type Lockout } from '#people/identity'
import type { AuditEvent, Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { events } from '../catalog.ts'

/** A refusal of a factor, and that it is locked from now on, are in the log of each of the account's organizations before they are answered. */
export async function noteRefusal(
  ctx: Ctx,
  userId: Uuid,
  organizations: readonly AccountOrganization[],
  refusal: { factor: string; reason: string; locks?: Lockout | undefined },
): Promise<void> {
  const { factor, reason, locks } = refusal
  const target = { type: 'user', id: userId }
  await recordInAll(
    ctx,
    organizations,
    events.refused({ outcome: 'failure', target, reason, data: { factor } }),
  )
  if (locks === undefined) return
  ctx.services.metrics.lockouts.inc()
  const data = { factor, attempts: locks.after, forSeconds: locks.forSeconds }
  await recordInAll(ctx, organizations, events.locked({ target, reason: 'too_many_failed_attempts', data }))
}

async function recordInAll(
  ctx: Ctx,
  organizations: readonly AccountOrganization[],
  event: AuditEvent,
): Promise<void> {
  if (organizations.length === 0) await ctx.recordNow(event)
  for (const { organizationId } of organizations) await inOrganization(ctx, organizationId).recordNow(event)
}

import type { Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { errors, events } from '../catalog.ts'
import type { Application } from '../model.ts'
import { lockApplication, saveRevocation } from '../store.ts'
import { platformOrganization } from './create-platform-application.ts'

/**
 * Revokes an application of the platform for good, as the operator's act: its credential is dead on every node with its
 * next request. The event is in the platform's log. Of two at once the second is told.
 *
 * @throws `applications.not_found` also for an organization's own, `applications.already_revoked`, `unavailable` before
 *   the first policy was applied
 */
export async function revokePlatformApplication(
  operator: OperatorDatabase,
  { id, by }: { id: Uuid; by: string },
): Promise<Application> {
  const platform = await platformOrganization(operator)
  return operator.db.transaction(`org:${platform}`, async (tx) => {
    const application = await lockApplication(tx, id)
    if (!application) throw errors.not_found()
    if (application.revokedAt !== null) throw errors.already_revoked()
    const revokedAt = operator.now()
    await saveRevocation(tx, id, revokedAt)
    await operator.record(
      tx,
      platform,
      by,
      events.revoked({
        target: { type: 'application', id },
        before: { revokedAt: null },
        after: { revokedAt: revokedAt.toISOString() },
      }),
    )
    return { ...application, revokedAt }
  })
}

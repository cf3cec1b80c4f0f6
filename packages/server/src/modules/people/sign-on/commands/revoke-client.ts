import type { Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { errors, events } from '../catalog.ts'
import { lockClient, saveRevocation } from '../store/clients.ts'

/**
 * Revokes an application for good. It is read at every use, so from the commit on it is nobody on every node, and
 * what it was given is worth nothing. Of two at once the second is told.
 *
 * @param platform the platform's organization
 * @throws `sign_on.client_not_found`
 * @throws `sign_on.client_already_revoked`
 */
export async function revokeClient(
  operator: OperatorDatabase,
  { platform, by, id }: { platform: Uuid; by: string; id: Uuid },
): Promise<{ name: string }> {
  return operator.db.transaction(`org:${platform}`, async (tx) => {
    const client = await lockClient(tx, id)
    if (!client) throw errors.client_not_found()
    if (client.revokedAt !== null) throw errors.client_already_revoked()
    const revokedAt = operator.now()
    await saveRevocation(tx, id, revokedAt)
    const event = events.client_revoked({
      target: { type: 'client', id },
      before: { revokedAt: null },
      after: { revokedAt: revokedAt.toISOString() },
    })
    await operator.record(tx, platform, by, event)
    return { name: client.name }
  })
}

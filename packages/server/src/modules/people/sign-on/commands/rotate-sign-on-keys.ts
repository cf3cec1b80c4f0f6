import type { Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { events } from '../catalog.ts'
import { makeSignOnKey } from '../provider/keys.ts'
import { retireOtherKeys } from '../store/clients.ts'

/**
 * Makes a new key for ID tokens; the newest that is not retired signs, all that are not retired are published. With
 * `retireOthers` no verifier finds the other keys any more. The event is in the platform's log.
 */
export async function rotateSignOnKeys(
  operator: OperatorDatabase,
  { platform, retireOthers, by }: { platform: Uuid; retireOthers: boolean; by: string },
): Promise<{ keyId: Uuid; retired: number }> {
  return operator.db.transaction(`org:${platform}`, async (tx) => {
    const now = operator.now()
    const keyId = await makeSignOnKey(tx, operator.masterKey, now)
    const retired = retireOthers ? await retireOtherKeys(tx, keyId, now) : 0
    const event = events.keys_rotated({ target: { type: 'signing_key', id: keyId }, data: { retired } })
    await operator.record(tx, platform, by, event)
    return { keyId, retired }
  })
}

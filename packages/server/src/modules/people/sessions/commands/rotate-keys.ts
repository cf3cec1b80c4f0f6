import type { Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { events } from '../catalog.ts'
import type { Algorithm } from '../credentials/keyring.ts'
import { makeSigningKey, retireOtherKeys } from '../credentials/signing-keys.ts'

/** What a rotation left behind. */
export interface RotatedKeys {
  readonly keyId: Uuid
  readonly algorithm: Algorithm
  /** How many keys were retired with it. */
  readonly retired: number
}

/**
 * Makes a new key for access tokens; the newest that is not retired signs. With `retireOthers` the tokens of every
 * other key are refused from the commit on, on every node. Only the operator does; the event is in the platform's log.
 *
 * @param platform the platform's organization
 */
export async function rotateKeys(
  operator: OperatorDatabase,
  {
    platform,
    algorithm,
    retireOthers,
    by,
  }: { platform: Uuid; algorithm: Algorithm; retireOthers: boolean; by: string },
): Promise<RotatedKeys> {
  return operator.db.transaction(`org:${platform}`, async (tx) => {
    const now = operator.now()
    const keyId = await makeSigningKey(tx, operator.masterKey, algorithm, now)
    const retired = retireOthers ? await retireOtherKeys(tx, keyId, algorithm, now) : 0
    const event = events.keys_rotated({
      target: { type: 'signing_key', id: keyId },
      data: { algorithm, retired },
    })
    await operator.record(tx, platform, by, event)
    return { keyId, algorithm, retired }
  })
}

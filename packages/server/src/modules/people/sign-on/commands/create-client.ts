import { newSecret, sha256 } from '#platform/crypto'
import { invalidField } from '#platform/errors'
import { newId, toWire, type Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { events } from '../catalog.ts'
import { type RegistrationInput, registrationOf, SECRET_PREFIX, type SignOnClient } from '../model/client.ts'
import { findService, insertClient } from '../store/clients.ts'

/** The secret is in clear this once; only its hash is stored. */
export interface CreatedClient {
  readonly client: SignOnClient
  readonly secret: string | undefined
}

/**
 * Registers an application for the one sign-on. Only the operator does: the server's own role cannot. The event is in
 * the platform's log.
 *
 * @param platform the platform's organization
 * @param input.organizationId only its members sign in; absent: those of all organizations
 * @throws `invalid_input` naming the field that is wrong
 */
export async function createClient(
  operator: OperatorDatabase,
  {
    platform,
    by,
    input,
  }: { platform: Uuid; by: string; input: RegistrationInput & { organizationId?: Uuid | undefined } },
): Promise<CreatedClient> {
  const { organizationId = null, ...said } = input
  const registration = registrationOf(said)
  const secret = registration.authentication.startsWith('client_secret')
    ? newSecret(SECRET_PREFIX)
    : undefined
  const now = operator.now()
  const client: SignOnClient = {
    ...registration,
    id: newId(now),
    secretHash: secret === undefined ? null : sha256(secret),
    organizationId,
    createdAt: now,
    revokedAt: null,
  }
  return operator.db.transaction(`org:${platform}`, async (tx) => {
    if (client.audience !== null && (await findService(tx, client.audience)))
      throw invalidField('audience', 'should be of this service alone: another one answers to it')
    await insertClient(tx, client, `operator:${by}`)
    const { jwks: _, ...after } = registration
    const event = events.client_created({
      target: { type: 'client', id: client.id },
      after: { ...after, organization: organizationId && toWire('org', organizationId) },
    })
    await operator.record(tx, platform, by, event)
    return { client, secret }
  })
}

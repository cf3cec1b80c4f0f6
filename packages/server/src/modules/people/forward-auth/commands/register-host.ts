import { sql } from 'kysely'
import { failures, invalidField } from '#platform/errors'
import { newId, type Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { errors, events } from '../catalog.ts'
import { type ForwardHost, hostOrigin } from '../model.ts'
import { insertHost } from '../store.ts'

/**
 * Registers a host by its exact origin. Only the operator does, on the owner's connection: the database refuses it to
 * the server's own role. The event is in the platform's log.
 *
 * @param publicUrl Writ's own address, which is no host of an application
 * @throws `invalid_input`, `forward_auth.already_registered`, `unavailable` before the first policy was applied
 */
export async function registerHost(
  operator: OperatorDatabase,
  { origin: text, publicUrl, by }: { origin: string; publicUrl: string; by: string },
): Promise<ForwardHost> {
  const origin = hostOrigin(text)
  if (origin === undefined)
    throw invalidField(
      'origin',
      'should be an origin such as https://wiki.example.com: https (http only on this machine), a host, no path',
    )
  if (origin === new URL(publicUrl).origin)
    throw invalidField('origin', 'is the address of Writ itself; an application has a host of its own')
  const platform = await platformOf(operator)
  return operator.db.transaction(`org:${platform}`, async (tx) => {
    const now = operator.now()
    const host = { id: newId(now), origin, createdBy: `operator:${by}`, createdAt: now }
    if (!(await insertHost(tx, host))) throw errors.already_registered({ origin })
    const event = events.host_registered({
      target: { type: 'forward_host', id: host.id },
      after: { origin },
    })
    await operator.record(tx, platform, by, event)
    return host
  })
}

/** The platform's organization, to whose log the operator's acts belong. @throws `unavailable` before the first policy was applied */
export async function platformOf({ db }: OperatorDatabase): Promise<Uuid> {
  const { rows } = await sql<{ id: Uuid | null }>`select platform_organization() as id`.execute(db.kysely)
  const id = rows[0]?.id
  if (!id) throw failures.unavailable({ reason: 'no_policy_applied' })
  return id
}

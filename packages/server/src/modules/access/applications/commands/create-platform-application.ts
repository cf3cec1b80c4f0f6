import { sql } from 'kysely'
import { sha256 } from '#platform/crypto'
import { failures, invalidField } from '#platform/errors'
import type { Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { events } from '../catalog.ts'
import { type CreatedApplication, MAX_NAME } from '../model.ts'
import { insertApplication } from '../store.ts'
import { newApplication } from './create-application.ts'

/**
 * Registers an application of the platform, which may ask about every organization. Only the operator does, on the
 * owner's connection: the database refuses it to the server's own role. The event is in the platform's log.
 *
 * @param by who does it, as the log spells actors after `operator:`
 * @throws `unavailable` before the first policy was applied: there is no platform yet
 */
export async function createPlatformApplication(
  operator: OperatorDatabase,
  { name, by }: { name: string; by: string },
): Promise<CreatedApplication> {
  const trimmed = name.trim()
  if (trimmed === '' || trimmed.length > MAX_NAME) {
    throw invalidField('name', `should have 1 to ${MAX_NAME} characters`)
  }
  const platform = await platformOrganization(operator)
  return operator.db.transaction(`org:${platform}`, async (tx) => {
    const created = newApplication(trimmed, `operator:${by}`, operator.now())
    const { id } = created.application
    await insertApplication(tx, platform, created.application, sha256(created.credential))
    const event = events.created({ target: { type: 'application', id }, after: { name: trimmed } })
    await operator.record(tx, platform, by, event)
    return created
  })
}

/** @throws `unavailable` before the first policy was applied: there is no platform yet */
export async function platformOrganization(operator: OperatorDatabase): Promise<Uuid> {
  const { rows } = await sql<{ id: Uuid | null }>`select platform_organization() as id`.execute(
    operator.db.kysely,
  )
  const id = rows[0]?.id
  if (!id) throw failures.unavailable({ reason: 'no_policy_applied' })
  return id
}

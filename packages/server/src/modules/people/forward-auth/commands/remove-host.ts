import type { OperatorDatabase } from '#platform/operator'
import { errors, events } from '../catalog.ts'
import { hostOrigin } from '../model.ts'
import { endHost } from '../store.ts'
import { platformOf } from './register-host.ts'

/**
 * Removes a host: its cookies and codes are worth nothing from the next request on.
 *
 * @throws `forward_auth.not_found`
 */
export async function removeHost(
  operator: OperatorDatabase,
  { origin: text, by }: { origin: string; by: string },
): Promise<void> {
  const origin = hostOrigin(text)
  const platform = await platformOf(operator)
  await operator.db.transaction(`org:${platform}`, async (tx) => {
    const id = origin === undefined ? undefined : await endHost(tx, origin, operator.now())
    if (id === undefined) throw errors.not_found({ origin: text })
    const event = events.host_removed({ target: { type: 'forward_host', id }, before: { origin } })
    await operator.record(tx, platform, by, event)
  })
}

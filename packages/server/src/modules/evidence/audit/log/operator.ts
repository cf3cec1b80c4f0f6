import type { AuditEvent } from '#platform/context'
import type { Tx } from '#platform/database'
import type { Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { insertWithin } from '../store.ts'
import { entryOf } from './entry.ts'

/**
 * Records what the operator's command does, within its transaction, in the log of an organization or the platform.
 * A running server numbers and signs it.
 *
 * @param name who the operator is, such as the account on the machine
 */
export async function recordAsOperator(
  operator: OperatorDatabase,
  tx: Tx,
  {
    organizationId,
    name,
    command,
    event,
  }: { organizationId: Uuid; name: string; command: string; event: AuditEvent },
): Promise<void> {
  const circumstances = {
    at: operator.now(),
    actor: { kind: 'operator', name } as const,
    client: { ip: '', userAgent: '' },
    requestId: `command:${command}`,
  }
  const entry = entryOf(organizationId, circumstances, event)
  await insertWithin(operator.db, tx, organizationId, [entry])
}

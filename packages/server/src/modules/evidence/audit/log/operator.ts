import type { OperatorDatabase } from '#platform/operator'
import { insertWithin } from '../store.ts'
import { entryOf } from './entry.ts'

/** `operator:first-start` and `first-start` are one name. */
const PREFIX = 'operator:'

/**
 * How the operator's commands record: within the transaction of the change, in the log of an organization or of the
 * platform. A running server numbers and signs it.
 */
export function recordAsOperator({
  db,
  now,
}: Pick<OperatorDatabase, 'db' | 'now'>): OperatorDatabase['record'] {
  return async (tx, organizationId, by, event) => {
    const circumstances = {
      at: now(),
      actor: { kind: 'operator', name: by.startsWith(PREFIX) ? by.slice(PREFIX.length) : by } as const,
      client: { ip: '', userAgent: '' },
      requestId: 'command',
    }
    await insertWithin(db, tx, organizationId, [entryOf(organizationId, circumstances, event)])
  }
}

import type { Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { errors, events } from '../catalog.ts'
import { findCheckpoint, verifierKey } from '../queries.ts'
import { exportLines } from './export-log.ts'

/** An export that is being written. */
export interface OperatorExport {
  /** Events in it. */
  readonly size: number
  /** Without newlines. Read it once, before the database is closed. */
  readonly lines: AsyncIterable<string>
}

/**
 * The whole log of an organization up to its newest checkpoint, for the operator's command, which needs no member's
 * permission. That it was exported is in the log before the first line.
 *
 * @throws `audit.no_checkpoint`
 */
export async function exportLogAsOperator(
  operator: OperatorDatabase,
  { organizationId, by }: { organizationId: Uuid; by: string },
): Promise<OperatorExport> {
  return operator.db.transaction(`org:${organizationId}`, async (tx) => {
    const checkpoint = await findCheckpoint(tx, organizationId)
    if (!checkpoint) throw errors.no_checkpoint()
    const key = await verifierKey(tx, organizationId)
    const { size } = checkpoint
    const event = events.exported({
      target: { type: 'audit_log', id: organizationId },
      data: { from: 0, to: size, size },
    })
    await operator.record(tx, organizationId, by, event)
    return { size, lines: exportLines(operator.db, organizationId, { checkpoint, key, from: 0, to: size }) }
  })
}

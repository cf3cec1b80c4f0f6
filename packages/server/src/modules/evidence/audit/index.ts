/**
 * The audit log: every access event of an organization, in a transparency log of its own.
 *
 * Invariants
 * - No change without its event, no event without its change: `record` writes in the change's own transaction.
 * - What `recordNow` has acknowledged is on the disk and will be numbered, whatever dies afterwards.
 * - A log never forks: one node at a time numbers, a checkpoint is signed only for committed leaves and only if it
 *   extends the one before it.
 * - Nothing of the log is changed or removed, by any role, save clear personal values, which no proof rests on.
 * - A leaf holds personal values only as salted hashes.
 *
 * @module
 */
export { exportLog } from './commands/export-log.ts'
export { exportLogAsOperator, type OperatorExport } from './commands/export-log-as-operator.ts'
export { type Audit, createAudit } from './log/audit.ts'
export { recordAsOperator } from './log/operator.ts'
export {
  type AboutSomebody,
  type EventFilter,
  listEvents,
  readEventsAbout,
  type StoredEvent,
} from './queries.ts'
export { auditRoutes, eventShape, eventView } from './routes.ts'

/**
 * The operator's side: what is done beside the server, on the owner's connection, and never by a request.
 *
 * @module
 */
import type { AuditEvent } from './context.ts'
import type { Database, Tx } from './database.ts'
import type { Uuid } from './ids.ts'

/** The database as its owner. */
export interface OperatorDatabase {
  readonly db: Database
  readonly masterKey: Uint8Array
  now(): Date
  /** evidence/audit: within the transaction of the change, as the act of the operator `by`. */
  record(tx: Tx, organizationId: Uuid, by: string, event: AuditEvent): Promise<void>
}

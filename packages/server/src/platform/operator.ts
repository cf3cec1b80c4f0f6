/**
 * The operator's side: what is done beside the server, on the owner's connection, and never by a request.
 *
 * @module
 */
import type { Database } from './database.ts'

/** The database as its owner. */
export interface OperatorDatabase {
  readonly db: Database
  readonly masterKey: Uint8Array
  now(): Date
}

/**
 * The operator's side: what is done beside the server, on the owner's connection, and never by a request.
 *
 * @module
 */
import { fileURLToPath } from 'node:url'
import type { Database } from '#platform/database'

/** The database as its owner, for commands of the operator. */
export interface OperatorDatabase {
  readonly db: Database
  readonly masterKey: Uint8Array
  now(): Date
}

export const migrationsDirectory = fileURLToPath(new URL('../migrations/', import.meta.url))

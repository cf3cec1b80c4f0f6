/** Why the database cannot be used. Stable: documented in the operator's reference and asserted by tests. */
export type DatabaseErrorCode =
  | 'database.binaries_missing'
  | 'database.initialization_failed'
  | 'database.directory_in_use'
  | 'database.directory_unreachable'
  | 'database.version_mismatch'
  | 'database.start_failed'
  | 'database.stop_failed'
  | 'database.configuration'
  | 'database.unreachable'
  | 'database.role_too_powerful'
  | 'database.migration_invalid'
  | 'database.migration_changed'
  | 'database.migration_missing'
  | 'database.migration_failed'
  | 'database.schema_newer'

/**
 * The database cannot be started, reached or migrated.
 *
 * The message is written for the operator: what is wrong, where, and what to do. It never contains a
 * password, so it may be printed and logged as it is.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly code: DatabaseErrorCode

  constructor(code: DatabaseErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

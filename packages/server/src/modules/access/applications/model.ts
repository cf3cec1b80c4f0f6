/** Applications: what is known of them. The credential is not: only its hash is stored. */
import type { Uuid } from '#platform/ids'

export interface Application {
  readonly id: Uuid
  readonly name: string
  readonly createdBy: string
  readonly createdAt: Date
  readonly revokedAt: Date | null
  readonly lastUsedAt: Date | null
}

/** A new application and, this once, what it proves itself by. */
export interface CreatedApplication {
  readonly application: Application
  readonly credential: string
}

/** Prefix of credentials: secret scanners know a leaked one by it. */
export const CREDENTIAL_PREFIX = 'writ_app_'

/** Longest name. */
export const MAX_NAME = 200

/**
 * Who is this, and what may they do now: one statement for all requests of a tick.
 *
 * @module
 */
import type { Database } from '#platform/database'
import type { Uuid } from '#platform/ids'
import { TickBatches } from '#platform/tick-batches'

/** One row of standing() (migrations/0003_access.sql). */
export interface StandingRow {
  kind: 'session' | 'cookie' | 'application'
  key: string
  id: Uuid
  organization_id: Uuid
  organization_kind: 'platform' | 'organization'
  organization_slug: string
  organization_status: 'active' | 'suspended'
  overrides: string | null
  user_id: Uuid
  user_status: string
  member_id: Uuid
  member_status: string
  member_revision: number
  token_version: number
  session_token_version: number
  must_change_password: boolean
  authenticated_at: Date
  last_used_at: Date | null
  expires_at: Date
  ended_at: Date | null
  /** [id, role, source, expires_at] */
  assignments: [Uuid, string, string, string | null][] | null
  /** Null before the first policy was applied. */
  policy_version_id: Uuid | null
  keys_epoch: number
  /** member_revision when the cookie was made. */
  cookie_revision: number
  /** How the session was opened and proven since. */
  methods: string[]
  second_factor_at: Date | null
  has_second_factor: boolean
  privileges_suspended: boolean
  access_ends_at: Date | null
  email_verified: boolean
  has_name: boolean
}

/** A credential as it is looked up: a session by its id, a cookie or an application's credential by its SHA-256. */
export type Key =
  | { readonly kind: 'session'; readonly id: Uuid }
  | { readonly kind: 'cookie' | 'application'; readonly hash: Buffer }

const STATEMENT = 'select * from standing($1::uuid[], $2::bytea[], $3::bytea[])'

export class StandingReader {
  readonly #db: Database
  readonly #batches = new TickBatches<Key, StandingRow | undefined>(nameOf, (keys) => this.#query(keys))

  constructor(db: Database) {
    this.#db = db
  }

  /** The row of a credential, read after this call began; undefined if nobody has it. @throws `unavailable` */
  read(key: Key): Promise<StandingRow | undefined> {
    return this.#batches.ask(key)
  }

  async #query(keys: readonly Key[]): Promise<(StandingRow | undefined)[]> {
    const sessions: Uuid[] = []
    const cookies: Buffer[] = []
    const applications: Buffer[] = []
    for (const key of keys) {
      if (key.kind === 'session') sessions.push(key.id)
      else if (key.kind === 'cookie') cookies.push(key.hash)
      else applications.push(key.hash)
    }
    const found = await this.#db.prepared<StandingRow>('standing', STATEMENT, [
      sessions,
      cookies,
      applications,
    ])
    const rows = new Map(found.map((row) => [`${row.kind} ${row.key}`, row]))
    return keys.map((key) => rows.get(nameOf(key)))
  }
}

function nameOf(key: Key): string {
  return key.kind === 'session' ? `session ${key.id}` : `${key.kind} ${key.hash.toString('hex')}`
}

/**
 * Who is this, and what may they do now: one statement for all requests of a tick.
 *
 * Nothing of an answer is kept. A revocation therefore needs no invalidation: the next request, on whatever node,
 * reads it. Requests that arrive while a statement is on its way wait for the next one, so under load the batches
 * grow and the database sees fewer, larger questions.
 *
 * @module
 */
import type { Database } from '#platform/database'
import type { Uuid } from '#platform/ids'

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
}

/** A credential as it is looked up: a session by its id, a cookie or an application's credential by its SHA-256. */
export type Key =
  | { readonly kind: 'session'; readonly id: Uuid }
  | { readonly kind: 'cookie' | 'application'; readonly hash: Buffer }

interface Waiting {
  readonly key: Key
  resolve(row: StandingRow | undefined): void
  reject(error: unknown): void
}

const STATEMENT = 'select * from standing($1::uuid[], $2::bytea[], $3::bytea[])'

/** More than this at once only makes each answer later. */
const IN_FLIGHT = 2

export class StandingReader {
  readonly #db: Database
  #waiting: Waiting[] = []
  #scheduled = false
  #inFlight = 0

  constructor(db: Database) {
    this.#db = db
  }

  /** The row of a credential, read after this call began; undefined if nobody has it. @throws `unavailable` */
  read(key: Key): Promise<StandingRow | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled || this.#inFlight >= IN_FLIGHT || this.#waiting.length === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#flush()
    })
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    this.#inFlight++
    try {
      const rows = await this.#query(batch)
      for (const { key, resolve } of batch) resolve(rows.get(nameOf(key)))
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      this.#inFlight--
      this.#schedule()
    }
  }

  async #query(batch: readonly Waiting[]): Promise<Map<string, StandingRow>> {
    const sessions = new Set<Uuid>()
    const cookies = new Map<string, Buffer>()
    const applications = new Map<string, Buffer>()
    for (const { key } of batch) {
      if (key.kind === 'session') sessions.add(key.id)
      else if (key.kind === 'cookie') cookies.set(nameOf(key), key.hash)
      else applications.set(nameOf(key), key.hash)
    }
    const rows = await this.#db.prepared<StandingRow>('standing', STATEMENT, [
      [...sessions],
      [...cookies.values()],
      [...applications.values()],
    ])
    return new Map(rows.map((row) => [`${row.kind} ${row.key}`, row]))
  }
}

function nameOf(key: Key): string {
  return key.kind === 'session' ? `session ${key.id}` : `${key.kind} ${key.hash.toString('hex')}`
}

/**
 * What decisions are made from, read live: one statement for all questions of a tick, of whatever organizations.
 *
 * @module
 */
import type { Database } from '#platform/database'
import type { Uuid } from '#platform/ids'
import { TickBatches } from '#platform/tick-batches'

/** Asked under an organization's own scope, or under the platform's about any organization. */
export interface FactsQuestion {
  /** The organization whose signed scope the question is asked under. */
  readonly scope: Uuid
  /** The organization asked about, uuid or slug; null: that of the scope. */
  readonly organization: string | null
  readonly user: Uuid | null
  /** An address in its compared spelling, instead of the user's id. */
  readonly address: string | null
  readonly type: string | null
  readonly resource: string | null
}

/** One row of decision_facts() (migrations/0007_decisions.sql). */
export interface FactsRow {
  readonly n: number
  /** The organization asked about, where it is another than that of the scope. */
  readonly elsewhere: Elsewhere | null
  /** Null: no member of this organization or of the platform; so are then all fields up to `assignments`. */
  readonly user_id: Uuid | null
  readonly email: string
  readonly name: string
  readonly account_active: boolean
  readonly must_change_password: boolean
  readonly last_sign_in_at: Date | null
  /** The organization of the membership that gives the subject standing. */
  readonly member_organization_id: Uuid
  /** The membership, and that organization itself. */
  readonly membership_active: boolean
  /** [id, role, source, expires_at] */
  readonly assignments: readonly [Uuid, string, string, string | null][] | null
  readonly registered: boolean
  readonly attributes: Readonly<Record<string, unknown>> | null
  readonly state: string | null
  readonly has_second_factor: boolean
  readonly privileges_suspended: boolean
  readonly access_ends_at: Date | null
  readonly email_verified: boolean
}

/** What has to be known of an organization to decide in it. */
export interface Elsewhere {
  readonly id: Uuid
  readonly slug: string
  readonly kind: 'platform' | 'organization'
  readonly overrides: string | null
  /** Null before the first policy was applied. */
  readonly policyVersionId: Uuid | null
}

const STATEMENT =
  'select * from decision_facts($1::text[], $2::integer[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[])'

/** A signed scope is a pure function of organization and key, so it may be remembered. */
const REMEMBERED_SCOPES = 10_000

export class FactsReader {
  readonly #db: Database
  readonly #scopes = new Map<Uuid, string>()
  readonly #batches = new TickBatches<FactsQuestion, FactsRow | undefined>(keyOf, (questions) =>
    this.#query(questions),
  )

  constructor(db: Database) {
    this.#db = db
  }

  /**
   * Facts read after this call began; undefined when the organization does not exist for the asker.
   * @throws `unavailable`
   */
  ask(question: FactsQuestion): Promise<FactsRow | undefined> {
    return this.#batches.ask(question)
  }

  /** The signed scope of an organization. */
  scopeOf(organization: Uuid): string {
    let signed = this.#scopes.get(organization)
    if (signed === undefined) {
      if (this.#scopes.size >= REMEMBERED_SCOPES) this.#scopes.clear()
      signed = this.#db.sign(`org:${organization}`)
      this.#scopes.set(organization, signed)
    }
    return signed
  }

  async #query(questions: readonly FactsQuestion[]): Promise<(FactsRow | undefined)[]> {
    const contexts: string[] = []
    const indexOf = new Map<Uuid, number>()
    const context: number[] = []
    for (const question of questions) {
      let index = indexOf.get(question.scope)
      if (index === undefined) {
        index = contexts.push(this.scopeOf(question.scope))
        indexOf.set(question.scope, index)
      }
      context.push(index)
    }
    const column = (field: keyof FactsQuestion) => columnOf(questions, field)
    const found = await this.#db.prepared<FactsRow>('decision-facts', STATEMENT, [
      contexts,
      `{${context.join()}}`,
      column('organization'),
      column('user'),
      column('address'),
      column('type'),
      column('resource'),
    ])
    const rows: (FactsRow | undefined)[] = new Array(questions.length)
    for (const row of found) rows[row.n - 1] = row
    return rows
  }
}

/** Most columns say nothing of any question, and an empty array is as many nulls as are needed. */
function columnOf(questions: readonly FactsQuestion[], field: keyof FactsQuestion): (string | null)[] {
  return questions.some((question) => question[field] !== null)
    ? questions.map((question) => question[field])
    : []
}

/** NUL is in no text that comes from outside; the sign tells an empty text from none. */
function keyOf({ scope, organization, user, address, type, resource }: FactsQuestion): string {
  const part = (text: string | null) => (text === null ? '\0' : `\0=${text}`)
  return scope + part(organization) + part(user) + part(address) + part(type) + part(resource)
}

const readers = new WeakMap<Database, FactsReader>()

/** The one reader of a database, so that all its questions share statements. */
export function factsReader(db: Database): FactsReader {
  let reader = readers.get(db)
  if (!reader) {
    reader = new FactsReader(db)
    readers.set(db, reader)
  }
  return reader
}

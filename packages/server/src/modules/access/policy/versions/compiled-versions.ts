/**
 * The policy in force and those before it, compiled once each.
 *
 * A version never changes, so what is in memory needs no invalidation; which one is in force is read anew each time.
 *
 * @module
 */
import { type CompiledPolicy, compile, compileTightened, formatProblem, parsePolicy } from '@writ/policy'
import type { AppliedPolicy, Policies } from '#platform/context'
import type { Database } from '#platform/database'
import { failures } from '#platform/errors'
import { toWire, type Uuid } from '#platform/ids'
import { withOverrides } from '../model.ts'

/** Organizations that tighten alike share one; a compiled form of their own shares all but what they tightened. */
const REMEMBERED_OVERRIDES = 20_000

/** The `policies` port over a database. */
export function createPolicies(db: Database): Policies {
  return new CompiledVersions(db)
}

class CompiledVersions implements Policies {
  readonly #db: Database
  readonly #versions = new Map<Uuid, Promise<CompiledPolicy>>()
  readonly #tightened = new Map<string, CompiledPolicy>()

  constructor(db: Database) {
    this.#db = db
  }

  async current(): Promise<AppliedPolicy> {
    const rows = await this.#db.prepared<{ id: Uuid }>(
      'policy-in-force',
      'select id from policy_versions order by number desc limit 1',
      [],
    )
    const versionId = rows[0]?.id
    if (versionId === undefined) throw failures.unavailable({ reason: 'no_policy' })
    return { versionId, compiled: await this.#version(versionId) }
  }

  async effective(versionId: Uuid, overrides: string | null): Promise<CompiledPolicy> {
    const compiled = await this.#version(versionId)
    if (overrides === null || overrides === '{}') return compiled
    const key = `${versionId} ${overrides}`
    const known = this.#tightened.get(key)
    if (known) {
      // Moved to the end: the first of a Map is the one that was not asked for longest.
      this.#tightened.delete(key)
      this.#tightened.set(key, known)
      return known
    }
    const tightened = compileTightened(compiled, withOverrides(compiled.policy, JSON.parse(overrides)))
    if (this.#tightened.size >= REMEMBERED_OVERRIDES)
      this.#tightened.delete(this.#tightened.keys().next().value!)
    this.#tightened.set(key, tightened)
    return tightened
  }

  #version(id: Uuid): Promise<CompiledPolicy> {
    let version = this.#versions.get(id)
    if (!version) {
      version = this.#load(id)
      this.#versions.set(id, version)
      // What failed once (the database was away) is tried again by the next to ask.
      version.catch(() => this.#versions.delete(id))
    }
    return version
  }

  async #load(id: Uuid): Promise<CompiledPolicy> {
    const rows = await this.#db.prepared<{ source: string }>(
      'policy-source',
      'select source from policy_versions where id = $1',
      [id],
    )
    if (!rows[0]) throw failures.unavailable({ reason: 'no_policy' })
    return compileStored(id, rows[0].source)
  }
}

/**
 * Compiles a version as it is stored. Its `version` is the id as the API spells it.
 *
 * @throws Error when this release no longer reads what an earlier one accepted
 */
export function compileStored(id: Uuid, source: string): CompiledPolicy {
  const version = toWire('pol', id)
  const parsed = parsePolicy(source, { file: version })
  if (!parsed.ok) {
    throw new Error(
      `Policy version ${version} cannot be read by this release: ${parsed.problems.map(formatProblem).join('; ')}`,
    )
  }
  return compile(parsed.policy, { version })
}

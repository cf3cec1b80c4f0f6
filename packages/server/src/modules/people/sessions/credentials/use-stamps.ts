/**
 * When a session was last used, written at most once a minute each and once a second for all: the idle limit needs
 * no more, and a write per request would cost more than everything else the request does.
 *
 * @module
 */
import { sql } from 'kysely'
import type { Services } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { StandingRow } from './standing.ts'

const RESOLUTION_MS = 60_000
const FLUSH_MS = 1_000

export class UseStamps {
  readonly #services: Services
  #seen = new Set<Uuid>()
  #latest = new Date(0)
  #timer: NodeJS.Timeout | undefined

  constructor(services: Services) {
    this.#services = services
  }

  /** Notes a use; never delays or fails the request that is one. */
  note(row: StandingRow, now: Date): void {
    if (row.last_used_at !== null && now.getTime() - row.last_used_at.getTime() < RESOLUTION_MS) return
    this.#seen.add(row.id)
    if (now > this.#latest) this.#latest = now
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref()
  }

  /** Writes what has been noted. A failure loses at most a minute of precision, and only towards an earlier end. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const sessions = [...this.#seen]
    if (sessions.length === 0) return
    this.#seen = new Set()
    try {
      await this.#services.db.transaction('stamps', async (tx) => {
        await sql`select touch_sessions(${sessions}::uuid[], ${this.#latest})`.execute(tx)
      })
    } catch (error) {
      this.#services.log.warn({ err: error, sessions: sessions.length }, 'last use was not written')
    }
  }

  async close(): Promise<void> {
    await this.flush()
  }
}

/**
 * Events that are recorded by themselves, one statement for all that arrive while another is on its way.
 *
 * @module
 */
import { AppError } from '#platform/errors'
import type { Uuid } from '#platform/ids'
import type { EntryRow } from './entry.ts'

interface Waiting {
  readonly row: EntryRow
  settle(): void
  fail(error: unknown): void
}

/** So that one statement stays within a few milliseconds. */
const MOST_IN_ONE = 500

/**
 * One queue an organization, one statement of it in flight.
 *
 * A promise resolves when its event is committed. It rejects when that is not known: the event may then be in the
 * log or not, and the caller must do as if it were not.
 */
export class Batches {
  readonly #insert: (organizationId: Uuid, rows: readonly EntryRow[]) => Promise<void>
  readonly #queues = new Map<Uuid, Waiting[]>()
  readonly #running = new Set<Promise<void>>()

  constructor(insert: (organizationId: Uuid, rows: readonly EntryRow[]) => Promise<void>) {
    this.#insert = insert
  }

  append(row: EntryRow): Promise<void> {
    return new Promise((settle, fail) => {
      const waiting = { row, settle, fail }
      const queue = this.#queues.get(row.organizationId)
      if (queue) {
        queue.push(waiting)
        return
      }
      const started = [waiting]
      this.#queues.set(row.organizationId, started)
      const run = this.#drain(row.organizationId, started).finally(() => this.#running.delete(run))
      this.#running.add(run)
    })
  }

  /** When everything that was appended before has been settled. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  async #drain(organizationId: Uuid, queue: Waiting[]): Promise<void> {
    // What arrives in the same tick goes into the same statement.
    await Promise.resolve()
    while (queue.length > 0) {
      await this.#write(organizationId, queue.splice(0, MOST_IN_ONE))
    }
    this.#queues.delete(organizationId)
  }

  async #write(organizationId: Uuid, batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#insert(
        organizationId,
        batch.map(({ row }) => row),
      )
      for (const { settle } of batch) settle()
    } catch (error) {
      // The database refused the statement, so nothing of it was written, and one bad event must not fail the others.
      if (batch.length > 1 && !isUnavailable(error))
        for (const waiting of batch) await this.#write(organizationId, [waiting])
      else for (const { fail } of batch) fail(error)
    }
  }
}

/** Then the statement may have been carried out or not. */
function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === 'unavailable'
}

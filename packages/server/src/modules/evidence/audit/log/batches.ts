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
const MOST_IN_ONE = 200
/** While the database writes one, the next is made ready and sent. */
const MOST_IN_FLIGHT = 2

interface Queue {
  readonly waiting: Waiting[]
  inFlight: number
}

/**
 * One queue an organization, a few statements of it in flight.
 *
 * A promise resolves when its event is committed. It rejects when that is not known: the event may then be in the
 * log or not, and the caller must do as if it were not. Events of callers that wait for one another are in the log in
 * their order; events that wait together may be in either.
 */
export class Batches {
  readonly #insert: (organizationId: Uuid, rows: readonly EntryRow[]) => Promise<void>
  readonly #queues = new Map<Uuid, Queue>()
  readonly #running = new Set<Promise<void>>()

  constructor(insert: (organizationId: Uuid, rows: readonly EntryRow[]) => Promise<void>) {
    this.#insert = insert
  }

  append(row: EntryRow): Promise<void> {
    return new Promise((settle, fail) => {
      let queue = this.#queues.get(row.organizationId)
      if (!queue) {
        queue = { waiting: [], inFlight: 0 }
        this.#queues.set(row.organizationId, queue)
      }
      queue.waiting.push({ row, settle, fail })
      if (queue.inFlight < MOST_IN_FLIGHT) this.#run(row.organizationId, queue)
    })
  }

  /** When everything that was appended before has been settled. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  #run(organizationId: Uuid, queue: Queue): void {
    queue.inFlight++
    const run = this.#drain(organizationId, queue).finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  async #drain(organizationId: Uuid, queue: Queue): Promise<void> {
    // What arrives in the same tick goes into the same statement.
    await Promise.resolve()
    while (queue.waiting.length > 0) await this.#write(organizationId, queue.waiting.splice(0, MOST_IN_ONE))
    queue.inFlight--
    if (queue.inFlight === 0 && queue.waiting.length === 0) this.#queues.delete(organizationId)
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

/**
 * One statement for all questions of a tick.
 *
 * Nothing of an answer is kept, so a revocation needs no invalidation: the next question, on whatever node, reads it.
 * Questions that arrive while statements are on their way wait for the next one, so under load the batches grow and
 * the database sees fewer, larger ones.
 *
 * @module
 */

/** A question of the next statement, and all who ask it. */
interface Waiting<Question, Answer> {
  readonly question: Question
  readonly promise: Promise<Answer>
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/** More statements than this at once only make each answer later. */
const IN_FLIGHT = 2

export class TickBatches<Question, Answer> {
  readonly #keyOf: (question: Question) => string
  readonly #answer: (questions: readonly Question[]) => Promise<readonly Answer[]>
  /** By what is asked: the same question of two requests is one, as both are answered by what is read after they came. */
  #waiting = new Map<string, Waiting<Question, Answer>>()
  #isScheduled = false
  #inFlight = 0

  /**
   * @param keyOf tells questions apart
   * @param answer answers all of a batch, in the order of the questions
   */
  constructor(
    keyOf: (question: Question) => string,
    answer: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  ) {
    this.#keyOf = keyOf
    this.#answer = answer
  }

  /** An answer that was read after this call began. Rejects with what the batch's statement failed with. */
  ask(question: Question): Promise<Answer> {
    const key = this.#keyOf(question)
    let waiting = this.#waiting.get(key)
    if (!waiting) {
      waiting = { question, ...Promise.withResolvers<Answer>() }
      this.#waiting.set(key, waiting)
      this.#schedule()
    }
    return waiting.promise
  }

  #schedule(): void {
    if (this.#isScheduled || this.#inFlight >= IN_FLIGHT || this.#waiting.size === 0) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      void this.#flush()
    })
  }

  async #flush(): Promise<void> {
    const batch = [...this.#waiting.values()]
    this.#waiting = new Map()
    this.#inFlight++
    try {
      const answers = await this.#answer(batch.map(({ question }) => question))
      for (let i = 0; i < batch.length; i++) batch[i]!.resolve(answers[i] as Answer)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      this.#inFlight--
      this.#schedule()
    }
  }
}

/** One after another, by key. @module */
import { failures } from '../errors.ts'

/** That many wait for one key; more is somebody guessing, and gets `too_many_requests`. */
const MAX_WAITING = 64

export class Turns {
  readonly #lines = new Map<string, { last: Promise<unknown>; length: number }>()

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { last: Promise.resolve(), length: 0 }
    if (line.length >= MAX_WAITING) throw failures.too_many_requests({ retryAfterSeconds: 10 })
    line.length++
    // Whether the one before succeeded is no concern of the next.
    const mine = line.last.then(work, work)
    line.last = mine.catch(() => {})
    this.#lines.set(key, line)
    try {
      return await mine
    } finally {
      if (--line.length === 0) this.#lines.delete(key)
    }
  }
}

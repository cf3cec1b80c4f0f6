/**
 * Hashes of passwords: bcrypt, in threads of its own at the lowest priority, so that a storm of sign-ins takes no
 * time from other requests, and in a queue with an end, so that it cannot take all memory either.
 *
 * Invariants
 * - No byte of a password is ignored: what is longer than bcrypt reads (72 bytes) is prehashed, and marked so.
 * - A clear password is in memory only; neither errors nor logs carry it.
 *
 * @module
 */
import { fillersFor, prepareNew, prepareStored, store } from './passwords/material.ts'
import type { StrengthJob } from './passwords/strength-worker.ts'
import { Turns } from './passwords/turns.ts'
import { type Job, Workshop } from './passwords/workshop.ts'

export { MAX_PASSWORD_LENGTH, needsRehash, normalizePassword, unmatchableHash } from './passwords/material.ts'

export interface Passwords {
  /** The value to store. @throws `too_many_requests` when the queue is full */
  hash(password: string, cost: number): Promise<string>
  /**
   * Whether a stored value is of this password. Takes the stored cost's time, also for {@link unmatchableHash}; to refuse
   * takes that of `cost`, if it is higher: a value that was made before the policy raised it is told apart by no stranger.
   *
   * @throws `too_many_requests`
   */
  verify(password: string, stored: string, cost?: number): Promise<boolean>
  /**
   * How many guesses a password withstands, as whoever guesses begins: with known passwords, words, their disguises,
   * and `words`, which are what is known of the person. Offline. A long password is judged by its beginning, so that
   * the work has a bound. @throws `too_many_requests`
   */
  guesses(password: string, words: readonly string[]): Promise<number>
  /**
   * Runs `work` after all earlier work of the same key in this process. So one person who signs in ten times at once
   * has one attempt open at a time, and is not locked out by their own. @throws `too_many_requests`
   */
  inTurn<T>(key: string, work: () => Promise<T>): Promise<T>
  /** Hashes computed since the start: what a request cost, in the only unit that matters. */
  readonly computed: number
  /** Ends the threads. Waiting work is refused as `unavailable`. */
  stop(): Promise<void>
}

export interface PasswordOptions {
  /** Threads. Default 2. */
  readonly threads?: number
  /** Jobs that may wait. Default 128: at cost 12 on two cores, some 16 seconds. */
  readonly queue?: number
}

/**
 * An estimate takes 5 ms for each random character: 110 ms for 32 of them, 370 ms for 72, seconds for what the API
 * takes. A beginning that withstands guessing needs no more behind it.
 */
const ESTIMATED_CHARACTERS = 32

/** Starts no thread before the first hash. */
export function createPasswords(options: PasswordOptions = {}): Passwords {
  return new ThreadedPasswords(options)
}

class ThreadedPasswords implements Passwords {
  readonly #workshop: Workshop<Job>
  readonly #estimates: Workshop<StrengthJob>
  readonly #turns = new Turns()

  constructor(options: PasswordOptions) {
    const queue = options.queue ?? 128
    this.#workshop = new Workshop(
      new URL('./passwords/worker.ts', import.meta.url),
      options.threads ?? 2,
      queue,
    )
    this.#estimates = new Workshop(new URL('./passwords/strength-worker.ts', import.meta.url), 1, queue)
  }

  get computed(): number {
    return this.#workshop.finished
  }

  async hash(password: string, cost: number): Promise<string> {
    const { input, isLong } = prepareNew(password)
    return store(await this.#run<string>({ kind: 'hash', input, cost }), isLong)
  }

  async verify(password: string, stored: string, cost = 0): Promise<boolean> {
    const { input, hash, canMatch } = prepareStored(password, stored)
    const matches = await this.#run<boolean>({
      kind: 'verify',
      input,
      hash,
      fillers: fillersFor(stored, cost),
    })
    return matches && canMatch
  }

  async guesses(password: string, words: readonly string[]): Promise<number> {
    const beginning = [...password].slice(0, ESTIMATED_CHARACTERS).join('')
    return (await this.#estimates.run({ password: beginning, words })) as number
  }

  inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(key, work)
  }

  async stop(): Promise<void> {
    await Promise.all([this.#workshop.stop(), this.#estimates.stop()])
  }

  #run<T extends string | boolean>(job: Job): Promise<T> {
    return this.#workshop.run(job) as Promise<T>
  }
}

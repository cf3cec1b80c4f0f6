/**
 * When to number and sign: soon after something was recorded here, and now and then for what other processes left.
 *
 * @module
 */
import type { Services } from '#platform/context'
import type { Sequencer } from './sequencer.ts'

/** From the start of one round to that of the next while events come: an event is under a checkpoint within 250 ms of its commit. */
const BUSY_MS = 100
/** Between the end of a round and the next, however long it took: others want the database too. */
const REST_MS = 20
/** Between looks while nothing was recorded here. */
const IDLE_MS = 1_000
/** How long after the last record a round may still find something: a transaction commits after it records. */
const LINGER_MS = 3_000
/** Failing for longer than this is a problem of the server, not a hiccup of the database. */
const PATIENCE_MS = 30_000

export class Rounds {
  readonly #services: Pick<Services, 'log'>
  readonly #sequencer: Sequencer
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #isStarted = false
  #lastWake = 0
  #lastSign = 0
  #failingSince: number | undefined
  #failure = ''

  constructor(services: Pick<Services, 'log'>, sequencer: Sequencer) {
    this.#services = services
    this.#sequencer = sequencer
  }

  start(): void {
    this.#isStarted = true
    this.#schedule(0)
  }

  /** Something was recorded, and is committed or will soon be. */
  wake(): void {
    const wasIdle = performance.now() - this.#lastWake > LINGER_MS
    this.#lastWake = performance.now()
    if (wasIdle && this.#isStarted && !this.#running) this.#schedule(BUSY_MS / 4)
  }

  /** One whole round that waits for its turn; what is committed now is signed when it returns. */
  async once(): Promise<void> {
    await this.#sequencer.number(true)
    await this.#sequencer.sign()
  }

  problem(): string | undefined {
    if (this.#failingSince === undefined || performance.now() - this.#failingSince < PATIENCE_MS)
      return undefined
    return `Audit events are recorded and have not been signed for ${Math.round((performance.now() - this.#failingSince) / 1000)} s: ${this.#failure}`
  }

  /** Ends the rounds, with a last one if they were running. */
  async stop(): Promise<void> {
    if (!this.#isStarted) return
    this.#isStarted = false
    clearTimeout(this.#timer)
    await this.#running
    await this.#attempt()
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const began = performance.now()
      this.#running = this.#attempt().finally(() => {
        this.#running = undefined
        if (!this.#isStarted) return
        const now = performance.now()
        const isBusy = now - this.#lastWake < LINGER_MS
        this.#schedule(isBusy ? Math.max(REST_MS, BUSY_MS - (now - began)) : IDLE_MS)
      })
    }, delayMs)
  }

  async #attempt(): Promise<void> {
    try {
      const numbered = await this.#sequencer.number(false)
      // Heads that another node numbered and did not live to sign are looked for less often.
      const isSweep = performance.now() - this.#lastSign > IDLE_MS
      if (numbered > 0 || isSweep) {
        await this.#sequencer.sign()
        this.#lastSign = performance.now()
      }
      this.#failingSince = undefined
    } catch (error) {
      this.#failingSince ??= performance.now()
      this.#failure = (error as Error).message
      this.#services.log.warn({ err: error }, 'audit events could not be sequenced; trying again')
    }
  }
}

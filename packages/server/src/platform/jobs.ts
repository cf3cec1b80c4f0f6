/**
 * Work that the clock sets off. Each server runs all jobs; that two of them do the same at once is harmless because every
 * step a job takes is one conditional change, so the second finds it done. Nothing that must hold depends on a job having
 * run: what ends, ends by comparison with the clock.
 *
 * @module
 */
import type { Services } from './context.ts'

export interface Job {
  readonly name: string
  readonly everySeconds: number
  /** One round; whatever it leaves is for the next. */
  run(services: Services): Promise<void>
}

export class Jobs {
  readonly #services: Services
  readonly #jobs: readonly Job[]
  readonly #timers = new Map<Job, NodeJS.Timeout>()
  readonly #running = new Map<Job, Promise<void>>()
  #stopped = false

  constructor(services: Services, jobs: readonly Job[]) {
    this.#services = services
    this.#jobs = jobs
  }

  /** The first round of each begins soon, not at once: servers that start together do not all begin with it. */
  start(): void {
    for (const job of this.#jobs) this.#plan(job, Math.random() * Math.min(job.everySeconds, 10))
  }

  /** One round of every job, now. @throws what a job throws */
  async runOnce(): Promise<void> {
    for (const job of this.#jobs) await job.run(this.#services)
  }

  /** When the rounds that run have ended; none begins any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    await Promise.all(this.#running.values())
  }

  #plan(job: Job, seconds: number): void {
    if (this.#stopped) return
    const timer = setTimeout(() => this.#round(job), seconds * 1000)
    // A process that has nothing else to do may end.
    timer.unref()
    this.#timers.set(job, timer)
  }

  #round(job: Job): void {
    const round = job
      .run(this.#services)
      .catch((err: unknown) =>
        this.#services.log.error({ err, job: job.name }, 'a job failed; its next round tries again'),
      )
      .finally(() => {
        this.#running.delete(job)
        this.#plan(job, job.everySeconds)
      })
    this.#running.set(job, round)
  }
}

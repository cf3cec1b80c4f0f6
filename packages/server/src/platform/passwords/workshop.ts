/** The hashing threads and the queue before them. @module */
import { Worker } from 'node:worker_threads'
import { failures } from '../errors.ts'

export type Job =
  | { readonly kind: 'hash'; readonly input: Uint8Array; readonly cost: number }
  | { readonly kind: 'verify'; readonly input: Uint8Array; readonly hash: string }

export type Answer = { readonly value: string | boolean } | { readonly failed: string }

interface Order {
  readonly job: Job
  resolve(value: string | boolean): void
  reject(error: unknown): void
}

interface Bench {
  readonly worker: Worker
  order: Order | undefined
}

export class Workshop {
  /** Jobs that were answered. */
  finished = 0
  readonly #threads: number
  readonly #limit: number
  readonly #benches = new Set<Bench>()
  #queue: Order[] = []
  #stopped = false

  constructor(threads: number, limit: number) {
    this.#threads = threads
    this.#limit = limit
  }

  /** @throws `too_many_requests` when the queue is full, `unavailable` after {@link stop} */
  run(job: Job): Promise<string | boolean> {
    if (this.#stopped) return Promise.reject(failures.unavailable())
    if (this.#queue.length >= this.#limit)
      return Promise.reject(failures.too_many_requests({ retryAfterSeconds: 5 }))
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject })
      this.#dispatch()
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const { reject } of this.#queue.splice(0)) reject(failures.unavailable())
    await Promise.all([...this.#benches].map(({ worker }) => worker.terminate()))
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const bench = [...this.#benches].find(({ order }) => order === undefined) ?? this.#open()
      if (!bench) return
      const order = this.#queue.shift()!
      bench.order = order
      // An idle thread must not keep a finished command alive; a busy one must.
      bench.worker.ref()
      bench.worker.postMessage(order.job)
    }
  }

  #open(): Bench | undefined {
    if (this.#benches.size >= this.#threads) return undefined
    const bench: Bench = { worker: new Worker(new URL('./worker.ts', import.meta.url)), order: undefined }
    this.#benches.add(bench)
    bench.worker.on('message', (answer: Answer) => this.#deliver(bench, answer))
    bench.worker.on('error', (error) => this.#close(bench, error))
    bench.worker.on('exit', () => this.#close(bench, failures.unavailable()))
    return bench
  }

  #deliver(bench: Bench, answer: Answer): void {
    const order = bench.order
    bench.order = undefined
    bench.worker.unref()
    this.finished++
    if ('value' in answer) order?.resolve(answer.value)
    else order?.reject(new Error(`bcrypt failed: ${answer.failed}`))
    this.#dispatch()
  }

  /** A thread that died fails its own job only; the next job opens a new one. */
  #close(bench: Bench, error: unknown): void {
    this.#benches.delete(bench)
    bench.order?.reject(error)
    bench.order = undefined
    if (!this.#stopped) this.#dispatch()
  }
}

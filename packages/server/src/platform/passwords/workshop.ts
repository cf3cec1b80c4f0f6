/** Threads that compute, and the queue before them. @module */
import { Worker } from 'node:worker_threads'
import { failures } from '../errors.ts'

export type Job =
  | { readonly kind: 'hash'; readonly input: Uint8Array; readonly cost: number }
  | {
      readonly kind: 'verify'
      readonly input: Uint8Array
      readonly hash: string
      /** Compared with where `hash` does not match, for the time it takes alone. */
      readonly fillers: readonly string[]
    }

type Value = string | boolean | number

export type Answer = { readonly value: Value } | { readonly failed: string }

interface Order<J> {
  readonly job: J
  resolve(value: Value): void
  reject(error: unknown): void
}

interface Bench<J> {
  readonly worker: Worker
  order: Order<J> | undefined
}

export class Workshop<J> {
  /** Jobs that were answered. */
  finished = 0
  readonly #program: URL
  readonly #threads: number
  readonly #limit: number
  readonly #benches = new Set<Bench<J>>()
  #queue: Order<J>[] = []
  #stopped = false

  /** @param program what each thread runs: answers each job with an {@link Answer} */
  constructor(program: URL, threads: number, limit: number) {
    this.#program = program
    this.#threads = threads
    this.#limit = limit
  }

  /** @throws `too_many_requests` when the queue is full, `unavailable` after {@link stop} */
  run(job: J): Promise<Value> {
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

  #open(): Bench<J> | undefined {
    if (this.#benches.size >= this.#threads) return undefined
    const bench: Bench<J> = { worker: new Worker(this.#program), order: undefined }
    this.#benches.add(bench)
    bench.worker.on('message', (answer: Answer) => this.#deliver(bench, answer))
    bench.worker.on('error', (error) => this.#close(bench, error))
    bench.worker.on('exit', () => this.#close(bench, failures.unavailable()))
    return bench
  }

  #deliver(bench: Bench<J>, answer: Answer): void {
    const order = bench.order
    bench.order = undefined
    bench.worker.unref()
    this.finished++
    if ('value' in answer) order?.resolve(answer.value)
    else order?.reject(new Error(`a password could not be computed: ${answer.failed}`))
    this.#dispatch()
  }

  /** A thread that died fails its own job only; the next job opens a new one. */
  #close(bench: Bench<J>, error: unknown): void {
    this.#benches.delete(bench)
    bench.order?.reject(error)
    bench.order = undefined
    if (!this.#stopped) this.#dispatch()
  }
}

/**
 * The limit of a bcrypt: as many comparisons as its threads can do, and nothing else in the process. Sent
 * `{ threads, isLow, hash, password }`, then a number of seconds, it answers comparisons a second.
 */
import { constants, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { verifySync } from '@node-rs/bcrypt'

interface Shape {
  readonly threads: number
  readonly isLow: boolean
  readonly hash: string
  readonly password: string
}

if (isMainThread) {
  process.once('message', (shape: Shape) => {
    const workers = Array.from(
      { length: shape.threads },
      () => new Worker(fileURLToPath(import.meta.url), { workerData: shape }),
    )
    process.on('message', async (seconds: number) => {
      const started = performance.now()
      const counts = await Promise.all(
        workers.map((worker) => {
          worker.postMessage(seconds)
          return new Promise<number>((resolve) => worker.once('message', resolve))
        }),
      )
      process.send!(counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - started) / 1000))
    })
    process.send!({ port: 0 })
  })
  process.on('SIGTERM', () => process.exit(0))
} else {
  const { isLow, hash, password } = workerData as Shape
  if (isLow && process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW)
  parentPort!.on('message', (seconds: number) => {
    const end = performance.now() + seconds * 1000
    let count = 0
    while (performance.now() < end) {
      if (!verifySync(password, hash)) throw new Error('the password does not match its hash')
      count++
    }
    parentPort!.postMessage(count)
  })
}

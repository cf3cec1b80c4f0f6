/**
 * One hashing thread. Everything is computed in this thread itself: bcrypt's asynchronous calls would go to libuv's
 * pool, which files and name look-ups share, at normal priority.
 *
 * @module
 */
import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { hashSync, verifySync } from '@node-rs/bcrypt'
import type { Answer, Job } from './workshop.ts'

// On Linux a priority belongs to a thread (setpriority(2), C library/kernel differences); elsewhere this call would slow the whole process down.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW)

parentPort!.on('message', (job: Job) => parentPort!.postMessage(answer(job)))

function answer(job: Job): Answer {
  try {
    if (job.kind === 'hash') return { value: hashSync(job.input, job.cost) }
    const matches = verifySync(job.input, job.hash)
    if (!matches) for (const filler of job.fillers) verifySync(job.input, filler)
    return { value: matches }
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) }
  }
}

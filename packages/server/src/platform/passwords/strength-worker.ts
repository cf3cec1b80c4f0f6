/**
 * The thread that estimates how many guesses a password withstands (zxcvbn: known passwords, names and words, their
 * disguises, keyboard walks, dates, repetitions). A thread of its own: the dictionaries take some 75 MB and a quarter
 * of a second to load, once, and an estimate takes 5 ms for each random character.
 *
 * @module
 */
import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common'
import { dictionary as english } from '@zxcvbn-ts/language-en'
import type { Answer } from './workshop.ts'

if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_LOW)

export interface StrengthJob {
  readonly password: string
  readonly words: readonly string[]
}

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common, ...english },
  graphs: adjacencyGraphs,
  useLevenshteinDistance: false,
})

parentPort!.on('message', (job: StrengthJob) => parentPort!.postMessage(answer(job)))

function answer({ password, words }: StrengthJob): Answer {
  try {
    return { value: zxcvbn.check(password, [...words]).guesses }
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) }
  }
}

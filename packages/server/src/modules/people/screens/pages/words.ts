/**
 * Everything the screens say, in each language. English is the original; a text that another language lacks does not
 * compile.
 *
 * @module
 */
import type { Language } from '../model/language.ts'
import { en } from './words/en.ts'
import { he } from './words/he.ts'

type Same<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...values: infer V) => string
      ? (...values: V) => string
      : Same<T[K]>
}

export type Words = Same<typeof en>

export const WORDS: Readonly<Record<Language, Words>> = { en, he }

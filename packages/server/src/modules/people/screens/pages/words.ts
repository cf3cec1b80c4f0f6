/**
 * Everything the screens say, in each language. English is the original; a text that another language lacks does not
 * compile.
 *
 * @module
 */
import type { Language } from '../model/language.ts'
import { en } from './words/en.ts'
import { he } from './words/he.ts'
import type { Words } from './words/shape.ts'

export type { Words } from './words/shape.ts'

export const WORDS: Readonly<Record<Language, Words>> = { en, he }

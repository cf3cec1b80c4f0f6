/** The fixed words of the document, per language. @module */
import type { Language } from '../../controls/index.ts'
import { english } from './english.ts'
import type { Frame } from './frame.ts'
import { hebrew } from './hebrew.ts'

export type { Frame } from './frame.ts'

export const frames: Readonly<Record<Language, Frame>> = { en: english, he: hebrew }

/** What every language says: what English says. A text that is missing does not compile. @module */
import type { Html } from '../html.ts'
import type { en } from './en.ts'

type Same<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...values: infer V) => infer R
      ? (...values: V) => R extends string ? string : Html
      : Same<T[K]>
}

export type Words = Same<typeof en>

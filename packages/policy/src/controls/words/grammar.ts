/** What a language has to be able to say. @module */

/** What differs between languages. */
export interface Grammar {
  /** `30 minutes`, never seconds where a larger unit is exact. One day is 24 hours. */
  duration(seconds: number): string
  /** `every 90 days`, `every year`. */
  every(seconds: number): string
  /** `17 January 2026`, from YYYY-MM-DD. */
  date(iso: string): string
  /** `15 April`, from MM-DD. */
  dayOfYear(day: string): string
  number(value: number): string
  /** `a, b and c`. */
  list(items: readonly string[]): string
  /** `a, b or c`. */
  anyOf(items: readonly string[]): string
  /** `one approver`, `3 approvers`; a language with a dual form uses it for two. */
  count(value: number, noun: CountedNoun): string
  /** What a tenant is called, singular, plural and with the indefinite article, from `organizations.call`. */
  organization(call: string): { one: string; many: string; indefinite: string }
}

/** A noun with its number: `one` and `two` are whole phrases, `many` follows the numeral. */
export interface CountedNoun {
  readonly one: string
  readonly two?: string
  readonly many: string
}

/** The largest unit in which a duration is exact. @module */

export type Unit = 'second' | 'minute' | 'hour' | 'day' | 'year'

export interface Amount {
  readonly value: number
  readonly unit: Unit
}

const SECONDS: readonly (readonly [Unit, number])[] = [
  ['year', 31_536_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** Policies and laws count a single day in hours (“within 24 hours”), so one day is 24 hours here. */
export function amountOf(seconds: number): Amount {
  if (seconds === 86_400) return { value: 24, unit: 'hour' }
  for (const [unit, size] of SECONDS) {
    if (seconds >= size && seconds % size === 0) return { value: seconds / size, unit }
  }
  return { value: seconds, unit: 'second' }
}

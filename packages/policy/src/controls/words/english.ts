/** English. @module */
import type { Grammar } from './grammar.ts'
import { amountOf } from './units.ts'

const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
const days = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' })
const numbers = new Intl.NumberFormat('en-GB')
const conjunction = new Intl.ListFormat('en-GB', { type: 'conjunction' })
const disjunction = new Intl.ListFormat('en-GB', { type: 'disjunction' })

function plural(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`
  return /(s|x|ch|sh)$/.test(word) ? `${word}es` : `${word}s`
}

export const english: Grammar = {
  duration(seconds) {
    const { value, unit } = amountOf(seconds)
    return `${numbers.format(value)} ${value === 1 ? unit : plural(unit)}`
  },
  every(seconds) {
    const { value, unit } = amountOf(seconds)
    return value === 1 ? `every ${unit}` : `every ${numbers.format(value)} ${plural(unit)}`
  },
  date: (iso) => dates.format(new Date(`${iso}T00:00:00Z`)),
  dayOfYear: (day) => days.format(new Date(`2024-${day}T00:00:00Z`)),
  number: (value) => numbers.format(value),
  list: (items) => conjunction.format(items),
  anyOf: (items) => disjunction.format(items),
  count: (value, noun) => (value === 1 ? noun.one : `${numbers.format(value)} ${noun.many}`),
  organization: (call) => ({
    one: call,
    many: plural(call),
    indefinite: `${/^[aeiou]/.test(call) ? 'an' : 'a'} ${call}`,
  }),
}

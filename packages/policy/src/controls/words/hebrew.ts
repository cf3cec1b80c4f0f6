/** Hebrew. @module */
import type { Grammar } from './grammar.ts'
import { amountOf, type Unit } from './units.ts'

const dates = new Intl.DateTimeFormat('he', { dateStyle: 'long', timeZone: 'UTC' })
const days = new Intl.DateTimeFormat('he', { day: 'numeric', month: 'long', timeZone: 'UTC' })
const numbers = new Intl.NumberFormat('he')
const conjunction = new Intl.ListFormat('he', { type: 'conjunction' })
const disjunction = new Intl.ListFormat('he', { type: 'disjunction' })

/** One, two (the dual), up to ten, and above ten, where units of time stand in the singular. */
const UNITS: Readonly<Record<Unit, readonly [one: string, two: string, few: string, many: string]>> = {
  second: ['שנייה אחת', 'שתי שניות', 'שניות', 'שניות'],
  minute: ['דקה אחת', 'שתי דקות', 'דקות', 'דקות'],
  hour: ['שעה אחת', 'שעתיים', 'שעות', 'שעות'],
  day: ['יום אחד', 'יומיים', 'ימים', 'יום'],
  year: ['שנה אחת', 'שנתיים', 'שנים', 'שנה'],
}

/** Masculine nouns only, so that every sentence agrees with them. */
const ORGANIZATIONS: Readonly<Record<string, { one: string; many: string }>> = {
  business: { one: 'עסק', many: 'עסקים' },
}

function duration(seconds: number): string {
  const { value, unit } = amountOf(seconds)
  const [one, two, few, many] = UNITS[unit]
  if (value === 1) return one
  if (value === 2) return two
  return `${numbers.format(value)} ${value <= 10 ? few : many}`
}

export const hebrew: Grammar = {
  duration,
  every(seconds) {
    const { value, unit } = amountOf(seconds)
    return value === 1 ? `בכל ${UNITS[unit][0].split(' ')[0]}` : `כל ${duration(seconds)}`
  },
  date: (iso) => dates.format(new Date(`${iso}T00:00:00Z`)),
  dayOfYear: (day) => days.format(new Date(`2024-${day}T00:00:00Z`)),
  number: (value) => numbers.format(value),
  list: (items) => conjunction.format(items),
  anyOf: (items) => disjunction.format(items),
  count(value, noun) {
    if (value === 1) return noun.one
    return value === 2 && noun.two ? noun.two : `${numbers.format(value)} ${noun.many}`
  },
  organization(call) {
    const noun = ORGANIZATIONS[call] ?? { one: 'ארגון', many: 'ארגונים' }
    return { ...noun, indefinite: noun.one }
  },
}

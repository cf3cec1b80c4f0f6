import { defineControl } from './control.ts'
import type { Language } from './words/index.ts'

/** Names of limits that are usual; others are shown as they are written. */
const LIMITS: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: { seats: 'seats', apiCalls: 'API calls' },
  he: { seats: 'מושבים', apiCalls: 'קריאות API' },
}

/** What a plan includes. */
export const usageLimits = defineControl({
  id: 'usage-limits',
  section: 'granting',
  title: { en: 'Plans and limits', he: 'תוכניות ומגבלות' },
  settings: ['plans'],
  enforcement: 'declared',
  layout: 'list',
  mapping: {
    soc2: ['A1.1'],
    iso27001_2022: ['A.8.6'],
  },
  applies: ({ plans }) => Object.keys(plans).length > 0,
  statement: {
    en: ({ plans }, w) => [
      ...Object.entries(plans).map(
        ([name, { title, limits }]) =>
          `The plan ${w.text(title ?? name)} includes ${w.list(Object.entries(limits).map(([limit, value]) => `${w.number(value)} ${LIMITS.en[limit] ?? limit}`))}.`,
      ),
      'Usage is metered, and what goes beyond the plan is refused with the limit named.',
    ],
    he: ({ plans }, w) => [
      ...Object.entries(plans).map(
        ([name, { title, limits }]) =>
          `התוכנית ${w.text(title ?? name)} כוללת ${w.list(Object.entries(limits).map(([limit, value]) => `${w.number(value)} ${LIMITS.he[limit] ?? limit}`))}.`,
      ),
      'השימוש נמדד, ומה שחורג מן התוכנית נדחה תוך ציון המגבלה.',
    ],
  },
})

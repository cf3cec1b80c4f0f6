import type { DocumentReview } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language } from './words/index.ts'

const OCCASIONS: Readonly<Record<Language, Readonly<Record<DocumentReview['also'][number], string>>>> = {
  en: {
    incident: 'after a security incident',
    roleChange: 'when roles change significantly',
    systemChange: 'when systems change significantly',
    capabilityChange: 'as the capabilities of the platform evolve',
  },
  he: {
    incident: 'לאחר אירוע אבטחה',
    roleChange: 'עם שינוי מהותי בתפקידים',
    systemChange: 'עם שינוי מהותי במערכות',
    capabilityChange: 'עם התפתחות יכולות הפלטפורמה',
  },
}

/** The policy is looked at again. */
export const policyReview = defineControl({
  id: 'policy-review',
  section: 'document',
  title: { en: 'Review of this policy', he: 'סקירת המדיניות' },
  settings: ['review'],
  enforcement: 'declared',
  mapping: {
    soc2: ['CC5.3'],
    iso27001_2013: ['A.5.1.2', 'A.9.1.1'],
    iso27001_2022: ['A.5.1', 'A.5.36'],
    gdpr: ['Art. 24(1)', 'Art. 32(1)(d)'],
  },
  applies: ({ review }) =>
    review !== undefined && (review.everySeconds !== undefined || review.due.length + review.also.length > 0),
  statement: {
    en: ({ review }, w) => {
      const times = [
        ...(review?.everySeconds === undefined ? [] : [w.every(review.everySeconds)]),
        ...(review && review.due.length > 0 ? [`on ${w.list(review.due.map(w.dayOfYear))}`] : []),
        ...(review?.also ?? []).map((occasion) => OCCASIONS.en[occasion]),
      ]
      return [
        `This policy is reviewed ${w.list(times)}. A review that is due is announced, and an overdue one alerts.`,
      ]
    },
    he: ({ review }, w) => {
      const times = [
        ...(review?.everySeconds === undefined ? [] : [w.every(review.everySeconds)]),
        ...(review && review.due.length > 0 ? [`במועדים ${w.list(review.due.map(w.dayOfYear))}`] : []),
        ...(review?.also ?? []).map((occasion) => OCCASIONS.he[occasion]),
      ]
      return [`מדיניות זו נסקרת ${w.list(times)}. על סקירה קרבה נשלחת תזכורת, ועל סקירה באיחור נשלחת התראה.`]
    },
  },
})

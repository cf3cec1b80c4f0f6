import type { ReviewPolicy } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language, Words } from './words/index.ts'

const SCOPES: Readonly<Record<Language, Readonly<Record<ReviewPolicy['scope'], string>>>> = {
  en: {
    members: 'every account',
    privileged: 'every holder of a privileged role',
    serviceAccounts: 'every service account',
    thirdParties: 'every third party',
    invites: 'every pending invitation',
  },
  he: {
    members: 'כל החשבונות',
    privileged: 'כל בעלי התפקידים המיוחסים',
    serviceAccounts: 'כל חשבונות השירות',
    thirdParties: 'כל הצדדים השלישיים',
    invites: 'כל ההזמנות הממתינות',
  },
}

const CHECKS: Readonly<Record<Language, Readonly<Record<ReviewPolicy['verify'][number], string>>>> = {
  en: {
    needed: 'that it is still needed',
    roleFits: 'that the role fits',
    mfa: 'that elevated access has a second factor',
    recentUse: 'that it was used lately',
    permissionUse: 'which permissions were used at all',
  },
  he: {
    needed: 'שעדיין יש בו צורך',
    roleFits: 'שהתפקיד מתאים',
    mfa: 'שלגישה מוגברת יש גורם שני',
    recentUse: 'שנעשה בו שימוש לאחרונה',
    permissionUse: 'באילו הרשאות נעשה שימוש בפועל',
  },
}

function when(review: ReviewPolicy, w: Words): string[] {
  return review.everySeconds === undefined ? [] : [w.every(review.everySeconds)]
}

function english(review: ReviewPolicy, w: Words): string {
  const due = review.due.length > 0 ? [`due on ${w.list(review.due.map(w.dayOfYear))}`] : []
  const by = review.responsible
    ? `${w.anyRole(review.reviewers)} (responsible: ${w.text(review.responsible)})`
    : w.anyRole(review.reviewers)
  const flag =
    review.flagInactiveSeconds === undefined
      ? ''
      : ` Accounts without a sign-in for ${w.duration(review.flagInactiveSeconds)} are flagged.`
  const undecided = review.undecided === 'deactivate' ? ' What nobody decided on is deactivated.' : ''
  return `${w.text(review.title ?? review.name)}, ${[...when(review, w), ...due].join(', ')}: ${by} goes through ${SCOPES.en[review.scope]} and verifies ${w.list(review.verify.map((check) => CHECKS.en[check]))}. It opens ${w.duration(review.windowSeconds)} before it is due.${flag}${undecided}`
}

function hebrew(review: ReviewPolicy, w: Words): string {
  const due = review.due.length > 0 ? [`במועדים ${w.list(review.due.map(w.dayOfYear))}`] : []
  const by = review.responsible
    ? `${w.anyRole(review.reviewers)} (באחריות: ${w.text(review.responsible)})`
    : w.anyRole(review.reviewers)
  const flag =
    review.flagInactiveSeconds === undefined
      ? ''
      : ` חשבונות ללא כניסה במשך ${w.duration(review.flagInactiveSeconds)} מסומנים.`
  const undecided = review.undecided === 'deactivate' ? ' מה שאיש לא הכריע בו מושבת.' : ''
  return `${w.text(review.title ?? review.name)}, ${[...when(review, w), ...due].join(', ')}. הסוקרים: ${by}. נסקרים: ${SCOPES.he[review.scope]}. נבדק בכל אחד: ${w.list(review.verify.map((check) => CHECKS.he[check]))}. הסקירה נפתחת ${w.duration(review.windowSeconds)} לפני מועדה.${flag}${undecided}`
}

/** Periodic certification of access. */
export const accessReviews = defineControl({
  id: 'access-reviews',
  section: 'reviews',
  title: { en: 'Access reviews', he: 'סקירות גישה' },
  settings: ['reviews'],
  enforcement: 'declared',
  layout: 'list',
  mapping: {
    soc2: ['CC4.1', 'CC6.2', 'CC6.3'],
    iso27001_2013: ['A.9.2.5'],
    iso27001_2022: ['A.5.18', 'A.8.2'],
    gdpr: ['Art. 32(1)(d)'],
  },
  applies: ({ reviews }) => reviews.length > 0,
  statement: {
    en: ({ reviews }, w) => [
      ...reviews.map((review) => english(review, w)),
      'Findings, decisions and corrective actions are recorded, the list is exported as CSV and kept as evidence, and an overdue review shows as such.',
    ],
    he: ({ reviews }, w) => [
      ...reviews.map((review) => hebrew(review, w)),
      'ממצאים, החלטות ופעולות מתקנות מתועדים, הרשימה מיוצאת כקובץ CSV ונשמרת כראיה, וסקירה שמועדה חלף מוצגת ככזו.',
    ],
  },
})

import type { Separation } from '../model.ts'
import { defineControl } from './control.ts'
import type { Words } from './words/index.ts'

const why = (rule: Separation, w: Words): string => (rule.why ? ` ${w.text(rule.why)}` : '')

/** Several people for what is critical. */
export const separationOfDuties = defineControl({
  id: 'separation-of-duties',
  section: 'privileged',
  title: { en: 'Separation of duties', he: 'הפרדת תפקידים' },
  settings: ['separation'],
  enforcement: 'declared',
  mapping: {
    soc2: ['CC5.1', 'CC6.3'],
    iso27001_2013: ['A.6.1.2'],
    iso27001_2022: ['A.5.3'],
    gdpr: ['Art. 32(4)'],
  },
  applies: ({ separation }) => separation.length > 0,
  statement: {
    en: ({ separation }, w) =>
      separation.map((rule) =>
        'roles' in rule
          ? `Nobody holds these roles together: ${w.roles(rule.roles)}.${why(rule, w)}`
          : `These actions need the approval of ${w.count(rule.approvals, { one: 'one person', many: 'people' })} other than the actor: ${w.codes(rule.actions)}.${why(rule, w)}`,
      ),
    he: ({ separation }, w) =>
      separation.map((rule) =>
        'roles' in rule
          ? `איש אינו מחזיק בתפקידים אלה יחד: ${w.roles(rule.roles)}.${why(rule, w)}`
          : `הפעולות הבאות מחייבות אישור של ${w.count(rule.approvals, { one: 'אדם אחד', two: 'שני אנשים', many: 'אנשים' })} מלבד המבצע: ${w.codes(rule.actions)}.${why(rule, w)}`,
      ),
  },
})

import { defineControl } from './control.ts'

/** A higher role for a limited time. */
export const elevation = defineControl({
  id: 'elevation',
  section: 'privileged',
  title: { en: 'Temporary elevation', he: 'הרשאה מוגברת זמנית' },
  settings: ['elevation'],
  enforcement: 'declared',
  mapping: {
    soc2: ['CC6.1', 'CC6.3'],
    iso27001_2013: ['A.9.2.3'],
    iso27001_2022: ['A.5.18', 'A.8.2'],
  },
  applies: ({ elevation: rule }) => rule !== undefined && Object.keys(rule.roles).length > 0,
  statement: {
    en: ({ elevation: rule }, w) => [
      ...Object.entries(rule?.roles ?? {}).map(([role, terms]) => {
        const approval =
          terms.approvals === 0
            ? 'without approval'
            : `after ${w.count(terms.approvals, { one: 'one approval', many: 'approvals' })} by ${w.anyRole(terms.approvers)}`
        return `${w.anyRole(terms.eligible)} may hold the role ${w.role(role)} for at most ${w.duration(terms.maxSeconds)}, ${approval}.`
      }),
      rule?.justification
        ? 'A reason is given each time; the elevation ends by itself, and can be ended before.'
        : 'The elevation ends by itself, and can be ended before.',
    ],
    he: ({ elevation: rule }, w) => [
      ...Object.entries(rule?.roles ?? {}).map(([role, terms]) => {
        const approval =
          terms.approvals === 0
            ? 'ללא צורך באישור'
            : `לאחר ${w.count(terms.approvals, { one: 'אישור אחד', two: 'שני אישורים', many: 'אישורים' })} של ${w.anyRole(terms.approvers)}`
        return `${w.anyRole(terms.eligible)} רשאי להחזיק בתפקיד ${w.role(role)} למשך ${w.duration(terms.maxSeconds)} לכל היותר, ${approval}.`
      }),
      rule?.justification
        ? 'בכל פעם נמסר נימוק; ההרשאה המוגברת פוקעת מאליה, וניתן לסיימה קודם לכן.'
        : 'ההרשאה המוגברת פוקעת מאליה, וניתן לסיימה קודם לכן.',
    ],
  },
})

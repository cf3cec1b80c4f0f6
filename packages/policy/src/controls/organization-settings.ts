import { defineControl } from './control.ts'

/** What an organization may tighten for itself. */
export const organizationSettings = defineControl({
  id: 'organization-settings',
  section: 'authentication',
  title: { en: 'Stricter by choice', he: 'החמרה לפי בחירה' },
  settings: ['organizations.maySet'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1'],
    iso27001_2013: ['A.9.1.1'],
    iso27001_2022: ['A.5.15'],
    gdpr: ['Art. 25'],
  },
  applies: ({ organizations }) => organizations.maySet.length > 0,
  statement: {
    en: ({ organizations }, w) => [
      `The ${w.organization} may make these settings stricter for itself, never looser: ${w.codes(organizations.maySet)}.`,
    ],
    he: ({ organizations }, w) => [
      `ה${w.organization} רשאי להחמיר לעצמו את ההגדרות הבאות, ולעולם לא להקל בהן: ${w.codes(organizations.maySet)}.`,
    ],
  },
})

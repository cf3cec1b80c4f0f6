import { defineControl } from './control.ts'

/** The policy's own history. */
export const policyVersions = defineControl({
  id: 'policy-versions',
  section: 'document',
  title: { en: 'Versions of this policy', he: 'גרסאות המדיניות' },
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC5.3', 'CC8.1'],
    iso27001_2013: ['A.5.1.1', 'A.9.1.1'],
    iso27001_2022: ['A.5.1', 'A.5.15', 'A.8.32'],
    gdpr: ['Art. 5(2)', 'Art. 24(2)'],
  },
  statement: {
    en: () => [
      'This document is produced from the policy file that the platform runs. Each version that was put in force is kept unchanged, with its author, its reason and what it changed, and can be read again at any time.',
    ],
    he: () => [
      'מסמך זה מופק מקובץ המדיניות שהפלטפורמה מריצה. כל גרסה שנכנסה לתוקף נשמרת ללא שינוי, עם מחברה, נימוקה ומה ששונה בה, וניתנת לקריאה בכל עת.',
    ],
  },
})

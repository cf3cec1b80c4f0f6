import { defineControl } from './control.ts'

/** Nobody rewrites the log. */
export const auditImmutability = defineControl({
  id: 'audit-immutability',
  section: 'logging',
  title: { en: 'The log cannot be rewritten', he: 'היומן אינו ניתן לשכתוב' },
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1', 'CC7.2', 'CC7.3'],
    iso27001_2013: ['A.12.4.2'],
    iso27001_2022: ['A.5.28', 'A.5.33', 'A.8.15'],
    gdpr: ['Art. 5(1)(f)', 'Art. 5(2)'],
  },
  statement: {
    en: () => [
      'Entries are appended to a hash tree with signed checkpoints. The database refuses to change or delete one, and tampering is detected and located by anybody who holds an export, without access to the platform.',
      'The log outlives the accounts it speaks of.',
    ],
    he: () => [
      'הרשומות מתווספות לעץ גיבוב עם נקודות ביקורת חתומות. מסד הנתונים מסרב לשנות או למחוק רשומה, וכל מי שבידו ייצוא של היומן יכול לגלות ולאתר שינוי בו, גם בלי גישה לפלטפורמה.',
      'היומן נשמר גם לאחר סיומם של החשבונות שהוא מתעד.',
    ],
  },
})

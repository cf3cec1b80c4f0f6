import { defineControl } from './control.ts'

/** Deleting an account, which is rarely right. */
export const accountDeletion = defineControl({
  id: 'account-deletion',
  section: 'leaving',
  title: { en: 'Deletion', he: 'מחיקה' },
  settings: ['offboarding.deletion.prefer'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.5'],
    iso27001_2013: ['A.9.2.1'],
    iso27001_2022: ['A.5.16', 'A.8.10'],
    gdpr: ['Art. 5(1)(e)', 'Art. 17'],
  },
  statement: {
    en: ({ offboarding: { deletion } }) => [
      'Deleting an account removes its record for good; its audit history stays. It takes the permission to do so, and is logged.',
      ...(deletion.self ? [] : ['Users cannot delete their own account.']),
      ...(deletion.prefer === 'deactivation'
        ? ['Deactivation is preferred, and whoever is about to delete is told so.']
        : []),
    ],
    he: ({ offboarding: { deletion } }) => [
      'מחיקת חשבון מסירה את רשומתו לצמיתות; היסטוריית הביקורת שלו נשארת. היא מחייבת הרשאה ונרשמת ביומן.',
      ...(deletion.self ? [] : ['משתמשים אינם יכולים למחוק את חשבונם.']),
      ...(deletion.prefer === 'deactivation' ? ['השבתה עדיפה, ומי שעומד למחוק מקבל על כך אזהרה.'] : []),
    ],
  },
})

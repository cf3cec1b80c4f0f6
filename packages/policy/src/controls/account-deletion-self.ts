import { defineControl } from './control.ts'

/** Deleting one's own account. */
export const ownAccountDeletion = defineControl({
  id: 'account-deletion.self',
  section: 'leaving',
  title: { en: 'Deleting the own account', he: 'מחיקת החשבון העצמי' },
  settings: ['offboarding.deletion.self'],
  enforcement: 'enforced',
  mapping: {
    iso27001_2013: ['A.9.2.1'],
    iso27001_2022: ['A.5.16', 'A.8.10'],
    gdpr: ['Art. 17'],
  },
  applies: ({ offboarding }) => offboarding.deletion.self,
  statement: {
    en: () => ['Users may delete their own account.'],
    he: () => ['משתמשים רשאים למחוק את חשבונם.'],
  },
})

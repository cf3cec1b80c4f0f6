import { defineControl } from './control.ts'

/** What follows from breaking the policy. */
export const sanctions = defineControl({
  id: 'sanctions',
  section: 'incidents',
  title: { en: 'Breaches of this policy', he: 'הפרת מדיניות זו' },
  settings: ['sanctions.suspendPrivileges', 'sanctions.endAccount'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC1.5'],
    iso27001_2013: ['A.7.2.3'],
    iso27001_2022: ['A.6.4'],
  },
  applies: ({ sanctions: rule }) => rule.suspendPrivileges || rule.endAccount,
  statement: {
    en: ({ sanctions: rule }) => [
      ...(rule.suspendPrivileges
        ? [
            'Whoever breaks this policy can have administrative privileges suspended pending review, and given back after it.',
          ]
        : []),
      ...(rule.endAccount ? ['Persistent or deliberate violation ends the account and the access.'] : []),
    ],
    he: ({ sanctions: rule }) => [
      ...(rule.suspendPrivileges
        ? ['ממי שמפר מדיניות זו ניתן להשעות הרשאות ניהול עד לבדיקה, ולהשיבן לאחריה.']
        : []),
      ...(rule.endAccount ? ['הפרה מתמשכת או מכוונת מביאה לסיום החשבון והגישה.'] : []),
    ],
  },
})

import { defineControl } from './control.ts'

/** Deactivating ends access at once and keeps the history. */
export const deactivation = defineControl({
  id: 'deactivation',
  section: 'leaving',
  title: { en: 'Deactivation', he: 'השבתה' },
  settings: ['organizations.membership'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.2', 'CC6.3'],
    iso27001_2013: ['A.9.2.1', 'A.9.2.6'],
    iso27001_2022: ['A.5.16', 'A.5.18', 'A.6.5'],
    gdpr: ['Art. 32(1)(b)'],
  },
  statement: {
    en: (policy, w) => [
      policy.organizations.membership === 'one'
        ? 'From the moment an account is deactivated nobody gets in with it: its sessions are over, and its tokens and keys are refused. Activity is read live for each request, so that a token which has not expired does not help.'
        : `From the moment a member is deactivated nobody gets into the ${w.organization} with that membership: its sessions are over, and its tokens and keys are refused. Activity is read live for each request, so that a token which has not expired does not help.`,
      'What the person did stays on record under their name. A deactivated account can be reactivated; both are logged with who did it and when.',
    ],
    he: (policy, w) => [
      policy.organizations.membership === 'one'
        ? 'השבתת חשבון מסיימת מיד את הכניסה, החיבורים, האסימונים והמפתחות: מצב הפעילות נבדק בכל בקשה, ויהיה הכתוב באסימון אשר יהיה.'
        : `השבתת חבר מסיימת מיד את גישתו ל${w.organization}, על החיבורים, האסימונים והמפתחות: מצב הפעילות נבדק בכל בקשה, ויהיה הכתוב באסימון אשר יהיה.`,
      'מעשיו של האדם נשארים רשומים על שמו. חשבון מושבת ניתן להפעלה מחדש; שתי הפעולות נרשמות ביומן עם מבצען ומועדן.',
    ],
  },
})

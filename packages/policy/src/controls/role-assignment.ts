import { defineControl } from './control.ts'

/** Nobody gives more than they have. */
export const roleAssignment = defineControl({
  id: 'role-assignment',
  section: 'granting',
  title: { en: 'Giving roles', he: 'מתן תפקידים' },
  settings: ['roles'],
  enforcement: 'enforced',
  layout: 'list',
  mapping: {
    soc2: ['CC6.2', 'CC6.3'],
    iso27001_2013: ['A.9.2.2', 'A.9.2.3'],
    iso27001_2022: ['A.5.15', 'A.5.18', 'A.8.2'],
    gdpr: ['Art. 32(4)'],
  },
  statement: {
    en: (policy, w) => [
      'Nobody gives a role that ranks above their own. The server checks each assignment; what the interface offers is not relied upon.',
      ...policy.roles
        .filter(({ assign }) => assign.length > 0)
        .map((role) => `Given by ${w.text(role.title)}: ${w.roles(role.assign)}.`),
      'An administrator manages the accounts of those roles only that this policy puts below or beside theirs.',
    ],
    he: (policy, w) => [
      'איש אינו מעניק תפקיד שדירוגו גבוה משלו. השרת בודק כל הענקה; אין הסתמכות על מה שהממשק מציע.',
      ...policy.roles
        .filter(({ assign }) => assign.length > 0)
        .map((role) => `ניתנים בידי ${w.text(role.title)}: ${w.roles(role.assign)}.`),
      'מנהל מטפל רק בחשבונות של תפקידים שמדיניות זו מציבה תחתיו או לצדו.',
    ],
  },
})

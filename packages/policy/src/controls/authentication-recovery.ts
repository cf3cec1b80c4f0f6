import { defineControl } from './control.ts'

/** A forgotten password. */
export const recovery = defineControl({
  id: 'authentication.recovery',
  section: 'authentication',
  title: { en: 'Forgotten passwords', he: 'שכחת סיסמה' },
  settings: ['authentication.links.resetSeconds'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1'],
    iso27001_2013: ['A.9.2.4', 'A.9.4.3'],
    iso27001_2022: ['A.5.17'],
  },
  applies: ({ authentication }) => authentication.methods.includes('password'),
  statement: {
    en: ({ authentication: { links } }, w) => [
      `A forgotten password is replaced through a link sent to the e-mail address of the account. It works once, within ${w.duration(links.resetSeconds)}, and the answer never tells whether an address is known.`,
    ],
    he: ({ authentication: { links } }, w) => [
      `סיסמה שנשכחה מוחלפת באמצעות קישור הנשלח לכתובת הדוא״ל של החשבון. הקישור פועל פעם אחת, בתוך ${w.duration(links.resetSeconds)}, והתשובה לעולם אינה מגלה אם הכתובת מוכרת.`,
    ],
  },
})

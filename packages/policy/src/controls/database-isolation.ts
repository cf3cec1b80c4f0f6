import { defineControl } from './control.ts'

/** The database refuses what the application should never have asked. */
export const databaseIsolation = defineControl({
  id: 'database-isolation',
  section: 'principles',
  title: { en: 'Isolation in the database', he: 'הפרדה במסד הנתונים' },
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1', 'CC6.3'],
    iso27001_2013: ['A.9.4.1', 'A.9.4.4'],
    iso27001_2022: ['A.8.3', 'A.8.18'],
    gdpr: ['Art. 25', 'Art. 32(1)(b)'],
  },
  statement: {
    en: (_policy, w) => [
      `The database itself keeps every ${w.organization} apart: the account the server works with cannot read or write the rows of another one, whatever it asks.`,
      'That account cannot administer the database; administration has an account of its own.',
    ],
    he: (_policy, w) => [
      `מסד הנתונים עצמו מפריד בין ה${w.organizations}: החשבון שבו פועל השרת אינו יכול לקרוא או לכתוב שורות של ${w.organization} אחר, תהיה השאילתה אשר תהיה.`,
      'חשבון זה אינו רשאי לנהל את מסד הנתונים; לניהול יש חשבון נפרד.',
    ],
  },
})

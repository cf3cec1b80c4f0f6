import type { AuditPolicy } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language } from './words/index.ts'

const DECISIONS: Readonly<Record<Language, Readonly<Record<AuditPolicy['decisions'], string>>>> = {
  en: {
    none: 'Single access decisions are not recorded; changes are.',
    denied: 'Of access decisions, the refused ones are recorded.',
    sensitive: 'Of access decisions, the refused ones and those on sensitive actions are recorded.',
    all: 'Every access decision is recorded.',
  },
  he: {
    none: 'הכרעות גישה בודדות אינן נרשמות; שינויים נרשמים.',
    denied: 'מבין הכרעות הגישה נרשמות אלה שנדחו.',
    sensitive: 'מבין הכרעות הגישה נרשמות אלה שנדחו ואלה שעניינן פעולות רגישות.',
    all: 'כל הכרעת גישה נרשמת.',
  },
}

/** What is written down, and with what. */
export const auditEvents = defineControl({
  id: 'audit-events',
  section: 'logging',
  title: { en: 'What is logged', he: 'מה נרשם' },
  settings: ['audit.decisions'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1', 'CC7.2'],
    iso27001_2013: ['A.9.4.2', 'A.12.4.1', 'A.12.4.3'],
    iso27001_2022: ['A.8.15'],
    gdpr: ['Art. 5(2)', 'Art. 32(1)(d)'],
  },
  statement: {
    en: ({ audit }, w) => [
      'Logged are: sign-ins and failed ones with the reason; sessions begun, changed and ended; token refreshes; accounts created, changed, deactivated, reactivated and deleted; passwords changed and reset; roles given and taken, with the previous and the new one; and what administrators of the platform do.',
      DECISIONS.en[audit.decisions],
      `Each entry has the time, the action, what it was done to, the person and the ${w.organization}, the address behind trusted proxies, the user agent and, for a change, the values before and after. No change is made without its entry.`,
    ],
    he: ({ audit }, w) => [
      'נרשמים: כניסות וניסיונות כניסה כושלים בצירוף הסיבה; חיבורים שנפתחו, שונו והסתיימו; רענוני אסימונים; חשבונות שנוצרו, שונו, הושבתו, הופעלו מחדש ונמחקו; סיסמאות ששונו ושאופסו; תפקידים שניתנו ונשללו, עם התפקיד הקודם והחדש; ופעולותיהם של מנהלי הפלטפורמה.',
      DECISIONS.he[audit.decisions],
      `בכל רשומה: המועד, הפעולה, מושא הפעולה, האדם וה${w.organization}, הכתובת שמאחורי שרתי תיווך מהימנים, סוכן המשתמש, ובשינוי גם הערכים שלפניו ושלאחריו. אין שינוי בלי רשומה.`,
    ],
  },
})

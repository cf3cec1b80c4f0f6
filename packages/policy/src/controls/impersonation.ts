import { defineControl } from './control.ts'

/** Acting as somebody else. */
export const impersonation = defineControl({
  id: 'impersonation',
  section: 'privileged',
  title: { en: 'Impersonation', he: 'פעולה בשם משתמש אחר' },
  settings: ['impersonation'],
  enforcement: 'declared',
  mapping: {
    soc2: ['CC6.1', 'CC6.3', 'CC7.2'],
    iso27001_2013: ['A.9.2.3', 'A.12.4.3'],
    iso27001_2022: ['A.8.2', 'A.8.15'],
    gdpr: ['Art. 32(4)'],
  },
  applies: ({ impersonation: rule }) => rule !== undefined,
  statement: {
    en: ({ impersonation: rule }, w) =>
      rule === undefined
        ? []
        : [
            `Only ${w.anyRole(rule.by)} may act as another user, for at most ${w.duration(rule.maxSeconds)}${rule.reason ? ', with a reason' : ''}; it can be ended at any time.`,
            'Every entry in the log that it causes names both people.',
            ...(rule.never.length > 0 ? [`Never impersonated: ${w.roles(rule.never)}.`] : []),
            ...(rule.notify ? ['The user concerned is told.'] : []),
          ],
    he: ({ impersonation: rule }, w) =>
      rule === undefined
        ? []
        : [
            `רק ${w.anyRole(rule.by)} רשאי לפעול בשם משתמש אחר, למשך ${w.duration(rule.maxSeconds)} לכל היותר${rule.reason ? ', בצירוף נימוק' : ''}; ניתן לסיים זאת בכל עת.`,
            'כל רשומה ביומן הנובעת מכך נושאת את שמות שני האנשים.',
            ...(rule.never.length > 0
              ? [`לעולם אין פועלים בשמם של בעלי התפקיד: ${w.roles(rule.never)}.`]
              : []),
            ...(rule.notify ? ['המשתמש הנוגע בדבר מקבל הודעה.'] : []),
          ],
  },
})

import { defineControl } from './control.ts'

/** A fresh sign-in before what does harm. */
export const sensitiveActions = defineControl({
  id: 'sensitive-actions',
  section: 'privileged',
  title: { en: 'Sensitive actions', he: 'פעולות רגישות' },
  settings: ['sensitive.withinSeconds', 'sensitive.actions'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1', 'CC6.3'],
    iso27001_2013: ['A.9.2.3', 'A.9.4.4'],
    iso27001_2022: ['A.8.2', 'A.8.5'],
    gdpr: ['Art. 32(1)(b)'],
  },
  applies: ({ sensitive }) => sensitive.actions.length > 0,
  statement: {
    en: ({ sensitive }, w) => [
      `These actions take a sign-in no older than ${w.duration(sensitive.withinSeconds)}: ${w.codes(sensitive.actions)}.`,
      'They are always audited, refused or not. A machine takes them only where its role says so expressly.',
    ],
    he: ({ sensitive }, w) => [
      `הפעולות הבאות מחייבות הזדהות מלפני ${w.duration(sensitive.withinSeconds)} לכל היותר: ${w.codes(sensitive.actions)}.`,
      'הן נרשמות תמיד ביומן הביקורת, בין שהותרו ובין שנדחו. מכונה מבצעת אותן רק אם תפקידה מתיר זאת במפורש.',
    ],
  },
})

import { defineControl } from './control.ts'

/** Tokens: short, rotated, revocable at once. */
export const tokens = defineControl({
  id: 'authentication.tokens',
  section: 'sessions',
  title: { en: 'Tokens', he: 'אסימונים' },
  settings: [
    'authentication.tokens.algorithm',
    'authentication.tokens.accessSeconds',
    'authentication.tokens.refreshSeconds',
  ],
  stricter: ['authentication.tokens.access', 'authentication.tokens.refresh'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1', 'CC6.6', 'CC6.7'],
    iso27001_2013: ['A.9.4.2'],
    iso27001_2022: ['A.5.17', 'A.8.5'],
    gdpr: ['Art. 32(1)(b)'],
  },
  applies: ({ authentication }) => authentication.methods.includes('accessToken'),
  statement: {
    en: ({ authentication: { tokens: rule } }, w) => [
      `Access tokens are JSON Web Tokens signed with ${rule.algorithm}; they expire after ${w.duration(rule.accessSeconds)}.`,
      `Refresh tokens expire after ${w.duration(rule.refreshSeconds)}. Each is replaced when it is used; using a spent one ends the session it belongs to.`,
      'Every account has a token version. Raising it voids all its tokens at once, however long they would still have lived.',
    ],
    he: ({ authentication: { tokens: rule } }, w) => [
      `אסימוני הגישה הם מסוג JSON Web Token, חתומים ב-${rule.algorithm}, ותוקפם פג לאחר ${w.duration(rule.accessSeconds)}.`,
      `תוקף אסימוני הרענון פג לאחר ${w.duration(rule.refreshSeconds)}. כל אסימון מוחלף עם השימוש בו; שימוש באסימון שכבר נוצל מסיים את החיבור שאליו הוא שייך.`,
      'לכל חשבון גרסת אסימונים. העלאת הגרסה מבטלת באחת את כל האסימונים שלו, גם אם תוקפם טרם פג.',
    ],
  },
})

import { defineControl } from './control.ts'

/** Guessing is slowed down. */
export const lockout = defineControl({
  id: 'authentication.lockout',
  section: 'authentication',
  title: { en: 'Lockout', he: 'נעילה' },
  settings: ['authentication.lockout.after', 'authentication.lockout.forSeconds'],
  stricter: ['authentication.lockout.after', 'authentication.lockout.for'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1', 'CC6.6'],
    iso27001_2013: ['A.9.4.2'],
    iso27001_2022: ['A.8.5'],
    gdpr: ['Art. 32(1)(b)'],
  },
  applies: ({ authentication }) => authentication.methods.includes('password'),
  statement: {
    en: ({ authentication: { lockout: rule } }, w) => [
      `After ${w.number(rule.after)} failed sign-ins in a row an account is locked for ${w.duration(rule.forSeconds)}.`,
      'While it is locked, the right password is refused as well.',
      'A browser on which the user has signed in before is counted by itself, so that the guesses of others lock nobody out.',
    ],
    he: ({ authentication: { lockout: rule } }, w) => [
      `לאחר ${w.number(rule.after)} ניסיונות כניסה כושלים ברצף ננעל החשבון למשך ${w.duration(rule.forSeconds)}.`,
      'כל עוד החשבון נעול נדחית גם הסיסמה הנכונה.',
      'דפדפן שהמשתמש כבר התחבר בו נספר בנפרד, כך שניחושים של אחרים אינם נועלים איש בחוץ.',
    ],
  },
})

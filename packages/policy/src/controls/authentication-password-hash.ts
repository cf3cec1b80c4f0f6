import { defineControl } from './control.ts'

/** How passwords are kept. */
export const passwordHash = defineControl({
  id: 'authentication.password-hash',
  section: 'authentication',
  title: { en: 'Storage of passwords', he: 'אחסון סיסמאות' },
  settings: ['authentication.password.bcrypt'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1'],
    iso27001_2013: ['A.9.2.4', 'A.9.4.3'],
    iso27001_2022: ['A.5.17', 'A.8.24'],
    gdpr: ['Art. 32(1)(a)'],
  },
  applies: ({ authentication }) => authentication.methods.includes('password'),
  statement: {
    en: ({ authentication }, w) => [
      `Passwords are kept as salted bcrypt hashes with a cost of ${w.number(authentication.password.bcrypt)}.`,
      'A readable password is neither stored nor written to any log.',
    ],
    he: ({ authentication }, w) => [
      `סיסמאות נשמרות כגיבוב bcrypt עם מלח, בעלות ${w.number(authentication.password.bcrypt)}.`,
      'סיסמה קריאה אינה נשמרת ואינה נכתבת ביומן כלשהו.',
    ],
  },
})

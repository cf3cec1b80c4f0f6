import { defineControl } from './control.ts'

/** Nobody unknown gets an answer. */
export const authenticationRequired = defineControl({
  id: 'authentication.required',
  section: 'authentication',
  title: { en: 'Sign-in before access', he: 'הזדהות לפני גישה' },
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1', 'CC6.2'],
    iso27001_2013: ['A.9.1.2', 'A.9.4.2'],
    iso27001_2022: ['A.5.15', 'A.8.5'],
    gdpr: ['Art. 32(1)(b)'],
  },
  statement: {
    en: () => [
      'Whoever has not proved an identity is refused, everywhere but on the public pages for signing in and recovering an account.',
      'A request that carries two identities at once is refused.',
    ],
    he: () => [
      'מי שלא הוכיח את זהותו נדחה, בכל מקום פרט לדפים הציבוריים המיועדים לכניסה ולשחזור חשבון.',
      'בקשה הנושאת שתי זהויות בו בזמן נדחית.',
    ],
  },
})

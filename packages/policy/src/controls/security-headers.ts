import { defineControl } from './control.ts'

/** Headers on every answer. */
export const securityHeaders = defineControl({
  id: 'security-headers',
  section: 'logging',
  title: { en: 'Headers of every response', he: 'כותרות בכל תשובה' },
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.6', 'CC6.7'],
    iso27001_2013: ['A.9.1.2', 'A.13.1.1'],
    iso27001_2022: ['A.8.20', 'A.8.21'],
    gdpr: ['Art. 32(1)(a)'],
  },
  statement: {
    en: () => [
      'Every response carries X-Request-ID, by which it is found in the log, Strict-Transport-Security, X-Content-Type-Options: nosniff and X-Frame-Options: DENY.',
    ],
    he: () => [
      'כל תשובה נושאת X-Request-ID, שלפיו היא נמצאת ביומן, וכן Strict-Transport-Security, X-Content-Type-Options: nosniff ו-X-Frame-Options: DENY.',
    ],
  },
})

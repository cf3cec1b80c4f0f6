import { defineControl } from './control.ts'

/** Metrics, and a brake on repetition. */
export const monitoring = defineControl({
  id: 'monitoring',
  section: 'logging',
  title: { en: 'Metrics and throttling', he: 'מדידה והאטה' },
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC4.1', 'CC7.1', 'CC7.2'],
    iso27001_2013: ['A.12.4.1'],
    iso27001_2022: ['A.8.6', 'A.8.16'],
    gdpr: ['Art. 32(1)(d)'],
  },
  statement: {
    en: () => [
      'Failed sign-ins, lockouts, token refreshes and refused actions are measured and can be watched at any time.',
      'Too many attempts in a short time are slowed down, for single accounts and for single addresses.',
    ],
    he: () => [
      'ניסיונות כניסה כושלים, נעילות, רענוני אסימונים ופעולות שנדחו נמדדים וניתנים לצפייה בכל עת.',
      'ניסיונות רבים מדי בזמן קצר מואטים, לפי חשבון ולפי כתובת.',
    ],
  },
})

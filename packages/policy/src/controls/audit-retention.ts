import { defineControl } from './control.ts'

/** How long the log is kept. */
export const auditRetention = defineControl({
  id: 'audit-retention',
  section: 'logging',
  title: { en: 'How long it is kept', he: 'משך השמירה' },
  settings: ['audit.retentionSeconds'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC7.2'],
    iso27001_2013: ['A.12.4.1', 'A.18.1.3'],
    iso27001_2022: ['A.5.33', 'A.8.15'],
    gdpr: ['Art. 5(1)(e)'],
  },
  statement: {
    en: ({ audit }, w) => [`Entries are kept for at least ${w.duration(audit.retentionSeconds)}.`],
    he: ({ audit }, w) => [`רשומות נשמרות לפחות ${w.duration(audit.retentionSeconds)}.`],
  },
})

import { defineControl } from './control.ts'

/** Tenants do not see each other. */
export const tenantIsolation = defineControl({
  id: 'tenant-isolation',
  section: 'principles',
  title: { en: 'Isolation', he: 'הפרדה' },
  settings: ['organizations.call'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1', 'CC6.3'],
    iso27001_2013: ['A.9.4.1'],
    iso27001_2022: ['A.5.15', 'A.8.3'],
    gdpr: ['Art. 5(1)(f)', 'Art. 25', 'Art. 32(1)(b)'],
  },
  statement: {
    en: (_policy, w) => [
      `All data belongs to exactly one ${w.organization}, and every request is decided inside exactly one.`,
      `Whatever belongs to another ${w.organization} is answered as if it did not exist.`,
    ],
    he: (_policy, w) => [
      `כל נתון שייך ל${w.organization} אחד בלבד, וכל בקשה מוכרעת בתוך ${w.organization} אחד בלבד.`,
      `מה ששייך ל${w.organization} אחר מקבל מענה כאילו אינו קיים.`,
    ],
  },
})

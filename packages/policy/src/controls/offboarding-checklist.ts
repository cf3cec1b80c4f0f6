import type { Offboarding } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language } from './words/index.ts'

type Step = Offboarding['checklist'][number]

const STEPS: Readonly<Record<Language, Readonly<Record<Step, string>>>> = {
  en: {
    'disable-account': 'disable the account',
    'revoke-sessions': 'end its sessions',
    'rotate-shared-credentials': 'replace credentials it shared',
    'remove-roles': 'take away groups and roles',
    'revoke-keys': 'revoke API keys',
    document: 'document the revocation',
    verify: 'verify that no access is left',
  },
  he: {
    'disable-account': 'השבתת החשבון',
    'revoke-sessions': 'סיום החיבורים',
    'rotate-shared-credentials': 'החלפת אמצעי הזדהות משותפים',
    'remove-roles': 'הסרת קבוצות ותפקידים',
    'revoke-keys': 'ביטול מפתחות API',
    document: 'תיעוד השלילה',
    verify: 'וידוא שלא נותרה גישה',
  },
}

/** What the end of somebody's access consists of. */
export const offboardingChecklist = defineControl({
  id: 'offboarding.checklist',
  section: 'leaving',
  title: { en: 'Steps of a revocation', he: 'שלבי השלילה' },
  settings: ['offboarding.checklist'],
  enforcement: 'declared',
  mapping: {
    soc2: ['CC6.2', 'CC6.3'],
    iso27001_2013: ['A.9.2.6'],
    iso27001_2022: ['A.5.11', 'A.5.18'],
  },
  applies: ({ offboarding }) => offboarding.checklist.length > 0,
  statement: {
    en: ({ offboarding: { checklist } }, w) => [
      `The revocation runs as one: ${w.list(checklist.map((step) => STEPS.en[step]))}.`,
    ],
    he: ({ offboarding: { checklist } }, w) => [
      `השלילה מבוצעת כמהלך אחד: ${w.list(checklist.map((step) => STEPS.he[step]))}.`,
    ],
  },
})

import type { Policy } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language } from './words/index.ts'

type Step = Policy['containment'][number]

const STEPS: Readonly<Record<Language, Readonly<Record<Step, string>>>> = {
  en: {
    revokeTokens: 'its tokens are revoked',
    forcePasswordReset: 'a new password is forced',
    lockAccount: 'the account is locked until it was looked into',
    gatherAudit: 'its recent audit trail is gathered',
    notifyUser: 'the user is told',
  },
  he: {
    revokeTokens: 'האסימונים שלו מבוטלים',
    forcePasswordReset: 'נכפית החלפת סיסמה',
    lockAccount: 'החשבון ננעל עד לבירור',
    gatherAudit: 'נאסף תיעוד הביקורת האחרון שלו',
    notifyUser: 'המשתמש מקבל הודעה',
  },
}

/** A compromised account, as one action. */
export const containment = defineControl({
  id: 'containment',
  section: 'incidents',
  title: { en: 'Compromised accounts', he: 'חשבון שנפרץ' },
  settings: ['containment'],
  enforcement: 'declared',
  mapping: {
    soc2: ['CC7.3', 'CC7.4', 'CC7.5'],
    iso27001_2013: ['A.9.2.6', 'A.16.1.5'],
    iso27001_2022: ['A.5.26', 'A.5.28'],
    gdpr: ['Art. 32(1)(c)', 'Art. 33'],
  },
  applies: ({ containment: steps }) => steps.length > 0,
  statement: {
    en: ({ containment: steps }, w) => [
      `When an account is compromised, one action does all of this: ${w.list(steps.map((step) => STEPS.en[step]))}.`,
    ],
    he: ({ containment: steps }, w) => [
      `כאשר חשבון נפרץ, פעולה אחת עושה את כל אלה: ${w.list(steps.map((step) => STEPS.he[step]))}.`,
    ],
  },
})

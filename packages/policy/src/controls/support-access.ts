import type { SupportAccess } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language } from './words/index.ts'

const REASONS: Readonly<Record<Language, Readonly<Record<SupportAccess['reasons'][number], string>>>> = {
  en: { support: 'support', security: 'security', incident: 'an incident' },
  he: { support: 'תמיכה', security: 'אבטחה', incident: 'אירוע' },
}

/** Platform staff inside an organization's data. */
export const supportAccess = defineControl({
  id: 'support-access',
  section: 'privileged',
  title: { en: 'Support access', he: 'גישת תמיכה' },
  settings: ['supportAccess'],
  enforcement: 'declared',
  mapping: {
    soc2: ['CC6.1', 'CC6.3'],
    iso27001_2013: ['A.9.2.3', 'A.9.4.1'],
    iso27001_2022: ['A.5.23', 'A.8.2'],
    gdpr: ['Art. 28(3)', 'Art. 32(4)'],
  },
  applies: ({ supportAccess: rule }) => rule !== undefined,
  statement: {
    en: ({ supportAccess: rule }, w) =>
      rule === undefined
        ? []
        : [
            `${w.anyRole(rule.by)} may open a support access to one ${w.organization}, because of ${w.anyOf(rule.reasons.map((reason) => REASONS.en[reason]))}. It gives the role ${w.role(rule.role)} for at most ${w.duration(rule.maxSeconds)}.`,
            rule.consent
              ? `Somebody in charge of the ${w.organization} agrees first.`
              : `It does not wait for the consent of the ${w.organization}.`,
            `The ${w.organization} sees it, with the reason and everything done, in its own audit log.`,
          ],
    he: ({ supportAccess: rule }, w) =>
      rule === undefined
        ? []
        : [
            `${w.anyRole(rule.by)} רשאי לפתוח גישת תמיכה ל${w.organization} אחד, מטעמי ${w.anyOf(rule.reasons.map((reason) => REASONS.he[reason]))}. היא מעניקה את התפקיד ${w.role(rule.role)} למשך ${w.duration(rule.maxSeconds)} לכל היותר.`,
            rule.consent
              ? `אחראי מטעם ה${w.organization} מסכים לכך מראש.`
              : `היא אינה מותנית בהסכמת ה${w.organization}.`,
            `ה${w.organization} רואה אותה, עם הנימוק וכל מה שנעשה, ביומן הביקורת שלו.`,
          ],
  },
})

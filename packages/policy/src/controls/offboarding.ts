import type { Offboarding } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language } from './words/index.ts'

type Occasion = Offboarding['immediately'][number]

const OCCASIONS: Readonly<Record<Language, Readonly<Record<Occasion, string>>>> = {
  en: {
    termination: 'the end of employment',
    roleChange: 'a change of role',
    incident: 'a security incident',
    leave: 'extended leave',
  },
  he: {
    termination: 'סיום העסקה',
    roleChange: 'שינוי תפקיד',
    incident: 'אירוע אבטחה',
    leave: 'היעדרות ממושכת',
  },
}

/** How a leaver's access ends. */
export const offboarding = defineControl({
  id: 'offboarding',
  section: 'leaving',
  title: { en: 'Leavers and changed duties', he: 'עוזבים ושינויי תפקיד' },
  settings: ['offboarding.withinSeconds', 'offboarding.roleChangeWithin', 'offboarding.immediately'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.2', 'CC6.3'],
    iso27001_2013: ['A.7.3.1', 'A.9.2.6'],
    iso27001_2022: ['A.5.11', 'A.5.18', 'A.6.5'],
    gdpr: ['Art. 32(4)'],
  },
  statement: {
    en: ({ offboarding: rule }, w) => [
      `The account of somebody who leaves is closed within ${w.duration(rule.withinSeconds)} after the end of the last working day; ${
        rule.roleChangeWithin === 'same-day'
          ? 'a change of duties is reflected in the role on the same day'
          : `a change of duties is reflected in the role within ${w.duration(rule.roleChangeWithin)}`
      }. What is overdue raises an alert.`,
      ...(rule.immediately.length > 0
        ? [`Access is revoked immediately on ${w.anyOf(rule.immediately.map((on) => OCCASIONS.en[on]))}.`]
        : []),
    ],
    he: ({ offboarding: rule }, w) => [
      `חשבונו של מי שעוזב נסגר בתוך ${w.duration(rule.withinSeconds)} מתום יום העבודה האחרון; ${
        rule.roleChangeWithin === 'same-day'
          ? 'שינוי בתחומי האחריות מתבטא בתפקיד עוד באותו יום'
          : `שינוי בתחומי האחריות מתבטא בתפקיד בתוך ${w.duration(rule.roleChangeWithin)}`
      }. חריגה מן המועד מפעילה התראה.`,
      ...(rule.immediately.length > 0
        ? [`הגישה נשללת מיד במקרה של ${w.anyOf(rule.immediately.map((on) => OCCASIONS.he[on]))}.`]
        : []),
    ],
  },
})

import type { Policy } from '../model.ts'
import { defineControl } from './control.ts'

const promised = ({ privacy, audit }: Policy) =>
  privacy.consents.length > 0 ||
  privacy.export ||
  privacy.erasure ||
  privacy.accessLog ||
  audit.personalSeconds !== undefined

/** What people are promised about their own data. */
export const privacy = defineControl({
  id: 'privacy',
  section: 'compliance',
  title: { en: 'Personal data', he: 'מידע אישי' },
  settings: ['privacy', 'audit.personalSeconds'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['P2.1', 'P4.2', 'P5.1', 'P6.1'],
    iso27001_2013: ['A.18.1.4'],
    iso27001_2022: ['A.5.34', 'A.8.10'],
    gdpr: ['Art. 7', 'Art. 15', 'Art. 17', 'Art. 20', 'Art. 30'],
  },
  applies: promised,
  statement: {
    en: ({ privacy: rule, audit }, w) => [
      ...(rule.consents.length > 0
        ? [
            `Consent is asked, recorded and may be withdrawn for: ${w.list(rule.consents.map(({ title }) => w.text(title)))}.`,
          ]
        : []),
      ...(rule.export ? ['Users see the data held about them and take it along in a portable form.'] : []),
      ...(rule.erasure ? ['Personal values can be erased; the audit log stays provable without them.'] : []),
      ...(rule.accessLog ? ['Reading personal data is logged.'] : []),
      ...(audit.personalSeconds === undefined
        ? []
        : [`Personal values in the audit log are erased after ${w.duration(audit.personalSeconds)}.`]),
    ],
    he: ({ privacy: rule, audit }, w) => [
      ...(rule.consents.length > 0
        ? [
            `הסכמה נדרשת, מתועדת וניתנת לביטול עבור: ${w.list(rule.consents.map(({ title }) => w.text(title)))}.`,
          ]
        : []),
      ...(rule.export ? ['משתמשים רואים את המידע השמור עליהם ומקבלים אותו בתבנית ניתנת להעברה.'] : []),
      ...(rule.erasure ? ['ערכים אישיים ניתנים למחיקה; יומן הביקורת נשאר בר-הוכחה גם בלעדיהם.'] : []),
      ...(rule.accessLog ? ['קריאת מידע אישי נרשמת ביומן.'] : []),
      ...(audit.personalSeconds === undefined
        ? []
        : [`ערכים אישיים ביומן הביקורת נמחקים לאחר ${w.duration(audit.personalSeconds)}.`]),
    ],
  },
})

import type { MfaPolicy } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language } from './words/index.ts'

const METHODS: Readonly<Record<Language, Readonly<Record<MfaPolicy['methods'][number], string>>>> = {
  en: { totp: 'one-time codes from an authenticator app (TOTP)', passkey: 'passkeys' },
  he: { totp: 'קודים חד-פעמיים מיישומון אימות (TOTP)', passkey: 'מפתחות גישה (passkeys)' },
}

const REMOVAL: Readonly<Record<Language, Readonly<Record<MfaPolicy['removal'], string>>>> = {
  en: {
    password: 'the password',
    secondFactor: 'the second factor',
    both: 'the password and the second factor',
  },
  he: { password: 'הסיסמה', secondFactor: 'הגורם השני', both: 'הסיסמה והגורם השני' },
}

/** The second factor: offered to everybody, demanded of some. */
export const mfa = defineControl({
  id: 'authentication.mfa',
  section: 'authentication',
  title: { en: 'Second factor', he: 'גורם אימות שני' },
  settings: [
    'authentication.mfa.methods',
    'authentication.mfa.required',
    'authentication.mfa.recommended',
    'authentication.mfa.recoveryCodes',
    'authentication.mfa.removal',
  ],
  stricter: ['authentication.mfa.methods', 'authentication.mfa.required'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1', 'CC6.6'],
    iso27001_2013: ['A.9.2.3', 'A.9.4.2'],
    iso27001_2022: ['A.8.2', 'A.8.5'],
    gdpr: ['Art. 32(1)(b)'],
  },
  statement: {
    en: ({ authentication: { mfa: rule } }, w) => [
      `Every user may set up a second factor: ${w.anyOf(rule.methods.map((method) => METHODS.en[method]))}.`,
      ...(rule.required.length > 0
        ? [`It is mandatory for ${w.roles(rule.required)}: without it there is no access at all.`]
        : ['No role is forced to have one.']),
      ...(rule.recommended.length > 0 ? [`It is recommended for ${w.roles(rule.recommended)}.`] : []),
      ...(rule.recoveryCodes > 0
        ? [
            `Setting it up yields ${w.count(rule.recoveryCodes, { one: 'one recovery code', many: 'recovery codes' })}, each good for one use.`,
          ]
        : []),
      `Removing it takes ${REMOVAL.en[rule.removal]}. Both are logged.`,
    ],
    he: ({ authentication: { mfa: rule } }, w) => [
      `כל משתמש רשאי להגדיר גורם אימות שני: ${w.anyOf(rule.methods.map((method) => METHODS.he[method]))}.`,
      ...(rule.required.length > 0
        ? [`חובת גורם שני חלה על: ${w.roles(rule.required)}. בלעדיו אין כל גישה.`]
        : ['אין תפקיד שחייב בו.']),
      ...(rule.recommended.length > 0 ? [`הוא מומלץ לתפקידים: ${w.roles(rule.recommended)}.`] : []),
      ...(rule.recoveryCodes > 0
        ? [
            `עם ההגדרה נוצרים קודי שחזור לשימוש חד-פעמי: ${w.count(rule.recoveryCodes, { one: 'קוד אחד', two: 'שני קודים', many: 'קודים' })}.`,
          ]
        : []),
      `להסרת הגורם השני נדרשת הזנה של ${REMOVAL.he[rule.removal]}. ההגדרה וההסרה נרשמות ביומן.`,
    ],
  },
})

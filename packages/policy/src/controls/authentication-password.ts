import type { PasswordPolicy } from '../model.ts'
import { defineControl } from './control.ts'
import type { Language } from './words/index.ts'

const KINDS: Readonly<Record<Language, Readonly<Record<PasswordPolicy['require'][number], string>>>> = {
  en: {
    upper: 'an uppercase letter',
    lower: 'a lowercase letter',
    digit: 'a digit',
    special: 'a special character',
  },
  he: { upper: 'אות גדולה באנגלית', lower: 'אות קטנה באנגלית', digit: 'ספרה', special: 'תו מיוחד' },
}

/** What a password has to be like, and how it is set again. */
export const password = defineControl({
  id: 'authentication.password',
  section: 'authentication',
  title: { en: 'Passwords', he: 'סיסמאות' },
  settings: [
    'authentication.password.minLength',
    'authentication.password.require',
    'authentication.password.blockCommon',
    'authentication.password.temporarySeconds',
  ],
  stricter: ['authentication.password.minLength', 'authentication.password.require'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1'],
    iso27001_2013: ['A.9.2.4', 'A.9.3.1', 'A.9.4.3'],
    iso27001_2022: ['A.5.17', 'A.8.5'],
    gdpr: ['Art. 32(1)(b)'],
  },
  applies: ({ authentication }) => authentication.methods.includes('password'),
  statement: {
    en: ({ authentication: { password: rules } }, w) => [
      rules.require.length === 0
        ? `A password has at least ${w.number(rules.minLength)} characters.`
        : `A password has at least ${w.number(rules.minLength)} characters, among them ${w.list(rules.require.map((kind) => KINDS.en[kind]))}.`,
      ...(rules.blockCommon ? ['Passwords that are known to be in common use are refused.'] : []),
      'A refused password is answered with the reason, in the language of the person.',
      'Users change their own password in their security settings; administrators reset passwords of those they administer.',
      `A password that an administrator set works for ${w.duration(rules.temporarySeconds)} and only to choose an own one.`,
    ],
    he: ({ authentication: { password: rules } }, w) => [
      rules.require.length === 0
        ? `בסיסמה יש לפחות ${w.number(rules.minLength)} תווים.`
        : `בסיסמה יש לפחות ${w.number(rules.minLength)} תווים, ובהם ${w.list(rules.require.map((kind) => KINDS.he[kind]))}.`,
      ...(rules.blockCommon ? ['סיסמאות הידועות כנפוצות נדחות.'] : []),
      'דחיית סיסמה מלווה בהסבר, בשפתו של המשתמש.',
      'משתמשים משנים את סיסמתם בהגדרות האבטחה שלהם; מנהלים מאפסים סיסמאות של מי שנמצא באחריותם.',
      `סיסמה שקבע מנהל תקפה למשך ${w.duration(rules.temporarySeconds)} ורק לשם בחירת סיסמה אישית.`,
    ],
  },
})

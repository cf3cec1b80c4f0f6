/** Everything this module can say: its failures, its audit events, its mails. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'
import { defineMails } from '#platform/mail'

export const errors = defineErrors('factors', {
  wrong_code: [403, 'The code is not right, or it was used before. Each code is good once.'],
  locked: [
    429,
    'Too many wrong codes: this second factor is locked for a while. Wait, or use another one, such as a recovery code.',
  ],
  not_permitted: [403, 'The policy does not take this second factor. "methods" names those it takes.'],
  not_enrolled: [409, 'This account has no such second factor. Set one up first.'],
  already_enrolled: [409, 'This account has an authenticator app. Remove it before you set up another one.'],
  nothing_to_confirm: [
    409,
    'There is no authenticator app to confirm: it was confirmed already, or it took too long. Begin again.',
  ],
  password_required: [
    403,
    'Removing a second factor takes your password under this policy. Send "password".',
  ],
  second_factor_required: [
    403,
    'Removing a second factor takes a second factor under this policy. Send "code", "recoveryCode" or "passkey".',
  ],
  passkey_refused: [
    403,
    'The passkey could not be verified: it answered another question, too late, for another site, or not as the policy asks. Try again.',
  ],
  passkey_known: [409, 'This passkey is registered already.'],
  too_many_passkeys: [409, 'This account has as many passkeys as it can have. Remove one first.'],
  not_found: [404, 'Passkey not found.'],
})

export const events = defineEvents('factors', {
  begun: 'A person began to set up a second factor; it proves nothing yet.',
  enrolled: 'A person set up a second factor.',
  renamed: 'A person gave a passkey another name.',
  removed: 'A person removed a second factor.',
  reset: 'An administrator removed all second factors of a person who had lost them.',
  change_refused: 'A change of second factors was refused: what it takes was not proven.',
  refused: 'A second factor was refused; the reason is for the log alone.',
  locked: 'A second factor was locked after too many wrong codes.',
  recovery_codes_made: 'A person got new recovery codes; the former ones are worth nothing.',
  recovery_code_used: 'A recovery code was spent in the place of a second factor.',
})

/** A second factor as mails call it. */
export interface FactorWords {
  readonly en: string
  readonly he: string
}

export const FACTOR_WORDS = {
  totp: { en: 'an authenticator app', he: 'יישומון אימות' },
  passkey: { en: 'a passkey', he: 'מפתח גישה (passkey)' },
} satisfies Record<string, FactorWords>

const footer = {
  en: 'You get this mail because it concerns how your account is protected. If it was not you, change your password at once and tell your administrator.',
  he: 'הודעה זו נשלחה אליך משום שהיא נוגעת להגנה על חשבונך. אם לא ביצעת פעולה זו, יש להחליף סיסמה מיד ולפנות למנהל המערכת.',
}

export const mails = defineMails('factors', {
  enrolled: {
    en: ({ factor }: { factor: FactorWords }) => ({
      subject: 'A second factor was set up',
      paragraphs: [
        `From now on ${factor.en} protects your account: signing in takes it beside your password.`,
        'Your other sessions were signed out.',
      ],
      footer: footer.en,
    }),
    he: ({ factor }) => ({
      subject: 'הוגדר גורם אימות שני',
      paragraphs: [
        `מעתה ${factor.he} מגן על חשבונך: הכניסה דורשת אותו נוסף על הסיסמה.`,
        'יתר החיבורים שלך נותקו.',
      ],
      footer: footer.he,
    }),
  },
  passkey_added: {
    en: ({ name }: { name: string }) => ({
      subject: 'A passkey was added',
      paragraphs: [
        `A passkey called "${name}" can now be used for your account.`,
        'Your other sessions were signed out.',
      ],
      footer: footer.en,
    }),
    he: ({ name }) => ({
      subject: 'נוסף מפתח גישה (passkey)',
      paragraphs: [`מפתח גישה בשם "${name}" יכול לשמש מעתה לכניסה לחשבונך.`, 'יתר החיבורים שלך נותקו.'],
      footer: footer.he,
    }),
  },
  removed: {
    en: ({ factor, isLast }: { factor: FactorWords; isLast: boolean }) => ({
      subject: 'A second factor was removed',
      paragraphs: [
        `Your account is no longer protected by ${factor.en}.`,
        isLast
          ? 'It was the last one: your password alone now opens your account, and your recovery codes are worth nothing.'
          : 'Another second factor remains.',
      ],
      footer: footer.en,
    }),
    he: ({ factor, isLast }) => ({
      subject: 'הוסר גורם אימות שני',
      paragraphs: [
        `חשבונך אינו מוגן עוד באמצעות ${factor.he}.`,
        isLast
          ? 'זה היה הגורם האחרון: מעתה הסיסמה לבדה פותחת את חשבונך, וקודי השחזור בטלים.'
          : 'נותר גורם אימות שני אחר.',
      ],
      footer: footer.he,
    }),
  },
  reset: {
    en: () => ({
      subject: 'Your second factors were reset',
      paragraphs: [
        'An administrator removed all second factors and recovery codes of your account, and signed you out everywhere.',
        'Your password alone now opens your account. Sign in and set up a second factor again.',
      ],
      footer:
        'You get this mail because it concerns how your account is protected. If you did not ask for it, tell your administrator at once.',
    }),
    he: () => ({
      subject: 'גורמי האימות השניים שלך אופסו',
      paragraphs: [
        'מנהל המערכת הסיר את כל גורמי האימות השניים ואת קודי השחזור של חשבונך, וניתק אותך מכל החיבורים.',
        'מעתה הסיסמה לבדה פותחת את חשבונך. יש להיכנס ולהגדיר מחדש גורם אימות שני.',
      ],
      footer:
        'הודעה זו נשלחה אליך משום שהיא נוגעת להגנה על חשבונך. אם לא ביקשת זאת, יש לפנות מיד למנהל המערכת.',
    }),
  },
  recovery_codes_made: {
    en: ({ count }: { count: number }) => ({
      subject: 'You have new recovery codes',
      paragraphs: [
        `${count} recovery codes were made for your account. Those you had before are worth nothing now.`,
      ],
      footer: footer.en,
    }),
    he: ({ count }) => ({
      subject: 'נוצרו לך קודי שחזור חדשים',
      paragraphs: [`מספר קודי השחזור שנוצרו לחשבונך: ${count}. הקודים הקודמים בטלים.`],
      footer: footer.he,
    }),
  },
  recovery_code_used: {
    en: ({ left }: { left: number }) => ({
      subject: 'A recovery code was used',
      paragraphs: [
        'A recovery code was used for your account, in the place of a second factor.',
        left === 0
          ? 'It was the last one. Make new ones in your security settings.'
          : `Recovery codes that are left: ${left}.`,
      ],
      footer: footer.en,
    }),
    he: ({ left }) => ({
      subject: 'נעשה שימוש בקוד שחזור',
      paragraphs: [
        'נעשה שימוש בקוד שחזור בחשבונך, במקום גורם אימות שני.',
        left === 0
          ? 'זה היה הקוד האחרון. ניתן ליצור קודים חדשים בהגדרות האבטחה.'
          : `מספר קודי השחזור שנותרו: ${left}.`,
      ],
      footer: footer.he,
    }),
  },
})

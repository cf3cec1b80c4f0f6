/** Everything this module can say. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'
import { defineMails, spans } from '#platform/mail'

export const errors = defineErrors('identity', {
  not_found: [404, 'Account not found.'],
  address_taken: [409, 'There is an account with this e-mail address already.'],
  weak_password: [422, 'The password does not meet the policy. "rules" names everything it misses.'],
  wrong_password: [403, 'The current password is not right.'],
  link_dead: [
    422,
    'This link does not work: it was used, a newer one was sent, or it has expired. Ask for a new one.',
  ],
  belongs_elsewhere: [
    403,
    'This account also belongs to another organization, so only its owner or the platform can change it. Deactivate the membership instead.',
  ],
})

export const events = defineEvents('identity', {
  account_created: 'An account was created.',
  profile_changed: 'A person changed their own name or language.',
  password_changed: 'A person changed their own password.',
  password_change_failed: 'A person who tried to change their password did not know the current one.',
  password_reset:
    'An administrator replaced a password by a temporary one, or by none and a link mailed to the person.',
  email_changed: 'The address of an account changed.',
  email_verified: 'A person proved that the address of their account is theirs.',
  account_locked: 'An account was locked after too many failed sign-ins.',
  device_forgotten: 'A device lost what it had proven: from then on it is a stranger to its account.',
  change_refused:
    'A change of an account was refused: it holds more in another organization than the actor administers.',
  account_deactivated: 'An account was deactivated: it signs in nowhere.',
  account_reactivated: 'A deactivated account was reactivated.',
  account_deleted: 'An account was deleted.',
})

interface ResetLink {
  readonly url: string
  readonly minutes: number
  readonly because: 'asked' | 'administrator' | 'refused_change'
}

const resetReasons = {
  asked: {
    en: 'Somebody asked for a new password for your account.',
    he: 'התקבלה בקשה לסיסמה חדשה לחשבונך.',
  },
  administrator: {
    en: 'An administrator reset the password of your account. You were signed out everywhere.',
    he: 'מנהל המערכת איפס את הסיסמה של חשבונך. כל החיבורים שלך נותקו.',
  },
  refused_change: {
    en: 'You refused a change of your address. Whoever made it may know your password, so it was taken out of use and you were signed out everywhere.',
    he: 'ביטלת שינוי של כתובת הדוא״ל. מי שביצע אותו עלול להכיר את הסיסמה שלך, ולכן היא בוטלה וכל החיבורים נותקו.',
  },
} as const

export const mails = defineMails('identity', {
  password_reset: {
    en: ({ url, minutes, because }: ResetLink) => ({
      subject: 'Choose a new password',
      paragraphs: [
        resetReasons[because].en,
        `The link works once, for ${spans.en(minutes)}. A newer link replaces it.`,
      ],
      action: { label: 'Choose a new password', url },
      footer:
        because === 'asked'
          ? 'If it was not you, you need not do anything: your password stays as it is.'
          : 'If you know nothing of this, tell your administrator.',
    }),
    he: ({ url, minutes, because }: ResetLink) => ({
      subject: 'בחירת סיסמה חדשה',
      paragraphs: [
        resetReasons[because].he,
        `הקישור פועל פעם אחת, למשך ${spans.he(minutes)}. קישור חדש יותר מחליף אותו.`,
      ],
      action: { label: 'לבחירת סיסמה חדשה', url },
      footer:
        because === 'asked'
          ? 'אם הבקשה אינה שלך, אין צורך לעשות דבר: הסיסמה נשארת כפי שהיא.'
          : 'אם אין לך ידיעה על כך, יש לפנות למנהל המערכת.',
    }),
  },
})

/** Everything this module can say: its failures, its audit events, its mails. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'
import { defineMails, spans } from '#platform/mail'

export const errors = defineErrors('recovery', {
  already_verified: [409, 'Your address is verified already.'],
  same_address: [409, 'This is the address of your account already.'],
})

export const events = defineEvents('recovery', {
  reset_asked:
    'Somebody asked for a link to set a new password. Whether the address is known, the answer did not say.',
  reset_link_sent: 'A link to set a new password was mailed to the address of an account.',
  password_reset: 'A person set a new password by a mailed link; everything the account held has ended.',
  activated:
    'A person took up their account by the mailed link: the address is proven and they chose the password.',
  verification_sent: 'A person had the link that verifies their address sent again.',
  email_change_asked: 'A person asked to move their account to another address, which is to prove itself.',
  email_change_failed: 'A change of the address was refused: who asked did not know the password.',
  email_change_refused: 'The owner of the former address said that a change of the address was not theirs.',
  link_refused: 'A mailed link was presented that does not hold.',
  limited:
    'Requests about passwords and addresses from one client address were stopped for a while: there were too many.',
})

const notYouEn = 'If it was not you, tell your administrator at once.'
const notYouHe = 'אם לא ביצעת פעולה זו, יש לפנות מיד למנהל המערכת.'

interface Change {
  readonly newEmail: string
  readonly url: string
}

export const mails = defineMails('recovery', {
  password_was_reset: {
    en: (_: undefined) => ({
      subject: 'Your password was changed',
      paragraphs: [
        'A new password was set for your account by a link that was mailed to this address. You were signed out everywhere.',
      ],
      footer: `${notYouEn} Whoever did it can read this mailbox.`,
    }),
    he: () => ({
      subject: 'הסיסמה שלך הוחלפה',
      paragraphs: ['סיסמה חדשה נקבעה לחשבונך באמצעות קישור שנשלח לכתובת זו. כל החיבורים שלך נותקו.'],
      footer: `${notYouHe} מי שביצע אותה יכול לקרוא את תיבת הדואר הזו.`,
    }),
  },
  verify_email: {
    en: ({ url, minutes }: { url: string; minutes: number }) => ({
      subject: 'Verify your e-mail address',
      paragraphs: [
        'Follow the link to prove that this address is yours.',
        `It works once, for ${spans.en(minutes)}. A newer link replaces it.`,
      ],
      action: { label: 'Verify the address', url },
      footer: 'If you have no account here, do not follow the link: it would let somebody use your address.',
    }),
    he: ({ url, minutes }) => ({
      subject: 'אימות כתובת הדוא״ל שלך',
      paragraphs: [
        'יש להיכנס לקישור כדי לאמת שכתובת זו שייכת לך.',
        `הקישור פועל פעם אחת, למשך ${spans.he(minutes)}. קישור חדש יותר מחליף אותו.`,
      ],
      action: { label: 'אימות הכתובת', url },
      footer: 'אם אין לך חשבון כאן, אין להיכנס לקישור: הוא יאפשר למישהו אחר להשתמש בכתובתך.',
    }),
  },
  confirm_email: {
    en: ({ url, minutes, email }: { url: string; minutes: number; email: string }) => ({
      subject: 'Confirm your new e-mail address',
      paragraphs: [
        `The account of ${email} is to move to this address. Follow the link to confirm it.`,
        `It works once, for ${spans.en(minutes)}. A newer link replaces it.`,
      ],
      action: { label: 'Confirm the address', url },
      footer:
        'If this is not your account, do not follow the link: it would tie your address to somebody else’s account.',
    }),
    he: ({ url, minutes, email }) => ({
      subject: 'אישור כתובת הדוא״ל החדשה',
      paragraphs: [
        `החשבון של ${email} עומד לעבור לכתובת זו. יש להיכנס לקישור כדי לאשר.`,
        `הקישור פועל פעם אחת, למשך ${spans.he(minutes)}. קישור חדש יותר מחליף אותו.`,
      ],
      action: { label: 'אישור הכתובת', url },
      footer: 'אם אין זה חשבונך, אין להיכנס לקישור: הוא יקשור את כתובתך לחשבון של מישהו אחר.',
    }),
  },
  email_change_asked: {
    en: ({ newEmail, url }: Change) => ({
      subject: 'Your e-mail address is about to change',
      paragraphs: [
        `Your account is to move to ${newEmail}, once that address is confirmed.`,
        'If you asked for this, there is nothing to do. If not, follow the link within seven days: it keeps or restores this address, signs everybody out and lets you choose a new password.',
      ],
      action: { label: 'It was not me', url },
      footer: 'You get this mail because this is the address of your account until then.',
    }),
    he: ({ newEmail, url }) => ({
      subject: 'כתובת הדוא״ל שלך עומדת להשתנות',
      paragraphs: [
        `חשבונך עומד לעבור לכתובת ${newEmail}, לאחר שכתובת זו תאושר.`,
        'אם זו בקשתך, אין צורך לעשות דבר. אם לא, יש להיכנס לקישור בתוך שבעה ימים: הוא שומר על כתובת זו או משיב אותה, מנתק את כל החיבורים ומאפשר לבחור סיסמה חדשה.',
      ],
      action: { label: 'זו לא בקשה שלי', url },
      footer: 'הודעה זו נשלחה אליך משום שזו כתובת החשבון שלך עד לשינוי.',
    }),
  },
  email_changed: {
    en: ({ newEmail }: { newEmail: string }) => ({
      subject: 'Your e-mail address was changed',
      paragraphs: [`Your account moved to ${newEmail}. Sign in with that address from now on.`],
      footer:
        'If it was not you, follow the link "It was not me" of the mail before this one, and tell your administrator.',
    }),
    he: ({ newEmail }) => ({
      subject: 'כתובת הדוא״ל שלך השתנתה',
      paragraphs: [`חשבונך עבר לכתובת ${newEmail}. מעתה יש להיכנס באמצעותה.`],
      footer: 'אם לא ביצעת פעולה זו, יש להיכנס לקישור ״זו לא בקשה שלי״ שבהודעה הקודמת ולפנות למנהל המערכת.',
    }),
  },
  address_in_use: {
    en: ({ url }: { url: string }) => ({
      subject: 'Somebody tried to use your e-mail address',
      paragraphs: [
        'Somebody asked to move their account to this address. It belongs to your account already, so nothing changed.',
        'If it was you: sign in with this address, or ask for a new password if you have forgotten yours.',
      ],
      action: { label: 'Sign in', url },
      footer: 'If it was not you, you need not do anything.',
    }),
    he: ({ url }) => ({
      subject: 'ניסיון להשתמש בכתובת הדוא״ל שלך',
      paragraphs: [
        'התקבלה בקשה להעביר חשבון אחר לכתובת זו. היא כבר שייכת לחשבונך, ולכן דבר לא השתנה.',
        'אם זו בקשתך: יש להיכנס באמצעות כתובת זו, או לבקש סיסמה חדשה אם הסיסמה נשכחה.',
      ],
      action: { label: 'כניסה', url },
      footer: 'אם הבקשה אינה שלך, אין צורך לעשות דבר.',
    }),
  },
})

/** Everything this module can say: its failures, its audit events, its mails, the permissions it asks for. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'
import { defineMails } from '#platform/mail'

export const errors = defineErrors('sessions', {
  not_found: [404, 'Session not found.'],
  invalid_credentials: [
    401,
    'The e-mail address or the password is not right, or this account cannot sign in here.',
  ],
  invalid_refresh_token: [401, 'The refresh token does not hold. Sign in again.'],
  invalid_challenge: [
    401,
    'This sign-in is no longer open: it was finished or it took too long. Sign in again.',
  ],
  invalid_second_factor: [
    401,
    'The second factor was not accepted: the code is wrong, was used before, or cannot be used now. Wait for the next code, or use another factor.',
  ],
  second_factor_required: [
    403,
    'This account has a second factor, so a password alone proves too little. Send a code or a passkey.',
  ],
  invalid_passkey: [
    401,
    'The passkey was not accepted: it is not known here, it took too long, or its account cannot sign in here. Begin again.',
  ],
  method_not_permitted: [403, 'Signing in this way is not permitted here.'],
  device_not_found: [404, 'Device not found.'],
  organization_not_found: [404, 'You belong to no such organization.'],
})

export const events = defineEvents('sessions', {
  signed_in: 'A person signed in.',
  sign_in_failed: 'A sign-in failed; the reason is for the log alone.',
  sign_in_limited: 'Sign-ins from one address were stopped for a while: too many failed.',
  second_factor_asked: 'A person proved a password and was asked for a second factor.',
  organization_asked: 'A person of several organizations signed in and was asked which one.',
  challenged: 'A person with a temporary password signed in and was asked for a new one.',
  device_known:
    'A person signed in on a device for the first time; from then on it is known to their account.',
  device_forgotten: 'A person had one of their devices forgotten: it is a stranger again.',
  switched: 'A person went on in another of their organizations.',
  stepped_up: 'A person proved again who they are.',
  step_up_failed: 'A person who was to prove again who they are did not.',
  rotated: 'A session got a new cookie; the old one is worth nothing.',
  refreshed: 'A refresh token was exchanged for its successor.',
  refresh_refused: 'A refresh token was refused.',
  refresh_reused:
    'A spent refresh token was presented again: somebody else may have it, so its session ended.',
  ended: 'A session ended: its cookie, access tokens and refresh tokens.',
  keys_rotated: 'A new key signs access tokens; the others were retired if the operator said so.',
})

export const permissions = {
  read: 'read:sessions',
  revoke: 'revoke:sessions',
} as const

interface NewDevice {
  /** Such as `Firefox on Linux`. */
  readonly device: string
  readonly ip: string
  readonly at: Date
  readonly url: string
}

/** UTC, as every log shows it: a mail does not know where it is read. */
const timeOf = (at: Date) => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`

export const mails = defineMails('sessions', {
  new_device: {
    en: ({ device, ip, at, url }: NewDevice) => ({
      subject: 'New sign-in to your account',
      paragraphs: [
        'Somebody signed in to your account on a device we have not seen before.',
        `Device: ${device}`,
        `Address: ${ip}`,
        `Time: ${timeOf(at)}`,
        'If it was you, there is nothing to do.',
        'If it was not, end that session in the list of your sessions and change your password at once: that signs out everything else.',
      ],
      action: { label: 'See your sessions', url },
      footer: 'You get this mail whenever your account is used on a new device.',
    }),
    he: ({ device, ip, at, url }) => ({
      subject: 'התחברות חדשה לחשבון שלך',
      paragraphs: [
        'מישהו התחבר לחשבון שלך ממכשיר שלא ראינו קודם.',
        `מכשיר: ${device}`,
        `כתובת: ${ip}`,
        `זמן: ${timeOf(at)}`,
        'אם אלה היו פעולות שלך, אין צורך לעשות דבר.',
        'אם לא, יש לסיים את החיבור ברשימת החיבורים שלך ולהחליף את הסיסמה מיד: כך ינותקו כל שאר החיבורים.',
      ],
      action: { label: 'לרשימת החיבורים שלך', url },
      footer: 'הודעה זו נשלחת בכל פעם שהחשבון שלך נפתח במכשיר חדש.',
    }),
  },
})

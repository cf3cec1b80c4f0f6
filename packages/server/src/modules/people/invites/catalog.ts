/** Everything this module can say: its failures, its audit events, its mails, the permissions it asks for. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'
import { defineMails } from '#platform/mail'

export const errors = defineErrors('invites', {
  not_found: [404, 'Invite not found.'],
  pending_already: [
    409,
    'There is a pending invite for this address already. Send that one again, or revoke it first.',
  ],
  not_open: [409, 'This invite was accepted, revoked or replaced. Invite the person anew.'],
  link_dead: [
    422,
    'This invitation does not work: it was accepted, revoked or has expired, or a newer mail took its place. Ask who invited you for a new one.',
  ],
  sign_in_first: [
    409,
    'There is an account with this address already. Sign in with it, then accept the invitation.',
  ],
  other_address: [
    403,
    'This invitation is for another address than that of your account. Sign in with the account of the invited address.',
  ],
  address_unproven: [
    403,
    'The address of your account has not been verified yet. Set a new password by "forgot password", which proves the address, then accept the invitation.',
  ],
  membership_ended: [
    403,
    'Your membership in this organization was deactivated. An invitation does not bring it back; an administrator can reactivate it.',
  ],
  not_offered: [
    403,
    'Whoever invited you may no longer give what the invitation offers, so it was withdrawn. Ask the organization for a new one.',
  ],
})

export const registrationErrors = defineErrors('registration', {
  closed: [403, 'Nobody registers themselves under this policy. Ask an administrator for an invitation.'],
  role_not_open: [422, 'Nobody registers themselves with this role. "roles" names those that are open.'],
  link_dead: [
    422,
    'This registration does not work: it was finished, it has expired, or the organization takes none any more. Register again.',
  ],
  account_exists: [
    409,
    'There is an account with this address already. Sign in with it; an administrator can invite it into the organization.',
  ],
})

export const events = defineEvents('invites', {
  created: 'Somebody was invited by mail.',
  resent: 'An invite was sent again, with a new link; the link before it is dead.',
  revoked: 'An invite was revoked, or withdrawn when it was to be accepted.',
  accepted: 'An invited person accepted and became a member.',
  refused: 'An invite was refused: to somebody who offered more than they may give, or when it was accepted.',
  limited: 'Invitations from one address were stopped for a while: too many did not work.',
})

export const registrationEvents = defineEvents('registration', {
  asked: 'Somebody asked to register. There is no account until the link in the mail is followed.',
  finished: 'Somebody who registered proved the address and became a member.',
  refused: 'A registration could not be finished.',
  limited: 'Registrations from one address were stopped for a while: there were too many.',
})

export const permissions = {
  read: 'read:invites',
  create: 'create:invites',
  revoke: 'revoke:invites',
  createMembers: 'create:members',
  assignRoles: 'assign:roles',
} as const

/** What mails of an organization say of it. */
interface From {
  readonly organization: string
  /** Whom to turn to, where the organization has said so. */
  readonly contact: string | undefined
}

interface Invitation extends From {
  readonly inviter: string
  readonly roles: readonly string[]
  readonly url: string
  readonly days: number
}

interface Registration extends From {
  readonly url: string
  readonly hours: number
}

const askEn = ({ contact }: From) => (contact === undefined ? '' : ` Questions go to ${contact}.`)
const askHe = ({ contact }: From) => (contact === undefined ? '' : ` לשאלות: ${contact}.`)

export const mails = defineMails('invites', {
  invitation: {
    en: (v: Invitation) => ({
      subject: `${v.organization} invites you`,
      paragraphs: [
        `${v.inviter} invites you to join ${v.organization} as ${v.roles.join(', ')}.`,
        `The link works once, for this address only, and for ${v.days === 1 ? 'one day' : `${v.days} days`}.`,
      ],
      action: { label: 'See the invitation', url: v.url },
      footer: `If you did not expect this, you need not do anything: without you nothing happens.${askEn(v)}`,
    }),
    he: (v) => ({
      subject: `הזמנה אל ${v.organization}`,
      paragraphs: [
        `קיבלת הזמנה מאת ${v.inviter} להצטרף אל ${v.organization} בתפקיד ${v.roles.join(', ')}.`,
        `הקישור פועל פעם אחת, לכתובת הזאת בלבד, ${v.days === 1 ? 'למשך יום אחד' : `למשך ${v.days} ימים`}.`,
      ],
      action: { label: 'לצפייה בהזמנה', url: v.url },
      footer: `אם ההזמנה לא מוכרת לך, אין צורך לעשות דבר: בלעדיך לא יקרה כלום.${askHe(v)}`,
    }),
  },
  registration: {
    en: (v: Registration) => ({
      subject: `Finish your registration at ${v.organization}`,
      paragraphs: [
        `Somebody registered this address at ${v.organization}. If it was you, follow the link and choose a password.`,
        `The link works once and for ${v.hours === 1 ? 'one hour' : `${v.hours} hours`}. Until then there is no account.`,
      ],
      action: { label: 'Finish the registration', url: v.url },
      footer: `If it was not you, you need not do anything: without the link no account is made.${askEn(v)}`,
    }),
    he: (v) => ({
      subject: `השלמת ההרשמה אל ${v.organization}`,
      paragraphs: [
        `הכתובת הזאת נרשמה אל ${v.organization}. אם ההרשמה שלך, יש להיכנס לקישור ולבחור סיסמה.`,
        `הקישור פועל פעם אחת, ${v.hours === 1 ? 'למשך שעה' : `למשך ${v.hours} שעות`}. עד אז לא נוצר חשבון.`,
      ],
      action: { label: 'השלמת ההרשמה', url: v.url },
      footer: `אם לא נרשמת, אין צורך לעשות דבר: בלי הקישור לא נוצר חשבון.${askHe(v)}`,
    }),
  },
  registered_already: {
    en: (v: From & { readonly url: string }) => ({
      subject: `You have an account already`,
      paragraphs: [
        `Somebody registered this address at ${v.organization}. It has an account already, so no other was made and nothing changed.`,
        'Sign in with that account. If you have forgotten its password, you can set a new one there.',
      ],
      action: { label: 'Sign in', url: v.url },
      footer: `If it was not you, you need not do anything.${askEn(v)}`,
    }),
    he: (v) => ({
      subject: 'כבר יש לך חשבון',
      paragraphs: [
        `הכתובת הזאת נרשמה אל ${v.organization}. כבר קיים לה חשבון, ולכן לא נוצר חשבון נוסף ודבר לא השתנה.`,
        'יש להיכנס באמצעות החשבון הקיים. אם הסיסמה נשכחה, אפשר לקבוע שם סיסמה חדשה.',
      ],
      action: { label: 'כניסה', url: v.url },
      footer: `אם לא נרשמת, אין צורך לעשות דבר.${askHe(v)}`,
    }),
  },
})

/** Everything this module can say: its failures, its audit events, the permissions it asks for. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'
import { defineMails } from '#platform/mail'

export const errors = defineErrors('organizations', {
  not_found: [404, 'Organization not found.'],
  slug_taken: [409, 'Another organization has this name in addresses. Choose another slug.'],
  setup_refused: [
    401,
    'This set-up link does not work: it was used, it has expired, or there is an organization already. The server prints a new one at its next start, while there is none.',
  ],
  owner_only: [403, 'Only an owner of the organization can hand over its ownership.'],
})

export const memberErrors = defineErrors('members', {
  not_found: [404, 'Member not found.'],
  above_you: [403, 'Your role does not administer members who hold this role.'],
  yourself: [403, 'You cannot do this to yourself. Ask another administrator.'],
  already_member: [409, 'This person is a member of the organization already.'],
  account_exists: [
    409,
    'There is an account with this e-mail address in another organization, and an account belongs to one organization under this policy.',
  ],
  inactive: [409, 'This member is deactivated. Reactivate the member first.'],
  sanction_not_in_policy: [403, 'The policy has no such sanction, so it cannot be imposed.'],
  moved_nowhere: [
    409,
    'A member is moved to another organization that is active. Name one that is neither suspended nor the one they are in.',
  ],
  self_deletion_off: [
    403,
    'Under this policy people do not delete their own account. Ask an administrator of your organization.',
  ],
  self_deletion_changed: [409, 'Your memberships changed while the account was being deleted. Try again.'],
  no_default_role: [422, 'The policy has no default role, so "roles" must name one.'],
  not_provisioning: [403, 'Your role does not create accounts under this policy.'],
  deletion_needs_acknowledgement: [
    409,
    'Deletion removes the account for good and cannot be undone; deactivation ends all access at once and can. Deactivate instead, or repeat with ?acknowledge=history-stays: the audit history stays in either case.',
  ],
})

export const events = defineEvents('organizations', {
  created: 'An organization was created.',
  changed: 'Name, address or settings of an organization were changed.',
  suspended: 'The platform suspended an organization: nobody but the platform reaches it.',
  activated: 'The platform restored a suspended organization.',
  ownership_transferred: 'An owner handed the ownership to another member.',
  setup_refused: 'Somebody tried to set the server up with a link that does not work.',
})

export const memberEvents = defineEvents('members', {
  added: 'A person became a member of the organization.',
  renamed: "An administrator changed a member's name.",
  deactivated: 'A member was deactivated: sessions, tokens and keys ended at once.',
  reactivated: 'A deactivated member was reactivated.',
  deleted: 'A member was deleted.',
  moved: 'The platform moved a member to another organization; everything they were signed in to ended.',
  privileges_suspended: "A member's privileged roles were set aside, pending review.",
  privileges_restored: "A member's privileged roles were given back after a review.",
  account_ended: 'A membership was ended for good after a violation of the policy, with all its roles.',
  self_deletion_failed: 'A person who tried to delete their own account did not know the password.',
  refused: 'Somebody tried to administer a member who is above them, or themselves.',
})

export const memberMails = defineMails('members', {
  own_account_deleted: {
    en: () => ({
      subject: 'Your account was deleted',
      paragraphs: [
        'You deleted your account, and it is gone: nobody can sign in with it any more, and it cannot be brought back.',
        'What you did while you had it stays in the records of your organizations, as their rules demand.',
      ],
      footer:
        'You get this mail because the account with this address was deleted with its password. If that was not you, tell an administrator of your organization at once.',
    }),
    he: () => ({
      subject: 'חשבונך נמחק',
      paragraphs: [
        'מחקת את חשבונך והוא איננו עוד: איש אינו יכול להיכנס באמצעותו, ואין דרך להשיבו.',
        'מה שעשית בעודו קיים נשאר ברשומות הארגונים שלך, כפי שכלליהם מחייבים.',
      ],
      footer:
        'הודעה זו נשלחה אליך מפני שהחשבון שכתובת זו רשומה בו נמחק באמצעות סיסמתו. אם לא היית זה שמחק אותו, יש להודיע על כך מיד למנהל בארגון שלך.',
    }),
  },
})

export const permissions = {
  readOrganization: 'read:organization',
  updateOrganization: 'update:organization',
  transfer: 'transfer:organization',
  readAll: 'read:organizations',
  create: 'create:organizations',
  suspend: 'suspend:organizations',
  readMembers: 'read:members',
  createMembers: 'create:members',
  updateMembers: 'update:members',
  deactivate: 'deactivate:members',
  reactivate: 'reactivate:members',
  deleteMembers: 'delete:members',
  resetPassword: 'reset-password:members',
  assignRoles: 'assign:roles',
  move: 'move:members',
} as const

interface Activation {
  readonly organization: string
  /** Whom to turn to, where the organization has said so. */
  readonly contact: string | undefined
  readonly url: string
  readonly hours: number
  readonly hasTemporaryPassword: boolean
}

export const mails = defineMails('organizations', {
  activation: {
    en: ({ organization, contact, url, hours, hasTemporaryPassword }: Activation) => ({
      subject: `Your account at ${organization}`,
      paragraphs: [
        `${organization} has created an account for this address. Follow the link to confirm the address and to choose your password.`,
        ...(hasTemporaryPassword
          ? ['You can also sign in with the temporary password that you were given; it is then replaced.']
          : []),
        `The link works once and for ${hours === 1 ? 'one hour' : `${hours} hours`}. Later, "forgot password" at the sign-in sends another.`,
      ],
      action: { label: 'Activate the account', url },
      footer: `You get this because somebody at ${organization} entered your address. If it is a mistake, you need not do anything.${contact === undefined ? '' : ` Questions go to ${contact}.`}`,
    }),
    he: ({ organization, contact, url, hours, hasTemporaryPassword }) => ({
      subject: `החשבון שלך אצל ${organization}`,
      paragraphs: [
        `נפתח עבורך חשבון אצל ${organization}. יש להיכנס לקישור כדי לאשר את הכתובת ולבחור סיסמה.`,
        ...(hasTemporaryPassword
          ? ['אפשר גם להיכנס בסיסמה הזמנית שנמסרה לך; היא תוחלף בכניסה הראשונה.']
          : []),
        `הקישור פועל פעם אחת, ${hours === 1 ? 'למשך שעה' : `למשך ${hours} שעות`}. לאחר מכן אפשר לקבל קישור חדש דרך "שכחתי סיסמה" בכניסה.`,
      ],
      action: { label: 'הפעלת החשבון', url },
      footer: `ההודעה נשלחה כי הכתובת שלך הוזנה אצל ${organization}. אם זו טעות, אין צורך לעשות דבר.${contact === undefined ? '' : ` לשאלות: ${contact}.`}`,
    }),
  },
})

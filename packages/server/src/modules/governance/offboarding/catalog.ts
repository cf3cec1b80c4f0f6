/** Everything this module can say: its failures, its audit events, its mails, the permissions it asks for. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'
import { defineMails } from '#platform/mail'

export const errors = defineErrors('offboarding', {
  not_planned: [404, 'Nothing of this kind is planned for this member.'],
})

export const events = defineEvents('offboarding', {
  leave_planned: "A member's last day was set; it replaces one that was set before.",
  leave_cancelled: "A member's last day was taken back.",
  role_change_planned: 'A change of duties was planned, with the roles it needs.',
  role_change_cancelled: 'A planned change of duties was taken back.',
  overdue: 'A leaver is not deactivated, or a change of duties is not made, and the deadline has passed.',
})

interface Overdue {
  readonly organization: string
  readonly person: string
  readonly url: string
}

export const mails = defineMails('offboarding', {
  leave_overdue: {
    en: ({ organization, person, url }: Overdue) => ({
      subject: `Overdue at ${organization}: a leaver still has an account`,
      paragraphs: [
        `The last day of ${person} at ${organization} is over, and the account has not been deactivated in the time that the access control policy sets.`,
        'Deactivate the account now, or take the last day back if the person stays.',
      ],
      action: { label: 'Sign in', url },
      footer: `You get this because you may deactivate members of ${organization}.`,
    }),
    he: ({ organization, person, url }) => ({
      subject: `באיחור אצל ${organization}: לעוזב עדיין יש חשבון`,
      paragraphs: [
        `יומו האחרון של ${person} אצל ${organization} חלף, והחשבון לא הושבת בפרק הזמן שמדיניות בקרת הגישה קובעת.`,
        'יש להשבית את החשבון עכשיו, או לבטל את תאריך העזיבה אם האדם נשאר.',
      ],
      action: { label: 'כניסה', url },
      footer: `ההודעה נשלחה כי יש לך הרשאה להשבית חברים של ${organization}.`,
    }),
  },
  role_change_overdue: {
    en: ({ organization, person, url }: Overdue) => ({
      subject: `Overdue at ${organization}: a role does not match changed duties`,
      paragraphs: [
        `The duties of ${person} at ${organization} have changed, and the role has not been changed in the time that the access control policy sets.`,
        'Change the role now, or take the plan back if the duties stay as they were.',
      ],
      action: { label: 'Sign in', url },
      footer: `You get this because you may change the roles of members of ${organization}.`,
    }),
    he: ({ organization, person, url }) => ({
      subject: `באיחור אצל ${organization}: התפקיד אינו תואם את תחומי האחריות`,
      paragraphs: [
        `תחומי האחריות של ${person} אצל ${organization} השתנו, והתפקיד לא שונה בפרק הזמן שמדיניות בקרת הגישה קובעת.`,
        'יש לשנות את התפקיד עכשיו, או לבטל את התכנון אם תחומי האחריות לא השתנו.',
      ],
      action: { label: 'כניסה', url },
      footer: `ההודעה נשלחה כי יש לך הרשאה לשנות תפקידים של חברים של ${organization}.`,
    }),
  },
})

export const permissions = {
  read: 'read:members',
  /** To set a last day is to deactivate somebody, later. */
  leave: 'deactivate:members',
  roleChange: 'assign:roles',
} as const

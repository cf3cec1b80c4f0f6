import { defineControl } from './control.ts'

/** Invitations by e-mail. */
export const invites = defineControl({
  id: 'invites',
  section: 'granting',
  title: { en: 'Invitations', he: 'הזמנות' },
  settings: ['provisioning.invites.expireSeconds'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.2'],
    iso27001_2013: ['A.9.2.1'],
    iso27001_2022: ['A.5.16', 'A.5.18'],
  },
  statement: {
    en: ({ provisioning }, w) => [
      `An invitation goes to one e-mail address and offers a role that does not rank above the inviter's. Only that address can accept it; it works once, and expires after ${w.duration(provisioning.invites.expireSeconds)}.`,
      'Until it is accepted it is listed as pending, and can be sent again or revoked.',
    ],
    he: ({ provisioning }, w) => [
      `אנשים מוזמנים בדוא״ל עם תפקיד התחלתי, שלעולם אינו גבוה מזה של המזמין. ההזמנה מיועדת לכתובת שהוזמנה בלבד, פועלת פעם אחת, ותוקפה פג לאחר ${w.duration(provisioning.invites.expireSeconds)}.`,
      'עד לקבלתה היא מופיעה כממתינה, וניתן לשלוח אותה שוב או לבטלה.',
    ],
  },
})

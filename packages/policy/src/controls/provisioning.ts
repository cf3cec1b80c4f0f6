import type { Policy } from '../model.ts'
import { defineControl } from './control.ts'

const defaultRole = (policy: Policy) => policy.roles.find((role) => role.default)

/** How accounts come to be. */
export const provisioning = defineControl({
  id: 'provisioning',
  section: 'granting',
  title: { en: 'New accounts', he: 'חשבונות חדשים' },
  settings: ['provisioning.by', 'provisioning.temporaryPassword', 'roles'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.2'],
    iso27001_2013: ['A.9.2.1', 'A.9.2.2'],
    iso27001_2022: ['A.5.16', 'A.5.18'],
    gdpr: ['Art. 32(4)'],
  },
  statement: {
    en: (policy, w) => {
      const { by, selfRegister, temporaryPassword } = policy.provisioning
      const role = defaultRole(policy)
      return [
        by.length > 0
          ? `Accounts are created by ${w.anyRole(by)}, each with the roles that the creator may give.`
          : 'Accounts are created by the operator, and by whoever holds the permission to do so.',
        ...(selfRegister.length === 0 ? ['Nobody registers themselves.'] : []),
        ...(role ? [`Where nothing else is said, a new account has the role ${w.text(role.title)}.`] : []),
        ...(temporaryPassword
          ? ['It starts with a generated password that must be replaced at the first sign-in.']
          : []),
        'Each creation is logged.',
      ]
    },
    he: (policy, w) => {
      const { by, selfRegister, temporaryPassword } = policy.provisioning
      const role = defaultRole(policy)
      return [
        by.length > 0
          ? `חשבונות נוצרים בידי ${w.anyRole(by)}, בתפקידים שהיוצר רשאי להעניק.`
          : 'חשבונות נוצרים בידי מפעיל המערכת ובידי מי שמחזיק בהרשאה לכך.',
        ...(selfRegister.length === 0 ? ['אין הרשמה עצמית.'] : []),
        ...(role ? [`כשלא נאמר אחרת, לחשבון חדש ניתן התפקיד ${w.text(role.title)}.`] : []),
        ...(temporaryPassword ? ['החשבון נפתח בסיסמה שנוצרה אוטומטית, ויש להחליפה בכניסה הראשונה.'] : []),
        'כל יצירת חשבון נרשמת ביומן.',
      ]
    },
  },
})

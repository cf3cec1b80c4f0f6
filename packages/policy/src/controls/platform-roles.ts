import type { Policy } from '../model.ts'
import { defineControl } from './control.ts'

const named = (policy: Policy, by: 'platform' | 'console') =>
  policy.roles
    .filter((role) => (by === 'platform' ? role.scope === 'platform' : role.assignedBy === 'console'))
    .map(({ name }) => name)

/** Who stands above the organizations, and how they come to. */
export const platformRoles = defineControl({
  id: 'platform-roles',
  section: 'privileged',
  title: { en: 'Platform roles', he: 'תפקידי הפלטפורמה' },
  settings: ['roles', 'organizations.platformAccess'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.1', 'CC6.3'],
    iso27001_2013: ['A.6.1.2', 'A.9.2.3'],
    iso27001_2022: ['A.5.3', 'A.8.2'],
    gdpr: ['Art. 32(1)(b)', 'Art. 32(4)'],
  },
  applies: (policy) => named(policy, 'platform').length > 0,
  statement: {
    en: (policy, w) => [
      `Above the ${w.organizations} stand the roles of the platform: ${w.roles(named(policy, 'platform'))}. No role of ${w.anOrganization} carries a right of the platform, and none can give a role that does.`,
      ...(named(policy, 'console').length > 0
        ? [
            `Given beside the application only, by the operator's own command, and never through the interface or the API: ${w.roles(named(policy, 'console'))}.`,
          ]
        : []),
      policy.organizations.platformAccess === 'direct'
        ? `A platform role reaches into every ${w.organization}; what is done there by it is audited apart.`
        : `By itself a platform role sees nothing inside ${w.anOrganization}; that takes a support access opened for the purpose.`,
    ],
    he: (policy, w) => [
      `מעל ה${w.organizations} עומדים תפקידי הפלטפורמה: ${w.roles(named(policy, 'platform'))}. אין תפקיד ב${w.organization} הנושא הרשאת פלטפורמה, ואין בו מי שיכול להעניק תפקיד כזה.`,
      ...(named(policy, 'console').length > 0
        ? [
            `ניתנים מחוץ ליישום בלבד, בפקודה של מפעיל המערכת, ולעולם לא דרך הממשק או ה-API: ${w.roles(named(policy, 'console'))}.`,
          ]
        : []),
      policy.organizations.platformAccess === 'direct'
        ? `לתפקיד פלטפורמה יש גישה לכל ה${w.organizations}; מה שנעשה שם באמצעותו מבוקר בנפרד.`
        : `כשלעצמו תפקיד פלטפורמה אינו רואה דבר בתוך ${w.organization}; לשם כך נדרשת גישת תמיכה שנפתחה למטרה זו.`,
    ],
  },
})

import { defineControl } from './control.ts'

/** Roles are ranked, and rights come from them alone. */
export const roles = defineControl({
  id: 'roles',
  section: 'roles',
  title: { en: 'Roles and their rank', he: 'תפקידים ודירוגם' },
  settings: ['roles', 'organizations.rolesPerMember'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.3'],
    iso27001_2013: ['A.9.2.2', 'A.9.2.3'],
    iso27001_2022: ['A.5.2', 'A.5.15', 'A.5.18'],
    gdpr: ['Art. 32(1)(b)'],
  },
  statement: {
    en: (policy, w) => [
      `From most to least privileged the roles are ${w.roles(policy.roles.map(({ name }) => name))}.`,
      policy.organizations.rolesPerMember === 'one'
        ? 'Each account holds exactly one role, and rights are not given to single accounts.'
        : 'An account may hold several roles; it then has the permissions of all of them. Rights are not given to single accounts.',
      ...(policy.roles.some(({ inherits }) => inherits.length > 0)
        ? [
            'Where a role includes a lower one, it has everything that one has, unless this policy withholds it.',
          ]
        : []),
    ],
    he: (policy, w) => [
      `התפקידים, מן הרחב בהרשאותיו אל המצומצם: ${w.roles(policy.roles.map(({ name }) => name))}.`,
      policy.organizations.rolesPerMember === 'one'
        ? 'לכל חשבון תפקיד אחד בדיוק, ואין מתן הרשאות לחשבון בודד.'
        : 'לחשבון יכולים להיות כמה תפקידים, ואז יש לו ההרשאות של כולם. אין מתן הרשאות לחשבון בודד.',
      ...(policy.roles.some(({ inherits }) => inherits.length > 0)
        ? ['תפקיד הכולל תפקיד נמוך ממנו מקבל את כל מה שיש לו, אלא אם המדיניות שוללת זאת.']
        : []),
    ],
  },
})

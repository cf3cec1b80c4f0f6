import { defineControl } from './control.ts'

/** To how many organizations somebody may belong. */
export const organizationContext = defineControl({
  id: 'organization-context',
  section: 'principles',
  title: { en: 'Membership', he: 'חברות' },
  settings: ['organizations.membership'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.2'],
    iso27001_2013: ['A.9.2.1'],
    iso27001_2022: ['A.5.16'],
  },
  statement: {
    en: ({ organizations }, w) => [
      organizations.membership === 'one'
        ? `A user is a member of one ${w.organization}.`
        : `A user may be a member of several ${w.organizations}, and acts in one at a time.`,
      `Access comes from an explicit membership; nobody belongs to ${w.anOrganization} by accident.`,
    ],
    he: ({ organizations }, w) => [
      organizations.membership === 'one'
        ? `משתמש הוא חבר ב${w.organization} אחד.`
        : `משתמש רשאי להיות חבר בכמה ${w.organizations}, ופועל בכל עת באחד מהם.`,
      `גישה נובעת מחברות מפורשת; איש אינו משתייך ל${w.organization} באקראי.`,
    ],
  },
})

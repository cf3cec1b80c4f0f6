import { defineControl } from './control.ts'

/** An organization is never left without somebody in charge. */
export const lastOwner = defineControl({
  id: 'last-owner',
  section: 'roles',
  title: { en: 'Always somebody in charge', he: 'תמיד יש אחראי' },
  settings: ['organizations.ownerRole'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.3'],
    iso27001_2013: ['A.9.2.3'],
    iso27001_2022: ['A.5.2', 'A.8.2'],
  },
  statement: {
    en: ({ organizations }, w) => [
      `The last active holder of the role ${w.role(organizations.ownerRole)} in the ${w.organization} cannot be removed, demoted or deactivated, also not by two people at the same moment.`,
    ],
    he: ({ organizations }, w) => [
      `את הפעיל האחרון בתפקיד ${w.role(organizations.ownerRole)} ב${w.organization} אי אפשר להסיר, להוריד בדרגה או להשבית, גם לא בידי שני אנשים באותו רגע.`,
    ],
  },
})

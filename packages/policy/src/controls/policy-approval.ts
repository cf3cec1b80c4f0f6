import { defineControl } from './control.ts'

/** A second pair of eyes on the policy itself. */
export const policyApproval = defineControl({
  id: 'policy-approval',
  section: 'document',
  title: { en: 'Approval of changes', he: 'אישור שינויים' },
  settings: ['changes.approvals', 'changes.approvers'],
  enforcement: 'declared',
  mapping: {
    soc2: ['CC5.3', 'CC8.1'],
    iso27001_2013: ['A.5.1.2', 'A.6.1.2'],
    iso27001_2022: ['A.5.1', 'A.5.3', 'A.8.32'],
  },
  applies: ({ changes }) => changes.approvals > 1,
  statement: {
    en: ({ changes }, w) => [
      `A new version takes ${w.number(changes.approvals)} different people, its author among them${changes.approvers.length > 0 ? `; approval is given by ${w.anyRole(changes.approvers)}` : ''}.`,
    ],
    he: ({ changes }, w) => [
      `גרסה חדשה מחייבת ${w.count(changes.approvals, { one: 'אדם אחד', two: 'שני אנשים שונים', many: 'אנשים שונים' })}, ומחברה בכללם${changes.approvers.length > 0 ? `; האישור ניתן בידי ${w.anyRole(changes.approvers)}` : ''}.`,
    ],
  },
})

import type { Policy } from '../model.ts'
import { defineControl } from './control.ts'
import type { Words } from './words/index.ts'

const closing = (policy: Policy) =>
  policy.resources.flatMap((resource) =>
    resource.states.filter(({ deny }) => deny.length > 0).map((state) => ({ resource, state })),
  )

const listed = (policy: Policy, w: Words): string =>
  closing(policy)
    .map(
      ({ resource, state }) =>
        `${w.text(resource.title)}, ${w.text(state.title ?? state.name)}: ${w.codes(state.deny.map((action) => `${action}:${resource.name}`))}`,
    )
    .join('; ')

/** The state of a thing closes actions on it. */
export const resourceState = defineControl({
  id: 'resource-state',
  section: 'roles',
  title: { en: 'State of the resource', he: 'מצב המשאב' },
  settings: ['resources'],
  enforcement: 'enforced',
  mapping: {
    soc2: ['CC6.3', 'PI1.3'],
    iso27001_2013: ['A.9.4.1'],
    iso27001_2022: ['A.8.3'],
  },
  applies: (policy) => closing(policy).length > 0,
  statement: {
    en: (policy, w) => [
      `A role's permission is not enough where the state of the resource closes the action. Closed are: ${listed(policy, w)}.`,
      'A state that the policy does not know closes every action.',
    ],
    he: (policy, w) => [
      `הרשאת התפקיד אינה מספיקה כאשר מצב המשאב סוגר את הפעולה. סגורות: ${listed(policy, w)}.`,
      'מצב שהמדיניות אינה מכירה סוגר כל פעולה.',
    ],
  },
})

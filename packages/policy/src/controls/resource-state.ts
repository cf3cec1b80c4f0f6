import type { Policy } from '../model.ts'
import { defineControl } from './control.ts'

const closing = (policy: Policy) =>
  policy.resources.flatMap((resource) =>
    resource.states
      .filter(({ deny }) => deny.length > 0)
      .map((state) => ({
        resource: resource.title,
        state: state.title ?? state.name,
        closed: state.deny.map((action) => `${action}:${resource.name}`),
      })),
  )

/** The state of a thing closes actions on it. */
export const resourceState = defineControl({
  id: 'resource-state',
  section: 'roles',
  title: { en: 'State of the resource', he: 'מצב המשאב' },
  settings: ['resources'],
  enforcement: 'enforced',
  layout: 'list',
  mapping: {
    soc2: ['CC6.3', 'PI1.3'],
    iso27001_2013: ['A.9.4.1'],
    iso27001_2022: ['A.8.3'],
  },
  applies: (policy) => closing(policy).length > 0,
  statement: {
    en: (policy, w) => [
      'A permission is not enough where the state of the resource closes the action. A state that this policy does not know closes every action.',
      ...closing(policy).map(
        ({ resource, state, closed }) =>
          `${w.text(resource)} in the state “${w.text(state)}” – closed: ${w.codes(closed)}.`,
      ),
    ],
    he: (policy, w) => [
      'הרשאה אינה מספיקה כאשר מצב המשאב סוגר את הפעולה. מצב שמדיניות זו אינה מכירה סוגר כל פעולה.',
      ...closing(policy).map(
        ({ resource, state, closed }) =>
          `${w.text(resource)} במצב ״${w.text(state)}״ – הפעולות הסגורות: ${w.codes(closed)}.`,
      ),
    ],
  },
})

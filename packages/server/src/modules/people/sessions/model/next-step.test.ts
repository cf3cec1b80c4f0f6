import { expect, test } from 'vitest'
import { nextStep, type Proven } from './next-step.ts'
import type { Choice } from './organization-choice.ts'

const acme: Choice = { organizationId: 'a', slug: 'acme', status: 'active', organizationStatus: 'active' }
const globex: Choice = { ...acme, organizationId: 'g', slug: 'globex' }
const now = new Date('2026-03-02T09:00:00Z')

const plain: Proven<Choice> = {
  hasSecondFactor: false,
  secondFactorAt: null,
  mustChangePassword: false,
  organizations: [acme],
  named: undefined,
  now,
}
const enrolled = { hasSecondFactor: true }
const proven = { hasSecondFactor: true, secondFactorAt: now }

test.each<[string, Partial<Proven<Choice>>, unknown]>([
  ['a password is all: a session', {}, { step: 'session', organization: acme }],
  ['a factor is enrolled: it comes first', enrolled, { step: 'second_factor' }],
  [
    'before a temporary password, and before the organizations are told',
    { ...enrolled, mustChangePassword: true, organizations: [acme, globex] },
    { step: 'second_factor' },
  ],
  [
    'a wrong organization is not told apart from a right one before the factor',
    { ...enrolled, named: { slug: 'globex' } },
    { step: 'second_factor' },
  ],
  [
    'a wrong organization is refused to a password alone',
    { named: { slug: 'globex' } },
    { step: 'refused', reason: 'not_a_member' },
  ],
  [
    'after the factor a wrong organization is asked for, also where there is one',
    { ...proven, named: { slug: 'globex' } },
    { step: 'organization', among: [acme] },
  ],
  ['a temporary password is changed', { mustChangePassword: true }, { step: 'password_change' }],
  [
    'before the organization is chosen',
    { mustChangePassword: true, organizations: [acme, globex] },
    { step: 'password_change' },
  ],
  [
    'of several organizations one is asked for',
    { organizations: [acme, globex] },
    { step: 'organization', among: [acme, globex] },
  ],
  [
    'unless it was named',
    { organizations: [acme, globex], named: { slug: 'globex' } },
    { step: 'session', organization: globex },
  ],
  [
    'where no organization is open nothing is asked, also not for a factor',
    { ...enrolled, organizations: [{ ...acme, status: 'deactivated' }] },
    { step: 'refused', reason: 'no_membership' },
  ],
  [
    'where none takes the way the person came',
    { organizations: [{ ...acme, isPermitted: false }] },
    { step: 'refused', reason: 'method_not_permitted' },
  ],
  ['all proven: a session', proven, { step: 'session', organization: acme }],
])('%s', (_, given, expected) => {
  expect(nextStep({ ...plain, ...given })).toEqual(expected)
})

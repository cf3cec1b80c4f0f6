import { describe, expect, test } from 'vitest'
import { compile, decide, explain, type Question, type Standing } from '../src/index.ts'
import { compiled, fixture, member, NOW, policyOf } from './fixtures/index.ts'

const shop = compiled('shop.policy.yaml')
const lab = compiled('lab.policy.yaml')

function ask(
  subject: Standing | undefined,
  permission: string,
  more: Partial<Question> & { on?: Partial<Question['resource']> } = {},
): Question {
  const [action, type] = permission.split(':') as [string, string]
  const { on, ...rest } = more
  return {
    ...(subject && { subject }),
    action,
    resource: { type, ...on },
    organization: 'acme',
    now: NOW,
    ...rest,
  }
}

const minutesAgo = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000)
const operator = member([], {
  organization: 'platform',
  assignments: [{ id: 'p', role: 'operator', source: 'platform' }],
  secondFactor: 'satisfied',
})

describe('reasons, first failure first', () => {
  const clerk = member(['clerk'])
  const table: [rule: string, question: Question, reason: string][] = [
    ['[FT-AC-03] nobody signed in is unauthenticated', ask(undefined, 'read:products'), 'unauthenticated'],
    [
      '[FT-AC-12] an inactive account is refused whatever its role',
      ask(member(['owner'], { accountActive: false }), 'read:products'),
      'account_inactive',
    ],
    [
      '[FT-AC-12] a membership that ended is refused',
      ask(member(['owner'], { membershipActive: false }), 'read:products'),
      'membership_inactive',
    ],
    // The assignment is kept when somebody leaves the platform: it must not go on admitting them to all organizations.
    [
      '[FT-AC-12] a membership of the platform that ended is refused in every organization',
      ask({ ...operator, membershipActive: false }, 'read:products'),
      'membership_inactive',
    ],
    [
      '[FT-AC-12] and so is a support access of somebody who left',
      ask(
        member([], {
          organization: 'platform',
          membershipActive: false,
          assignments: [{ id: 's', role: 'clerk', source: 'support' }],
        }),
        'read:products',
      ),
      'membership_inactive',
    ],
    [
      '[FT-AC-05] a credential of another organization is refused',
      ask(member(['owner'], { organization: 'globex' }), 'read:products'),
      'membership_inactive',
    ],
    [
      '[PS-06] a mandatory second factor comes before everything it protects',
      ask({ ...operator, secondFactor: 'none' }, 'read:products'),
      'second_factor_enrolment_required',
    ],
    [
      '[PS-06] an enrolled second factor still has to be shown',
      ask({ ...operator, secondFactor: 'enrolled' }, 'read:products'),
      'second_factor_required',
    ],
    [
      '[FT-AC-06] a resource of another organization does not exist',
      ask(clerk, 'read:products', { on: { organization: 'globex' } }),
      'resource_not_found',
    ],
    [
      'a resource that was not found is not found',
      ask(clerk, 'read:products', { on: { found: false } }),
      'resource_not_found',
    ],
    ['an unknown permission is a deny', ask(member(['owner']), 'fly:products'), 'unknown_permission'],
    [
      'what every JavaScript object has is no action',
      ask(member(['owner']), 'constructor:products'),
      'unknown_permission',
    ],
    [
      'an action of another type of resource is unknown',
      { ...ask(member(['owner']), 'read:products'), action: 'read:orders' },
      'unknown_permission',
    ],
    ['a deny overrides an inherited allow', ask(member(['manager']), 'read:audit'), 'explicit_deny'],
    ['[FT-AC-02] what is not granted is denied', ask(member(['customer']), 'write:products'), 'not_granted'],
    ['[FT-AC-02] a member without a role may nothing', ask(member([]), 'read:products'), 'not_granted'],
    [
      'a condition that does not hold denies',
      ask(clerk, 'write:orders', { on: { attributes: { total: 1000 } } }),
      'condition_failed',
    ],
    ['a condition that lacks what it needs denies', ask(clerk, 'write:orders'), 'error'],
    [
      'an attribute of the wrong type denies',
      ask(clerk, 'write:orders', { on: { attributes: { total: '10' } } }),
      'error',
    ],
    [
      '[FT-AC-12] the state of the resource closes actions',
      ask(clerk, 'write:orders', { on: { attributes: { total: 1 }, state: 'closed' } }),
      'state_denied',
    ],
    [
      'a state the policy does not know closes everything',
      ask(clerk, 'read:orders', { on: { state: 'odd' } }),
      'state_denied',
    ],
    [
      '[FT-AC-14] a sensitive action needs a fresh sign-in',
      ask(member(['manager'], { authenticatedAt: minutesAgo(11) }), 'assign:roles'),
      'fresh_sign_in_required',
    ],
    [
      'a sign-in without a time is not fresh',
      ask(member(['manager'], { authenticatedAt: new Date(Number.NaN) }), 'assign:roles'),
      'fresh_sign_in_required',
    ],
    [
      'a machine needs a marked grant for a sensitive action',
      ask(member(['manager'], { machine: true }), 'assign:roles'),
      'machine_grant_required',
    ],
    [
      'a machine with a marked grant needs no sign-in',
      ask(member(['manager'], { machine: true, authenticatedAt: minutesAgo(9999) }), 'refund:orders'),
      'allowed',
    ],
    ['what is granted is allowed', ask(clerk, 'read:products'), 'allowed'],
    [
      'own orders are open to a customer',
      ask(member(['customer']), 'write:orders', { on: { attributes: { ownerId: 'user_1' } } }),
      'allowed',
    ],
    [
      'a coarser permission of the document grants what it implies',
      ask(member(['manager']), 'create:members'),
      'allowed',
    ],
    ['and what that implies in turn', ask(member(['manager']), 'read:members'), 'allowed'],
    [
      'a wildcard of an organization role never reaches the platform',
      ask(member(['owner']), 'read:organizations'),
      'not_granted',
    ],
    [
      '[BM-04] a platform role reaches every organization under direct access',
      ask(operator, 'write:products'),
      'allowed',
    ],
  ]
  for (const [rule, question, reason] of table) {
    test(rule, () => {
      const decision = decide(shop, question)
      expect(decision.reason).toBe(reason)
      expect(decision.allowed).toBe(reason === 'allowed')
      expect(explain(shop, question).decision).toEqual(decision)
    })
  }

  test('the answer names permission, role, assignment and sensitivity', () => {
    expect(decide(shop, ask(member(['customer', 'manager']), 'assign:roles'))).toEqual({
      allowed: true,
      reason: 'allowed',
      permission: 'assign:roles',
      role: 'manager',
      assignment: 'a_manager',
      sensitive: true,
    })
  })

  test('an assignment expires at its moment, not after', () => {
    const until = (expiresAt: Date) => member([], { assignments: [{ role: 'clerk', expiresAt }] })
    expect(decide(shop, ask(until(new Date(NOW.getTime() + 1)), 'read:products')).allowed).toBe(true)
    expect(decide(shop, ask(until(NOW), 'read:products')).reason).toBe('not_granted')
    expect(decide(shop, ask(until(new Date(Number.NaN)), 'read:products')).reason).toBe('not_granted')
  })

  test('[BM-26] suspended privileges grant nothing, other roles still do', () => {
    const both = member(['owner', 'customer'], { privilegesSuspended: true })
    expect(decide(shop, ask(both, 'update:settings')).reason).toBe('not_granted')
    expect(decide(shop, ask(both, 'read:products'))).toMatchObject({ allowed: true, role: 'customer' })
  })

  test('never throws, whatever it is asked', () => {
    const odd = [
      {},
      { subject: null },
      { subject: {} },
      { subject: { accountActive: true } },
      ask(member(['clerk']), 'read:products', { now: 'now' as unknown as Date }),
    ]
    for (const question of odd) {
      const decision = decide(shop, question as Question)
      expect(decision.allowed).toBe(false)
      expect(explain(shop, question as Question).decision).toEqual(decision)
    }
  })
})

describe('where a member has one role', () => {
  const elevated = (source: 'elevation' | 'break-glass', expiresAt: Date | null) =>
    member([], { assignments: [{ role: 'head' }, { role: 'viewer', source, expiresAt }] })

  test('a live temporary role supersedes it, and adds nothing to it', () => {
    const later = new Date(NOW.getTime() + 1)
    expect(decide(lab, ask(elevated('elevation', later), 'execute:runs')).reason).toBe('not_granted')
    expect(decide(lab, ask(elevated('break-glass', later), 'read:runs'))).toMatchObject({
      allowed: true,
      role: 'viewer',
    })
  })

  test('once it has expired the own role counts again', () => {
    expect(decide(lab, ask(elevated('elevation', NOW), 'execute:runs'))).toMatchObject({
      allowed: true,
      role: 'head',
    })
  })
})

describe('[FT-AC-20] platform staff under support access', () => {
  const staff = (more: Standing['assignments'] = []) =>
    member([], { organization: 'platform', assignments: [{ role: 'staff', source: 'platform' }, ...more] })

  test('are no members of an organization', () => {
    expect(decide(lab, ask(staff(), 'read:runs')).reason).toBe('membership_inactive')
  })

  test('have in an opened support access the role it gives, and no more', () => {
    const opened = staff([{ role: 'viewer', source: 'support', expiresAt: new Date(NOW.getTime() + 1) }])
    expect(decide(lab, ask(opened, 'read:runs'))).toMatchObject({ allowed: true, role: 'viewer' })
    expect(decide(lab, ask(opened, 'execute:runs')).reason).toBe('not_granted')
    expect(
      decide(lab, ask(staff([{ role: 'viewer', source: 'support', expiresAt: NOW }]), 'read:runs')).reason,
    ).toBe('membership_inactive')
  })

  test('act with their own role on the platform itself', () => {
    expect(
      decide(lab, ask(staff(), 'create:organizations', { organization: 'platform', platform: true })).allowed,
    ).toBe(true)
    expect(
      decide(lab, ask(staff(), 'read:members', { organization: 'platform', platform: true })).allowed,
    ).toBe(true)
  })
})

test('an explanation shows direct, inherited and implied origins, and what became of each role', () => {
  const subject = member(['manager', 'clerk'], {
    assignments: [
      { role: 'manager' },
      { role: 'clerk' },
      { role: 'owner', expiresAt: NOW },
      { role: 'ghost' },
    ],
  })
  const { roles } = explain(shop, ask(subject, 'read:members'))
  expect(roles.map((role) => [role.role, role.standing])).toEqual([
    ['manager', 'counts'],
    ['clerk', 'counts'],
    ['owner', 'expired'],
    ['ghost', 'unknown role'],
  ])
  expect(roles[0]?.grants).toEqual([
    { kind: 'allow', origin: 'direct', from: 'manager', pattern: 'manage:users', impliedBy: 'manage:users' },
    { kind: 'allow', origin: 'inherited', from: 'clerk', pattern: 'read:*' },
  ])
})

test('a condition may use every declared type, JSON numbers included', () => {
  const source = fixture('shop.policy.yaml').replace(
    'resource.total < 1000.0',
    "resource.items > 2 && resource.placedAt < now && 'vip' in resource.tags && resource.gift && resource.state == 'open' && context.ip.startsWith('10.')",
  )
  const policy = compile(policyOf(source))
  const attributes = { items: 3, placedAt: '2026-02-01T00:00:00Z', tags: ['vip'], gift: true }
  const question = ask(member(['clerk']), 'write:orders', {
    on: { attributes, state: 'open' },
    context: { ip: '10.0.0.1' },
  })
  expect(decide(policy, question).reason).toBe('allowed')
  expect(
    decide(policy, {
      ...question,
      resource: { ...question.resource, attributes: { ...attributes, items: 2.5 } },
    }).reason,
  ).toBe('error')
  expect(
    decide(policy, {
      ...question,
      resource: { ...question.resource, attributes: { ...attributes, gift: false } },
    }).reason,
  ).toBe('condition_failed')
})

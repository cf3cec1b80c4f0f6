import { describe, expect, test } from 'vitest'
import {
  compileTightened,
  decide,
  diffPolicies,
  grants,
  heldRoles,
  mayAssign,
  mayManage,
  type Policy,
  runPolicyTests,
  tighten,
} from '../src/index.ts'
import { compiled, fixture, member, NOW, policyOf } from './fixtures/index.ts'

const shop = compiled('shop.policy.yaml')

describe('giving and administering', () => {
  test('[BM-14] nobody assigns a role above their own', () => {
    expect(mayAssign(shop, ['manager'], 'clerk')).toBe(true)
    expect(mayAssign(shop, ['manager'], 'owner')).toBe(false)
    expect(mayAssign(shop, ['manager'], 'manager')).toBe(false)
    expect(mayAssign(shop, ['owner'], 'owner')).toBe(true)
    expect(mayAssign(shop, ['clerk', 'manager'], 'customer')).toBe(true)
    expect(mayAssign(shop, ['owner'], 'ghost')).toBe(false)
    expect(mayAssign(shop, [], 'customer')).toBe(false)
  })

  test('[BM-07] what only the console assigns, no role assigns', () => {
    for (const role of shop.policy.roles) expect(mayAssign(shop, [role.name], 'operator')).toBe(false)
  })

  test('[FT-OM-06] a member is administered only by who manages every one of their roles', () => {
    expect(mayManage(shop, ['manager'], ['clerk', 'customer'])).toBe(true)
    expect(mayManage(shop, ['manager'], ['clerk', 'owner'])).toBe(false)
    expect(mayManage(shop, ['owner'], ['owner'])).toBe(true)
    expect(mayManage(shop, ['manager'], [])).toBe(true)
    expect(mayManage(shop, ['clerk'], [])).toBe(false)
  })
})

describe('held permissions', () => {
  test('are listed with their condition, sensitivity and roles', () => {
    const held = grants(shop, member(['customer']), NOW)
    expect(held).toEqual([
      { permission: 'read:products', conditional: false, sensitive: false, roles: ['customer'] },
      { permission: 'read:orders', conditional: true, sensitive: false, roles: ['customer'] },
      { permission: 'write:orders', conditional: true, sensitive: false, roles: ['customer'] },
    ])
  })

  test('are none where every decision is refused', () => {
    expect(grants(shop, member(['owner'], { accountActive: false }), NOW)).toEqual([])
    expect(grants(shop, member(['owner']), NOW, { organization: 'globex' })).toEqual([])
  })
})

describe('held roles', () => {
  test('are those that count now: neither expired, nor privileged and suspended', () => {
    const past = { role: 'clerk', expiresAt: new Date(NOW.getTime() - 1) }
    const standing = { ...member(['owner', 'customer']), privilegesSuspended: true }
    expect(heldRoles(shop, { ...standing, assignments: [...standing.assignments, past] }, NOW)).toEqual([
      'customer',
    ])
    expect(heldRoles(shop, member(['owner', 'customer']), NOW)).toEqual(['owner', 'customer'])
    expect(heldRoles(shop, member(['owner'], { accountActive: false }), NOW)).toEqual([])
  })
})

describe('what an organization may tighten', () => {
  const policy = policyOf(fixture('shop.policy.yaml'))

  test('stricter settings make the effective policy, the others stay', () => {
    const tightened = tighten(policy, {
      'authentication.session.idle': '1h',
      'authentication.mfa.required': ['operator', 'owner'],
    })
    if (!tightened.ok) expect.fail(JSON.stringify(tightened.problems))
    expect(tightened.policy.authentication.session.idleSeconds).toBe(3600)
    expect(tightened.policy.authentication.mfa.required).toEqual(['operator', 'owner'])
    expect(tightened.policy.authentication.lockout).toEqual(policy.authentication.lockout)
    expect(policy.authentication.session.idleSeconds).toBe(28_800)
  })

  test('the compiled form demands the second factor where the organization does', () => {
    const tightened = tighten(policy, { 'authentication.mfa.required': ['operator', 'clerk'] })
    if (!tightened.ok) expect.fail(JSON.stringify(tightened.problems))
    const ask = (role: string, compiledPolicy = compileTightened(shop, tightened.policy)) =>
      decide(compiledPolicy, {
        subject: member([role]),
        action: 'read',
        resource: { type: 'products' },
        organization: 'acme',
        now: NOW,
      }).reason
    expect(ask('clerk')).toBe('second_factor_enrolment_required')
    expect(ask('manager')).toBe('second_factor_enrolment_required')
    expect(ask('customer')).toBe('allowed')
    expect(ask('clerk', shop)).toBe('allowed')
  })

  test('looser, foreign and wrong settings are refused, all together', () => {
    const refused = tighten(policy, {
      'authentication.session.idle': '9h',
      'authentication.mfa.required': [],
      'authentication.lockout.after': 3,
      'authentication.session.absolute': 'soon',
      'audit.retention': '1d',
    })
    if (refused.ok) expect.fail('accepted')
    expect(
      refused.problems.map((problem) => `${problem.path}: ${problem.message} ${problem.hint ?? ''}`.trim()),
    ).toEqual([
      'authentication.session.idle: authentication.session.idle would be looser than the policy says. At most 28800 seconds.',
      'authentication.mfa.required: authentication.mfa.required would be looser than the policy says. At least all of [operator].',
      'authentication.lockout.after: The policy does not let organizations set authentication.lockout.after. It lets them set authentication.mfa, authentication.session.',
      'authentication.session.absolute: a duration such as 15m, 8h, 90d or 7y is needed',
      'audit.retention: audit.retention is not a setting an organization can tighten.',
    ])
  })
})

describe('differences of two versions', () => {
  const source = fixture('shop.policy.yaml')
  const changed = (from: string, to: string): Policy => {
    expect(source).toContain(from)
    return policyOf(source.replace(from, to))
  }
  const sentences = (to: Policy) =>
    diffPolicies(policyOf(source), to).map((change) => `${change.effect}: ${change.sentence}`)

  const table: [rule: string, from: string, to: string, expected: string[]][] = [
    [
      'the same policy written otherwise has no difference',
      'products: [read, write]',
      'products: { actions: [read, write] }',
      [],
    ],
    [
      'a permission gained also names the roles that inherit it',
      '"read:*", { allow',
      '"read:*", "write:products", { allow',
      ['widens: clerk may now write:products.'],
    ],
    [
      'a lost permission narrows',
      '      - read:products\n',
      '',
      ['narrows: customer may no longer read:products.'],
    ],
    [
      'a dropped condition widens',
      'when: "resource.total < 1000.0"',
      'machines: true',
      [
        'widens: manager may now write:orders unconditionally; before: when resource.ownerId == subject.id or resource.total < 1000.0.',
      ],
    ],
    [
      'a looser lockout widens',
      'after: 5, for: 30m',
      'after: 8, for: 30m',
      ['widens: authentication.lockout.after is now 8; before: 5.'],
    ],
    [
      'a shorter session narrows',
      'idle: 8h',
      'idle: 1h',
      ['narrows: authentication.session.idleSeconds is now 1h; before: 8h.'],
    ],
    [
      'an opened state widens',
      'closed: { deny: [write, refund] }',
      'closed: { deny: [write] }',
      ['widens: orders in state closed no longer refuse refund.'],
    ],
    [
      'a text is neutral',
      'Head of Security',
      'CISO',
      ['neutral: owner is now CISO; before: Head of Security.'],
    ],
    [
      'a right to assign widens',
      'assign: [clerk, customer]',
      'assign: [manager, clerk, customer]',
      [
        'widens: manager may now give the role manager.',
        'widens: manager may now administer holders of manager.',
      ],
    ],
  ]
  for (const [rule, from, to, expected] of table) {
    test(rule, () => {
      const found = sentences(changed(from, to))
      if (rule === 'a dropped condition widens')
        expect(found).toContain(
          'widens: clerk may now write:orders unconditionally; before: when resource.total < 1000.0.',
        )
      else expect(found).toEqual(expected)
    })
  }

  test('a new role lists what it may', () => {
    const found = sentences(
      changed('  customer:\n', '  auditor: { allow: [read:audit, export:audit] }\n  customer:\n'),
    )
    expect(found).toContain('widens: There is a new role auditor.')
    expect(found).toContain('widens: auditor may now export:audit.')
    expect(found.some((sentence) => sentence.includes('rank'))).toBe(false)
  })
})

describe('tests written beside a policy', () => {
  const run = (source: string) => runPolicyTests(shop, source, { file: 't.yaml' })

  test('the matrix and cases of the fixture hold', () => {
    const result = run(fixture('shop.policy.test.yaml'))
    if (!result.ok) expect.fail(JSON.stringify(result.problems))
    expect(result.results.filter((r) => !r.ok)).toEqual([])
    expect(result.passed).toBe(43)
  })

  test('a cell that does not hold names row, column, expected and got', () => {
    const result = run('matrices:\n  - columns: [clerk, anonymous]\n    rows:\n      write:products: ✓ ✗\n')
    if (!result.ok) expect.fail('not run')
    expect(result).toMatchObject({ passed: 1, failed: 1 })
    expect(result.results[0]).toMatchObject({
      ok: false,
      row: 'write:products',
      column: 'clerk',
      message: 'row write:products, column clerk: expected yes, got no.',
      line: 4,
    })
  })

  test('the right answer for the wrong reason fails', () => {
    const result = run('cases: [{ who: clerk, action: read:audit, expect: deny, reason: not_granted }]')
    if (!result.ok) expect.fail('not run')
    expect(result.results[0]?.message).toBe(
      'clerk, read:audit: expected deny (not_granted), got deny (explicit_deny).',
    )
  })

  const wrong: [string, string, RegExp][] = [
    ['an unknown role', 'cases: [{ who: clrk, may: read:products }]', /Unknown role "clrk"/],
    [
      'an unknown permission',
      'cases: [{ who: clerk, maynot: fly:products }]',
      /Unknown permission "fly:products"/,
    ],
    ['a short row', 'matrices: [{ columns: [clerk, owner], rows: { read:products: ✓ } }]', /2 cells/],
    ['an unknown key', 'cases: [{ whom: clerk }]', /Unknown key "whom"\. Did you mean "who"\?/],
    [
      'an unknown reason',
      'cases: [{ who: clerk, action: read:products, expect: deny, reason: not_grantd }]',
      /Unknown reason/,
    ],
    ['another policy', 'policy: lab\ncases: [{ who: clerk, may: read:products }]', /tests of "lab"/],
    ['no test at all', 'policy: shop', /no test/],
  ]
  for (const [what, source, says] of wrong) {
    test(`a test file with ${what} does not run, and cannot pass`, () => {
      const result = run(source)
      expect(
        result.ok
          ? ''
          : result.problems.map((problem) => `${problem.message} ${problem.hint ?? ''}`).join('\n'),
      ).toMatch(says)
    })
  }
})

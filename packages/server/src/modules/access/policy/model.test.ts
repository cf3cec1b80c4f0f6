import { compile, parsePolicy, type Standing } from '@writ/policy'
import { describe, expect, test } from 'vitest'
import {
  checkProposal,
  giversOf,
  isPermanent,
  type Proposal,
  permissionsOf,
  rolesThatCount,
  withOverrides,
} from './model.ts'

function policyOf(rolesPerMember: 'one' | 'many', more = '') {
  const parsed = parsePolicy(`
writ: 1
name: shop
title: Access Control Policy
version: "1.0"
owner: Owner
organizations: { ownerRole: owner, rolesPerMember: ${rolesPerMember}, platformAccess: direct, maySet: [authentication.session] }
resources: { leads: [read, write] }
roles:
  root: { scope: platform, allow: ["*:*"], assign: ["*"], assignedBy: console }
  owner: { inherits: [clerk], allow: ["*:*"], assign: ["*"], privileged: true }
  auditor: { allow: [read:audit] }
  clerk: { allow: [read:leads, { allow: write:leads, when: "resource.id == subject.id" }], assign: [guest], deny: [delete:members] }
  guest: { allow: [read:leads] }
${more}`)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return compile(parsed.policy)
}

const one = policyOf('one')
const many = policyOf('many')
const now = new Date('2026-03-02T09:00:00Z')
const later = new Date('2026-03-02T10:00:00Z')

function standing(assignments: Standing['assignments'], change: Partial<Standing> = {}): Standing {
  return {
    id: 'user',
    accountActive: true,
    organization: 'acme',
    membershipActive: true,
    assignments,
    secondFactor: 'none',
    authenticatedAt: now,
    ...change,
  }
}

describe('roles that count', () => {
  test.each([
    [
      'live ones',
      many,
      standing([{ role: 'clerk' }, { role: 'guest', expiresAt: later }]),
      ['clerk', 'guest'],
    ],
    ['not expired ones', many, standing([{ role: 'owner', expiresAt: now }, { role: 'guest' }]), ['guest']],
    ['not those the policy does not know', many, standing([{ role: 'gone' }, { role: 'guest' }]), ['guest']],
    ['where members have one, the highest', one, standing([{ role: 'guest' }, { role: 'clerk' }]), ['clerk']],
    [
      'where members have one, a temporary one instead of the lasting',
      one,
      standing([{ role: 'owner' }, { role: 'clerk', source: 'elevation', expiresAt: later }]),
      ['clerk'],
    ],
    [
      'not privileged ones of the suspended',
      many,
      standing([{ role: 'owner' }, { role: 'guest' }], { privilegesSuspended: true }),
      ['guest'],
    ],
    ['none of the inactive', many, standing([{ role: 'owner' }], { membershipActive: false }), []],
    [
      'none of who left the platform',
      many,
      standing([{ role: 'root' }], { organization: 'platform', membershipActive: false }),
      [],
    ],
    [
      'of another organization, support alone',
      many,
      standing([{ role: 'owner' }, { role: 'clerk', source: 'support' }], { organization: 'globex' }),
      ['clerk'],
    ],
    [
      'of the platform, also from outside',
      many,
      standing([{ role: 'root' }], { organization: 'platform' }),
      ['root'],
    ],
  ])('are %s', (_, compiled, subject, expected) => {
    expect(rolesThatCount(compiled, subject, 'acme', now)).toEqual(expected)
  })
})

function proposal(change: Partial<Proposal>): Proposal {
  return {
    before: ['guest'],
    permanent: ['guest'],
    after: ['guest'],
    onPlatform: false,
    actor: ['owner'],
    isSelf: false,
    ...change,
  }
}

describe('a change of roles', () => {
  test.each([
    ['to a role one gives', one, { after: ['clerk'] }, undefined],
    ['to no role', many, { after: [] }, 'roles.none'],
    ['to two where one is the rule', one, { after: ['guest', 'clerk'] }, 'roles.one_only'],
    ['to an unknown role', many, { after: ['boss'] }, 'roles.unknown'],
    ['to a role of the platform', many, { after: ['root'] }, 'roles.operator_only'],
    [
      'to a role of the platform, by a rule that has settled who may',
      many,
      { after: ['root'], actor: 'decided' as const },
      'roles.operator_only',
    ],
    [
      'to a role of the platform inside an organization, by the operator',
      many,
      { after: ['root'], actor: 'operator' as const },
      'roles.operator_only',
    ],
    [
      'to a role of the platform on the platform, by the operator',
      many,
      { after: ['root'], actor: 'operator' as const, onPlatform: true },
      undefined,
    ],
    [
      'on the platform, by its own administrator',
      many,
      { after: ['root'], actor: ['root'], onPlatform: true },
      'roles.operator_only',
    ],
    [
      'to a role of organizations on the platform',
      many,
      { after: ['guest'], actor: 'operator' as const, onPlatform: true },
      'roles.unknown',
    ],
    [
      'to a role above one’s own',
      many,
      { after: ['auditor', 'guest'], actor: ['clerk'] },
      'roles.above_your_own',
    ],
    [
      'to a role beside one’s own that it does not give',
      many,
      { after: ['clerk'], actor: ['clerk'] },
      'roles.not_yours_to_assign',
    ],
    [
      'that takes a role one does not give',
      many,
      { before: ['owner', 'guest'], after: ['guest'], actor: ['clerk'] },
      'roles.above_your_own',
    ],
    [
      'that takes a role that is gone from the policy',
      many,
      { before: ['gone', 'guest'], after: ['guest'], actor: ['clerk'] },
      undefined,
    ],
    ['by who holds no role', many, { after: ['clerk'], actor: [] }, 'roles.above_your_own'],
    [
      'of one’s own, down',
      one,
      { before: ['owner'], permanent: ['owner'], after: ['clerk'], isSelf: true },
      undefined,
    ],
    [
      'of one’s own, aside',
      one,
      { before: ['owner'], permanent: ['owner'], after: ['auditor'], isSelf: true },
      'roles.above_your_own',
    ],
    [
      'of one’s own, to keep what was for an hour',
      one,
      { before: ['owner', 'guest'], permanent: ['guest'], after: ['owner'], isSelf: true },
      'roles.above_your_own',
    ],
  ] as const)('%s', (_, compiled, change, code) => {
    const check = () => checkProposal(compiled, proposal(change))
    if (code === undefined) expect(check).not.toThrow()
    else expect(check).toThrow(expect.objectContaining({ code }))
  })

  test('to roles that the policy keeps apart is refused, whoever asks', () => {
    const separated = policyOf('many', 'separation: [{ roles: [auditor, clerk] }]\n')
    const check = () => checkProposal(separated, proposal({ after: ['auditor', 'clerk'], actor: 'operator' }))
    expect(check).toThrow(expect.objectContaining({ code: 'roles.separated' }))
  })
})

describe('what a role may do', () => {
  test('is listed with inheritance expanded, denials instead of what they deny, conditions as written', () => {
    const of = (role: string) =>
      permissionsOf(many, many.roles.get(role)!).filter(({ permission }) =>
        /leads$|delete:members/.test(permission),
      )
    expect(of('owner')).toEqual([
      { permission: 'delete:members', effect: 'deny', condition: null },
      { permission: 'read:leads', effect: 'allow', condition: null },
      { permission: 'write:leads', effect: 'allow', condition: null },
    ])
    expect(of('clerk')).toContainEqual({
      permission: 'write:leads',
      effect: 'allow',
      condition: 'resource.id == subject.id',
    })
  })

  test('names who may give it', () => {
    expect(giversOf(many, 'guest')).toEqual(['root', 'owner', 'clerk'])
    expect(giversOf(many, 'root')).toEqual([])
  })
})

describe('overrides', () => {
  test('that a newer policy no longer allows are left out one by one', () => {
    const { authentication } = withOverrides(many.policy, {
      'authentication.session.idle': '1h',
      'authentication.session.absolute': '400d',
      'authentication.password.minLength': 20,
    })
    expect(authentication.session.idleSeconds).toBe(3600)
    expect(authentication.session.absoluteSeconds).toBe(many.policy.authentication.session.absoluteSeconds)
    expect(authentication.password.minLength).toBe(many.policy.authentication.password.minLength)
  })
})

test.each([
  ['assigned', null, true],
  ['setup', null, true],
  ['operator', null, true],
  ['assigned', later, false],
  ['elevation', null, false],
  ['break-glass', later, false],
  ['support', null, false],
])('an assignment of source %s that ends %s is permanent: %s', (source, expiresAt, expected) => {
  expect(isPermanent({ source, expiresAt })).toBe(expected)
})

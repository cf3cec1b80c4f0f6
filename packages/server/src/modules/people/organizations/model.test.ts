import { compile, parsePolicy, type Standing } from '@writ/policy'
import { describe, expect, test } from 'vitest'
import {
  changed,
  invitationOf,
  mayProvision,
  rolesAfterTransfer,
  rolesOfNewMember,
  sameFacts,
} from './model.ts'

function policyOf({ owner = 'inherits: [editor]', by = '[]', isDefault = true } = {}) {
  const parsed = parsePolicy(`
writ: 1
name: shop
title: Access Control Policy
version: "1.0"
owner: Owner
organizations: { ownerRole: owner }
provisioning: { by: ${by} }
resources: { leads: [read] }
roles:
  owner: { ${owner}, allow: ["*:*"], assign: ["*"] }
  auditor: { allow: [read:audit] }
  editor: { allow: [create:members] }
  guest: { allow: [read:leads], default: ${isDefault} }
`)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return compile(parsed.policy)
}

describe('roles of a new member', () => {
  test('are those asked for, else the default', () => {
    expect(rolesOfNewMember(policyOf(), ['editor'])).toEqual(['editor'])
    expect(rolesOfNewMember(policyOf(), undefined)).toEqual(['guest'])
  })

  test('must be named where the policy has no default', () => {
    const check = () => rolesOfNewMember(policyOf({ isDefault: false }), undefined)
    expect(check).toThrow(expect.objectContaining({ code: 'members.no_default_role' }))
  })
})

describe('who handed the ownership over', () => {
  test.each([
    ['keeps their other roles', policyOf(), ['owner', 'auditor'], ['auditor']],
    ['else has the next role that the owner role includes', policyOf(), ['owner'], ['editor']],
    ['else the lowest there is', policyOf({ owner: 'inherits: []' }), ['owner'], ['guest']],
  ])('%s', (_, compiled, held, expected) => {
    expect(rolesAfterTransfer(compiled, held)).toEqual(expected)
  })
})

describe('who creates accounts', () => {
  const now = new Date('2026-03-02T09:00:00Z')
  const standing = (role: string, expiresAt?: Date): Standing => ({
    id: 'user',
    accountActive: true,
    organization: 'acme',
    membershipActive: true,
    assignments: [{ role, ...(expiresAt && { expiresAt }) }],
    secondFactor: 'none',
    authenticatedAt: now,
  })

  test.each([
    ['anybody with the permission, where the policy names nobody', '[]', standing('guest'), true],
    ['a role that is named', '[editor]', standing('editor'), true],
    ['a role that includes one that is named', '[editor]', standing('owner'), true],
    ['no other', '[editor]', standing('guest'), false],
    ['not one whose role has expired', '[editor]', standing('editor', now), false],
  ])('%s', (_, by, subject, expected) => {
    expect(mayProvision(policyOf({ by }), subject, now)).toBe(expected)
  })
})

describe('a change of settings', () => {
  const before = {
    name: 'Acme',
    slug: 'acme',
    settings: { contacts: { billing: 'b@acme.test' }, locale: 'en' },
  }

  test('keeps what it does not name and takes away what it names as null', () => {
    expect(changed(before, { settings: { contacts: { security: 's@acme.test' }, locale: null } })).toEqual({
      name: 'Acme',
      slug: 'acme',
      settings: { contacts: { billing: 'b@acme.test', security: 's@acme.test' } },
    })
    expect(changed(before, { settings: { contacts: { billing: null } } }).settings).toEqual({ locale: 'en' })
  })

  test('that changes nothing is none, whatever the order of its fields', () => {
    const same = {
      slug: 'acme',
      settings: { locale: 'en', contacts: { billing: 'b@acme.test' } },
      name: 'Acme',
    }
    expect(sameFacts(before, same)).toBe(true)
    expect(sameFacts(before, { ...same, name: 'Acme Ltd' })).toBe(false)
  })
})

describe('how far a member has come', () => {
  const now = new Date('2026-03-02T09:00:00Z')
  const here = {
    isInvited: false,
    lastActiveAt: now,
    lastSignInAt: now,
    mustChangePassword: false,
    emailVerified: true,
  }
  test.each([
    ['accepted: by an invite', { ...here, isInvited: true, lastActiveAt: null }, 'accepted'],
    ['none: was here', here, 'none'],
    [
      'none: was here, and is given a temporary password later',
      { ...here, mustChangePassword: true },
      'none',
    ],
    ['pending: never came', { ...here, lastActiveAt: null, lastSignInAt: null }, 'pending'],
    [
      'pending: only got as far as the new password',
      { ...here, lastActiveAt: null, mustChangePassword: true },
      'pending',
    ],
    [
      'pending: only got as far as the address',
      { ...here, lastActiveAt: null, emailVerified: false },
      'pending',
    ],
  ] as const)('%s', (_, member, expected) => {
    expect(invitationOf(policyOf(), member)).toBe(expected)
  })
})

import { compile, parsePolicy } from '@writ/policy'
import { describe, expect, test } from 'vitest'
import { quickPolicy } from '#test/policies'
import { roleToRegister, standingOfInviter, stateOf, titlesOf } from './model.ts'

const NOW = new Date('2026-03-02T09:00:00Z')
const later = new Date(NOW.getTime() + 1000)

function compiled(name: string) {
  const parsed = parsePolicy(quickPolicy(name))
  if (!parsed.ok) throw new Error('the policy does not parse')
  return compile(parsed.policy, { version: 'test' })
}

describe('the state of an invite', () => {
  const open = { acceptedAt: null, revokedAt: null }
  test.each([
    ['pending', { ...open, expiresAt: later }],
    ['expired', { ...open, expiresAt: NOW }],
    ['accepted', { ...open, acceptedAt: NOW, expiresAt: NOW }],
    ['revoked', { ...open, revokedAt: NOW, expiresAt: later }],
  ] as const)('is %s', (state, moments) => {
    expect(stateOf(moments, NOW)).toBe(state)
  })
})

describe('the standing of an inviter who is not there', () => {
  const member = {
    id: 'm',
    userId: 'u',
    status: 'active',
    accountStatus: 'active',
    roles: [{ role: 'admin', source: 'assigned', expiresAt: null }],
    secondFactor: false,
    privilegesSuspendedAt: null,
    accessEndsAt: null,
  }
  const standing = (change: object, isActive = true) =>
    standingOfInviter({ ...member, ...change }, { organizationId: 'o', isActive }, NOW)

  test('is that of somebody who is signed in this moment', () => {
    expect(standing({})).toMatchObject({
      accountActive: true,
      membershipActive: true,
      authenticatedAt: NOW,
      privilegesSuspended: false,
      assignments: [{ role: 'admin' }],
    })
  })

  test.each([
    ['the membership is deactivated', { status: 'deactivated' }, true],
    ['the last day is over', { accessEndsAt: NOW }, true],
    ['the organization is suspended', {}, false],
  ])('is no membership where %s', (_, change, isActive) => {
    expect(standing(change, isActive).membershipActive).toBe(false)
  })

  test('has the second factor that they have, and no other', () => {
    expect(standing({ secondFactor: true }).secondFactor).toBe('satisfied')
    expect(standing({}).secondFactor).toBe('none')
  })
})

test('roles are called as the policy calls them, in the language that is read', () => {
  expect(titlesOf(compiled('flask-track'), ['scientist', 'gone'], 'en')).toEqual(['Scientist', 'gone'])
  const [hebrew] = titlesOf(compiled('prosaas'), ['agent'], 'he')
  expect(hebrew).toMatch(/[\u05d0-\u05ea]/)
})

test('[BM-13] a person registers with a role that is open, by default the first', () => {
  const farm = compiled('business-manager')
  expect(roleToRegister(farm, undefined)).toBe('customer')
  expect(roleToRegister(farm, 'customer')).toBe('customer')
  expect(roleToRegister(farm, 'staff')).toBeUndefined()
  expect(roleToRegister(compiled('prosaas'), undefined)).toBeUndefined()
})

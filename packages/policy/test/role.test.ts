import { describe, expect, test } from 'vitest'
import { decide, type Standing } from '../src/index.ts'
import { compiled, member, NOW } from './fixtures/index.ts'

const shop = compiled('shop.policy.yaml')

function holds(subject: Standing | undefined, role: string) {
  const resource = { type: 'role', id: role }
  return decide(shop, {
    ...(subject && { subject }),
    action: 'hold',
    resource,
    organization: 'acme',
    now: NOW,
  })
}

describe('[SA-06] [PS-04] holding a role is asked like a permission', () => {
  test('a role held now is answered with its assignment', () => {
    expect(holds(member(['clerk']), 'clerk')).toMatchObject({
      allowed: true,
      role: 'clerk',
      permission: 'hold:role',
    })
  })

  test('another role, an unknown one and none are not granted', () => {
    for (const role of ['owner', 'nobody', '']) {
      expect(holds(member(['clerk']), role)).toMatchObject({ allowed: false, reason: 'not_granted' })
    }
  })

  test('an expired assignment is not held', () => {
    const subject = member([], { assignments: [{ role: 'clerk', expiresAt: NOW }] })
    expect(holds(subject, 'clerk').reason).toBe('not_granted')
  })

  test('the checks before any permission come first', () => {
    expect(holds(undefined, 'clerk').reason).toBe('unauthenticated')
    expect(holds(member(['clerk'], { accountActive: false }), 'clerk').reason).toBe('account_inactive')
    expect(holds(member(['clerk'], { organization: 'globex' }), 'clerk').reason).toBe('membership_inactive')
  })
})

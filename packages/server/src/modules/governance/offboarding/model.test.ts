import { compile, parsePolicy } from '@writ/policy'
import { describe, expect, test } from 'vitest'
import { dayOf, endOfDay, isImmediate, leaveDue, roleChangeDue, rolesThatMay, startOfDay } from './model.ts'

describe('a day begins', () => {
  test.each([
    ['2026-03-02', 'UTC', '2026-03-02T00:00:00.000Z'],
    ['2026-03-02', 'Asia/Jerusalem', '2026-03-01T22:00:00.000Z'],
    ['2026-07-02', 'Asia/Jerusalem', '2026-07-01T21:00:00.000Z'],
    ['2026-03-02', 'Pacific/Kiritimati', '2026-03-01T10:00:00.000Z'],
    ['2026-03-02', 'Etc/GMT+12', '2026-03-02T12:00:00.000Z'],
    ['2026-03-02', 'Asia/Kathmandu', '2026-03-01T18:15:00.000Z'],
    // Midnight does not exist: clocks go from 24:00 to 01:00.
    ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
    ['2024-02-29', 'UTC', '2024-02-29T00:00:00.000Z'],
  ])('%s in %s: %s', (date, zone, instant) => {
    expect(startOfDay(date, zone).toISOString()).toBe(instant)
    expect(dayOf(startOfDay(date, zone), zone)).toBe(date)
    expect(dayOf(new Date(startOfDay(date, zone).getTime() - 1), zone) < date).toBe(true)
  })

  test.each([
    ['2026-03-31', 'UTC', '2026-04-01T00:00:00.000Z'],
    ['2026-12-31', 'Europe/Berlin', '2026-12-31T23:00:00.000Z'],
    // 25 hours long.
    ['2026-10-25', 'Europe/Berlin', '2026-10-25T23:00:00.000Z'],
    ['2028-02-28', 'UTC', '2028-02-29T00:00:00.000Z'],
  ])('and %s ends in %s: %s', (date, zone, instant) => {
    expect(endOfDay(date, zone).toISOString()).toBe(instant)
  })
})

describe('a deadline', () => {
  const policyWith = (offboarding: string) => {
    const parsed = parsePolicy(`
writ: 1
name: shop
title: Access
version: "1"
owner: Security
organizations: { ownerRole: owner }
roles:
  owner: { allow: ["*:*"], assign: ["*"] }
  guard: { inherits: [clerk], deny: ["deactivate:members"] }
  clerk: { allow: ["deactivate:members"], default: true }
offboarding: ${offboarding}
`)
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
    return parsed.policy
  }

  test('of a leaver runs from the end of the last day', () => {
    const due = leaveDue(policyWith('{ within: 36h }'), endOfDay('2026-03-31', 'Asia/Jerusalem'))
    expect(due.toISOString()).toBe('2026-04-02T09:00:00.000Z')
  })

  test.each([
    ['{ roleChange: same-day }', '2026-03-02T22:00:00.000Z'],
    ['{ roleChange: 3h }', '2026-03-02T01:00:00.000Z'],
  ])('of a change of duties under %s is %s', (offboarding, due) => {
    expect(roleChangeDue(policyWith(offboarding), '2026-03-02', 'Asia/Jerusalem').toISOString()).toBe(due)
  })

  test('is now for the occasions that the policy names, and for no others', () => {
    const policy = policyWith('{ immediately: [incident] }')
    expect(isImmediate(policy, 'incident')).toBe(true)
    expect(isImmediate(policy, 'termination')).toBe(false)
    expect(isImmediate(policy, null)).toBe(false)
  })

  test('that is missed is told to the roles that may act on it, not to those that are denied it', () => {
    const compiled = compile(policyWith('{}'))
    expect(rolesThatMay(compiled, 'deactivate:members').sort()).toEqual(['clerk', 'owner'])
    expect(rolesThatMay(compiled, 'no-such:members')).toEqual([])
  })
})

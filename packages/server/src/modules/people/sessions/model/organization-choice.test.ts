import { expect, test } from 'vitest'
import { deviceOf } from './device.ts'
import { type Choice, chooseOrganization } from './organization-choice.ts'

const acme: Choice = { organizationId: 'a', slug: 'acme', status: 'active', organizationStatus: 'active' }
const globex: Choice = { organizationId: 'g', slug: 'globex', status: 'active', organizationStatus: 'active' }
const left: Choice = { ...globex, status: 'deactivated' }
const now = new Date('2026-03-02T09:00:00Z')
const over: Choice = { ...globex, accessEndsAt: now }
const ending: Choice = { ...globex, accessEndsAt: new Date(now.getTime() + 1) }
const closed: Choice = { ...globex, organizationStatus: 'suspended' }

test.each<[string, Choice[], Parameters<typeof chooseOrganization>[1], unknown]>([
  ['the only one needs no name', [acme], undefined, { one: acme }],
  ['several ask which', [acme, globex], undefined, { several: [acme, globex] }],
  ['one that was left does not count', [acme, left], undefined, { one: acme }],
  ['one that is suspended does not count', [acme, closed], undefined, { one: acme }],
  ['one whose last day is over does not count', [acme, over], undefined, { one: acme }],
  ['one whose last day is not over does', [acme, ending], undefined, { several: [acme, ending] }],
  ['one whose last day is over, by name', [acme, over], { slug: 'globex' }, { none: 'no_membership' }],
  ['named by slug', [acme, globex], { slug: 'globex' }, { one: globex }],
  ['named by id', [acme, globex], { id: 'g', slug: 'org_g' }, { one: globex }],
  ['one that is not theirs', [acme], { slug: 'globex' }, { none: 'not_a_member' }],
  ['one that was left, by name', [acme, left], { slug: 'globex' }, { none: 'no_membership' }],
  ['one that is suspended, by name', [acme, closed], { slug: 'globex' }, { none: 'organization_suspended' }],
  ['none at all', [], undefined, { none: 'no_membership' }],
])('%s', (_, all, named, expected) => {
  expect(chooseOrganization(all, named, now)).toEqual(expected)
})

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile Safari/604.1',
    'Safari on iPhone',
  ],
  ['curl/8.5.0', 'curl/8.5.0'],
  ['', 'Unknown'],
])('a device is named in words its owner knows: %s', (userAgent, device) => {
  expect(deviceOf(userAgent)).toBe(device)
})

import { describe, expect, test } from 'vitest'
import { AddressLimit, clientNetwork } from './address-limit.ts'

const now = new Date('2026-03-02T09:00:00Z')
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s is counted as %s', (ip, network) => {
  expect(clientNetwork(ip)).toBe(network)
})

describe('failed sign-ins from one address', () => {
  test('stop after 300 in five minutes, say when to come back, and go on then', () => {
    const limit = new AddressLimit(300)
    for (let i = 0; i < 300; i++) expect(limit.take('203.0.113.9', now).refused).toBe(false)
    expect(limit.take('203.0.113.9', after(100))).toEqual({
      refused: true,
      retryAfterSeconds: 200,
      first: true,
    })
    expect(limit.take('203.0.113.9', after(299))).toEqual({
      refused: true,
      retryAfterSeconds: 1,
      first: false,
    })
    expect(limit.take('203.0.113.10', now).refused).toBe(false)
    expect(limit.take('203.0.113.9', after(300)).refused).toBe(false)
  })

  // A subscriber has 2^64 addresses: each guess from a new one.
  test('are counted together for a whole IPv6 network', () => {
    const limit = new AddressLimit(300)
    for (let i = 0; i < 300; i++) limit.take(`2001:db8:1:2::${i.toString(16)}`, now)
    expect(limit.take('2001:db8:1:2:ffff::1', now).refused).toBe(true)
    expect(limit.take('2001:db8:1:3::1', now).refused).toBe(false)
  })

  test('do not count what succeeded', () => {
    const limit = new AddressLimit(300)
    for (let i = 0; i < 1000; i++) {
      expect(limit.take('203.0.113.9', now).refused).toBe(false)
      limit.giveBack('203.0.113.9')
    }
  })
})

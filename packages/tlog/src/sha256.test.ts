import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sha256 as inBrowser } from './sha256.browser.ts'
import { sha256 as inNode } from './sha256.node.ts'

describe.each([
  ['node', inNode],
  ['browser', inBrowser],
])('SHA-256 for the %s', (_, sha256) => {
  const reference = (data: Uint8Array) => Uint8Array.from(createHash('sha256').update(data).digest())

  test('agrees with OpenSSL at every length around its block borders', () => {
    for (let length = 0; length < 300; length++) {
      const data = Uint8Array.from({ length }, (_, i) => (i * 7 + length) % 256)
      expect(sha256(data)).toEqual(reference(data))
    }
  })

  test('agrees with OpenSSL on any bytes, also within a larger buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat(100), (data, skip) => {
        const view = data.subarray(Math.min(skip, data.length))
        expect(sha256(view)).toEqual(reference(view))
      }),
      { numRuns: 200 },
    )
  })

  test('gives a new array each time', () => {
    const first = sha256(Uint8Array.of(1))
    const copy = Uint8Array.from(first)
    sha256(Uint8Array.of(2))
    expect(first).toEqual(copy)
    expect(first.constructor).toBe(Uint8Array)
  })
})

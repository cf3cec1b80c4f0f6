import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectRefusal } from '../test/support/refusal.ts'
import { fromBase64, fromBase64Url, fromUtf8, toBase64 } from './bytes.ts'

describe('base64', () => {
  test('writes what Buffer writes, and reads it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64')
        expect(toBase64(bytes)).toBe(text)
        expect(fromBase64(text)).toEqual(bytes)
        expect(fromBase64Url(Buffer.from(bytes).toString('base64url'))).toEqual(bytes)
      }),
    )
  })

  test('accepts only texts that it would write', () => {
    const alphabet = fc.constantFrom(...'AQgwZ9+/=-_ \n\u00e9')
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 12 }), (text) => {
        let bytes: Uint8Array
        try {
          bytes = fromBase64(text)
        } catch {
          return
        }
        expect(toBase64(bytes)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([['A'], ['AA'], ['AA='], ['AB=='], ['A==='], ['===='], ['AA A'], ['AA==AA=='], ['AA_-']])(
    'refuses %j',
    (text) => expectRefusal('tlog.bad_encoding', () => fromBase64(text)),
  )
})

test('bytes that are not UTF-8 are refused and a byte order mark is kept', async () => {
  expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa')
  await expectRefusal('tlog.bad_encoding', () => fromUtf8(Uint8Array.of(0xff)))
})

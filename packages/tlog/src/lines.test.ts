import fc from 'fast-check'
import { expect, test } from 'vitest'
import { collect } from '../test/support/collect.ts'
import { expectRefusal } from '../test/support/refusal.ts'
import { toUtf8 } from './bytes.ts'
import { splitLines } from './lines.ts'

test('lines are the same however the bytes were cut', async () => {
  const unit = fc.constantFrom('a', '\n', '\u2028', '\r', '\u{1f600}', '\ufeff')
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit, maxLength: 30 }),
      fc.integer({ min: 1, max: 7 }),
      async (text, step) => {
        const bytes = toUtf8(text)
        const chunks: Uint8Array[] = []
        for (let at = 0; at < bytes.length; at += step) chunks.push(bytes.subarray(at, at + step))
        const lines = text.split('\n')
        if (lines.at(-1) === '') lines.pop()
        expect(await collect(splitLines(chunks))).toEqual(lines)
      },
    ),
  )
})

test('bytes that are not UTF-8, or break off within a character, are refused', async () => {
  await expectRefusal('tlog.bad_encoding', () => collect(splitLines([Uint8Array.of(0xff)])))
  await expectRefusal('tlog.bad_encoding', () => collect(splitLines([Uint8Array.of(0xe2, 0x80)])))
})

test('a line longer than 4 MiB is refused before memory is full', async () => {
  let given = 0
  function* endless() {
    for (;;) {
      given++
      yield new Uint8Array(1_048_576).fill(97)
    }
  }
  await expectRefusal('tlog.bad_encoding', () => collect(splitLines(endless())))
  expect(given).toBeLessThan(8)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { totp } from '#test/second-factors'
import { codeOf, keyUri, matchCode, spelled, stepAt } from './totp.ts'

const secret = Buffer.from('0123456789abcdefghij')
const now = new Date('2026-03-02T09:00:10Z')

test('codes are those of an implementation that shares nothing with this one', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 20, maxLength: 20 }),
      fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true }),
      (bytes, at) => codeOf(bytes, stepAt(at)) === totp(spelled(bytes), at),
    ),
    { numRuns: 200 },
  )
})

describe('a code matches', () => {
  const step = stepAt(now)

  test.each([-1, 0, 1])('the step %i from now, fresh while no later one was taken', (steps) => {
    const code = codeOf(secret, step + steps)
    expect(matchCode(secret, code, now, null)).toEqual({ step: step + steps, fresh: true })
    expect(matchCode(secret, code, now, step + steps - 1)).toEqual({ step: step + steps, fresh: true })
    expect(matchCode(secret, code, now, step + steps)).toEqual({ step: step + steps, fresh: false })
  })

  test.each([-2, 2])('nothing at the step %i from now', (steps) => {
    expect(matchCode(secret, codeOf(secret, step + steps), now, null)).toBeUndefined()
  })

  test.each(['', '12345', '1234567', 'abcdef', '１２３４５６', '-12345', '0x1234'])(
    'nothing when it is %j',
    (typed) => {
      expect(matchCode(secret, typed, now, null)).toBeUndefined()
    },
  )

  test('the step that is still good, where two steps share a code', () => {
    // Six digits repeat: this secret has 181906 at this step and at the next.
    const shared = 59_460_998
    expect(codeOf(secret, shared)).toBe(codeOf(secret, shared + 1))
    const seen = matchCode(secret, '181906', new Date(shared * 30_000), shared)
    expect(seen).toEqual({ step: shared + 1, fresh: true })
  })
})

test('a name with a colon does not become another account', () => {
  const uri = new URL(keyUri(secret, 'Acme: Ltd', 'eve:ada@example.com'))
  expect(decodeURIComponent(uri.pathname).match(/:/g)).toHaveLength(1)
})

import { describe, expect, test } from 'vitest'
import { hashOf, newRecoveryCode } from './recovery-codes.ts'
import { handleOf, relyingPartyOf } from './relying-party.ts'
import { strictestRemoval } from './removal.ts'

describe('removing a factor takes what any of the account’s organizations asks for', () => {
  test.each([
    [['password'], true, false],
    [['secondFactor'], false, true],
    [['both'], true, true],
    [['password', 'secondFactor'], true, true],
    [['password', 'both'], true, true],
  ] as const)('%j', (rules, password, secondFactor) => {
    expect(strictestRemoval(rules)).toEqual({ password, secondFactor })
  })
})

describe('a recovery code', () => {
  test('has 120 bits in letters that nobody confuses', () => {
    const codes = Array.from({ length: 500 }, newRecoveryCode)
    expect(new Set(codes).size).toBe(500)
    for (const code of codes) expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}$/)
    // Every letter occurs: no part of the alphabet is lost to a bias.
    expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(32)
  })

  test('is one code, however it is typed', () => {
    const hash = hashOf('0123-4567-89AB-CDEF-GHJK-MNPQ')
    for (const typed of [
      'o123456789abcdefghjkmnpq',
      ' Oi23 4567 89ab cdef ghjk mnpq ',
      '0L23-4567-89AB-CDEF-GHJK-MNPQ',
    ])
      expect(hashOf(typed)).toEqual(hash)
    expect(hashOf('0123-4567-89AB-CDEF-GHJK-MNPR')).not.toEqual(hash)
  })
})

test('passkeys belong to the host of the public address, whatever its port and path', () => {
  expect(relyingPartyOf('https://access.example.com:8443/writ')).toEqual({
    id: 'access.example.com',
    origin: 'https://access.example.com:8443',
  })
})

test('a user handle is the account’s id as 16 bytes', () => {
  expect(Buffer.from(handleOf('0195b1c2-0000-7000-8000-0000000000ff')).toString('hex')).toBe(
    '0195b1c20000700080000000000000ff',
  )
})

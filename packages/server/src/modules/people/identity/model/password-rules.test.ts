import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isCommonPassword } from './common-passwords.ts'
import { missedRules, type PasswordPolicy } from './password-rules.ts'
import { strictestLockout, strictestPassword } from './strictest.ts'
import { temporaryPassword } from './temporary-password.ts'

const ada = { email: 'ada.lovelace@example.com', name: 'Ada Lovelace' }
const all: PasswordPolicy = {
  minLength: 8,
  require: ['upper', 'lower', 'digit', 'special'],
  blockCommon: true,
}
const rulesOf = (policy: PasswordPolicy, password: string) =>
  missedRules(policy, password, ada).map(({ rule }) => rule)

describe('[SA-02] a password is refused with every rule it misses', () => {
  test.each<[string, string[]]>([
    ['Quiet-Harbour-47', []],
    ['Gr0ß-und-7', []],
    ['', ['min_length', 'upper', 'lower', 'digit', 'special']],
    ['zkvwmq', ['min_length', 'upper', 'digit', 'special']],
    ['ZKVWMQPT', ['lower', 'digit', 'special']],
    ['Zkvwmqpt', ['digit', 'special']],
    ['Zkvwmqp7', ['special']],
    ['Zkvwmq 7', []],
    // A letter without case is neither upper nor lower, and not special either.
    ['שלוםלכולם', ['upper', 'lower', 'digit', 'special']],
    ['Lovelace-1815!', ['personal']],
    ['Password1!', ['common']],
  ])('%j misses %j', (password, rules) => {
    expect(rulesOf(all, password)).toEqual(rules)
  })

  test('asks for no more than the policy does', () => {
    const lengthOnly: PasswordPolicy = { minLength: 12, require: [], blockCommon: false }
    expect(rulesOf(lengthOnly, 'lovelacelovelace')).toEqual([])
    expect(rulesOf(lengthOnly, 'elevenchars')).toEqual(['min_length'])
  })

  test('counts characters as people do, not bytes or UTF-16 units', () => {
    expect(rulesOf({ ...all, require: [] }, '🦊🦉🐙🦔')).toContain('min_length')
    expect(rulesOf({ ...all, require: [] }, '🦊🦉🐙🦔🐢🦋🐝🐞')).toEqual([])
  })

  test('says each rule in English and in Hebrew', () => {
    for (const { en, he } of missedRules({ ...all, minLength: 20 }, 'password', ada)) {
      expect(en).toMatch(/^[\x20-\x7e]+\.$/)
      expect(he).toMatch(/[\u05d0-\u05ea].*\.$/)
    }
  })
})

describe('a common password', () => {
  test.each([
    'password',
    'P@ssw0rd',
    'Password123!',
    'letmein',
    'Welcome2024!',
    'qwerty',
    'Qwertyuiop1',
    '1q2w3e4r',
    '1qaz2wsx',
    '12345678',
    '87654321',
    'abcd1234',
    'aaaaaaaa',
    'abcabcabc',
    'iloveyou',
    'AdminAdmin',
    'Summer2025',
    '!!Dragon!!',
    'passwordpassword',
  ])('%s', (password) => {
    expect(isCommonPassword(password)).toBe(true)
  })

  test.each([
    'Quiet-Harbour-47',
    'correct horse battery staple',
    'tr0ub4dor&3-lamp',
    'Zkvwmqp7',
    'four-lanterns-by-the-sea',
    'X',
  ])('%s is not one', (password) => {
    expect(isCommonPassword(password)).toBe(false)
  })
})

describe('a temporary password', () => {
  test('meets whatever the policy asks for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 72 }), fc.infiniteStream(fc.nat()), (minLength, dice) => {
        const password = temporaryPassword(minLength, (n) => (dice.next().value as number) % n)
        expect(
          rulesOf({ ...all, minLength }, password).filter((rule) => rule !== 'common' && rule !== 'personal'),
        ).toEqual([])
        expect(password).not.toMatch(/[0O1lI]/)
      }),
    )
  })
})

test('an account in several organizations is under the strictest rules of all', () => {
  const password = { minLength: 8, require: ['digit' as const], blockCommon: false, bcrypt: 12 }
  const loose = { lockout: { after: 10, forSeconds: 60 }, password }
  const tight = {
    lockout: { after: 3, forSeconds: 30 },
    password: { ...password, minLength: 14, require: ['upper' as const], blockCommon: true },
  }
  expect(strictestLockout([loose, tight])).toEqual({ after: 3, forSeconds: 60 })
  expect(strictestPassword([loose, tight])).toEqual({
    minLength: 14,
    require: ['digit', 'upper'],
    blockCommon: true,
    bcrypt: 12,
  })
})

import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { createPasswords } from '#platform/passwords'
import { knownWords, missedRules, type PasswordPolicy } from './password-rules.ts'
import { strictestLockout, strictestPassword } from './strictest.ts'
import { temporaryPassword } from './temporary-password.ts'

const ada = { email: 'ada.lovelace@example.com', name: 'Ada Lovelace' }
const all: PasswordPolicy = {
  minLength: 8,
  require: ['upper', 'lower', 'digit', 'special'],
  blockCommon: true,
}
const passwords = createPasswords()
afterAll(() => passwords.stop())
const words = knownWords(ada, ['acme', 'Acme Trading Ltd'])
const rulesOf = async (policy: PasswordPolicy, password: string) =>
  missedRules(policy, password, ada, await passwords.guesses(password, words)).map(({ rule }) => rule)

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
  ])('%j misses %j', async (password, rules) => {
    expect(await rulesOf(all, password)).toEqual(rules)
  })

  test('asks for no more than the policy does', async () => {
    const lengthOnly: PasswordPolicy = { minLength: 12, require: [], blockCommon: false }
    expect(await rulesOf(lengthOnly, 'lovelacelovelace')).toEqual([])
    expect(await rulesOf(lengthOnly, 'elevenchars')).toEqual(['min_length'])
  })

  test('counts characters as people do, not bytes or UTF-16 units', async () => {
    expect(await rulesOf({ ...all, require: [] }, '🦊🦉🐙🦔')).toContain('min_length')
    expect(await rulesOf({ ...all, require: [] }, '🦊🦉🐙🦔🐢🦋🐝🐞')).toEqual([])
  })

  test('says each rule in English and in Hebrew', () => {
    for (const { en, he } of missedRules({ ...all, minLength: 20 }, 'password', ada, 1)) {
      expect(en).toMatch(/^[\x20-\x7e]+\.$/)
      expect(he).toMatch(/[\u05d0-\u05ea].*\.$/)
    }
  })
})

describe('[SA-02] a password that is guessed early', () => {
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
    'Dragon123!',
    'passwordpassword',
  ])('%s', async (password) => {
    expect(await rulesOf({ ...all, require: [] }, password)).toContain('common')
  })

  test.each([
    'Quiet-Harbour-47',
    'correct horse battery staple',
    'tr0ub4dor&3-lamp',
    'Zkvwmqp7',
    'four-lanterns-by-the-sea',
    'X',
  ])('%s is not one', async (password) => {
    expect(await rulesOf({ ...all, require: [] }, password)).not.toContain('common')
  })
})

test('[SA-02] what is known of the person and of their organization is guessed first', async () => {
  // Attack: who knows the victim begins with their name, their employer, and a year.
  const policy = { ...all, require: [] }
  const person = { email: 'ada.lovelace@example.com', name: 'Ada Lovelace' }
  const known = knownWords(person, ['quorintha', 'Quorintha Trading'])
  const judged = async (password: string, list: readonly string[]) =>
    missedRules(policy, password, person, await passwords.guesses(password, list)).map(({ rule }) => rule)
  expect(await judged('quorintha1987', [])).toEqual([])
  expect(await judged('quorintha1987', known)).toEqual(['common'])
})

describe('a temporary password', () => {
  test('meets whatever the policy asks for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 72 }), fc.infiniteStream(fc.nat()), (minLength, dice) => {
        const password = temporaryPassword(minLength, (n) => (dice.next().value as number) % n)
        expect(
          missedRules({ ...all, minLength }, password, ada, Number.POSITIVE_INFINITY).filter(
            ({ rule }) => rule !== 'personal',
          ),
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

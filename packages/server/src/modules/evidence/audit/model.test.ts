import { randomBytes } from 'node:crypto'
import { canonicalJson, fromBase64, personalHash } from '@writ/tlog'
import { describe, expect, test } from 'vitest'
import { bounded, commitTo, isPersonal, plainJson, restore, separate } from './model.ts'

describe('personal fields', () => {
  test.each([
    'email',
    'emailKey',
    'email_key',
    'E-Mail',
    'name',
    'displayName',
    'phone',
    'ip',
    'userAgent',
    'user_agent',
  ])('%s is one', (field) => {
    expect(isPersonal(field)).toBe(true)
  })
  test.each(['role', 'status', 'username2', 'id', 'roles', 'expiresAt'])('%s is none', (field) => {
    expect(isPersonal(field)).toBe(false)
  })

  test('are those that hold an address, whatever they are called', () => {
    const value = { contacts: { security: 'ada@lab.example' }, owners: ['bob@lab.example'], tag: '@home' }
    const { clear, personal } = separate('after', value)
    expect(clear).toEqual({ contacts: {}, owners: null, tag: '@home' })
    expect(restore('after', clear, personal)).toEqual(value)
  })

  test('are taken out at any depth, a list that holds some as a whole, and come back to their places', () => {
    const value = {
      role: 'admin',
      profile: { name: 'Ada', locale: 'en' },
      contacts: [{ email: 'a@b' }],
      tags: ['x'],
    }
    const { clear, personal } = separate('after', value)
    expect(clear).toEqual({ role: 'admin', profile: { locale: 'en' }, contacts: null, tags: ['x'] })
    expect(Object.fromEntries(personal)).toEqual({
      'after.profile.name': 'Ada',
      'after.contacts': [{ email: 'a@b' }],
    })
    expect(restore('after', clear, personal)).toEqual(value)
    expect(restore('before', undefined, personal)).toBeUndefined()
    personal.delete('after.profile.name')
    expect(restore('after', clear, personal)).toEqual({ ...value, profile: { locale: 'en' } })
  })

  test('more than fifty are one personal value', () => {
    const value = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, { name: `n${i}` }]))
    const { clear, personal } = separate('before', value)
    expect(clear).toBeNull()
    expect([...personal]).toEqual([['before', value]])
    expect(restore('before', clear, personal)).toEqual(value)
  })
})

test.each([
  ['an address', 'ada@example.com'],
  ['nothing', null],
  ['what is three bytes a character', '\u20ac'.repeat(21_840)],
  ['more than fits', { list: ['\u20ac'.repeat(30_000)] }],
])('the hash of %s in a leaf is the one that verification computes', (_what, value) => {
  const { kept, hash } = commitTo(value, randomBytes(16))
  expect(kept.value).toEqual(value)
  expect(hash).toBe(personalHash(fromBase64(kept.salt), value))
})

describe('plain JSON', () => {
  test.each([
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an undefined member', { a: undefined, b: 1 }, { b: 1 }],
    ['holes and functions in a list', [undefined, () => 1], [null, null]],
    ['infinity', Number.POSITIVE_INFINITY, null],
    ['a bigint', 10n, '10'],
    ['NUL', 'a\0b', 'a\ufffdb'],
    ['half a surrogate pair', 'a\ud800', 'a\ufffd'],
    ['a set', new Set(['x']), ['x']],
    ['a map', new Map([['k', 1]]), { k: 1 }],
    ['NUL in a key', { 'k\0': 1 }, { 'k\ufffd': 1 }],
  ])('%s gets a form that has one text', (_name, value, expected) => {
    expect(plainJson(value)).toEqual(expected)
    expect(() => canonicalJson(plainJson(value))).not.toThrow()
  })

  test('a part that is too long for a leaf is its hash and length', () => {
    const long = { text: 'x'.repeat(10_000) }
    expect(bounded({ a: 1 }, () => 'h')).toEqual({ a: 1 })
    expect(bounded(long, () => 'h')).toEqual({ omitted: { sha256: 'h', characters: 10_011 } })
  })
})

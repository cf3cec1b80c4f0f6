import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressKey } from './address.ts'

describe('one mailbox is one key', () => {
  test.each([
    ['ada@example.com', 'ada@example.com'],
    ['  Ada@Example.COM ', 'ada@example.com'],
    // Full-width letters look like another address and are delivered to this one.
    ['ａｄａ@example.com', 'ada@example.com'],
    ['ada@münchen.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@xn--mnchen-3ya.example', 'ada@xn--mnchen-3ya.example'],
    ['ada@exam。ple.com', undefined],
    ['דנה@דוגמה.example', 'דנה@xn--6dbbec0c.example'],
    ['ΟΔΟΣ@example.com', 'οδοσ@example.com'],
    ['οδος@example.com', 'οδοσ@example.com'],
  ])('%s → %s', (email, key) => {
    expect(addressKey(email)).toBe(key)
  })

  test('a key is its own key, however odd the address', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.string({ unit: 'grapheme', maxLength: 20 }),
        (local, domain) => {
          for (const email of [`${local}@${domain}.example`, `${local}@example.com`]) {
            const key = addressKey(email)
            if (key !== undefined) expect(addressKey(key)).toBe(key)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('spaces around it, case and composition never make another key', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.constantFrom('upper', 'spaced', 'decomposed'), (email, change) => {
        const changed = {
          upper: email.toUpperCase(),
          spaced: ` ${email}\t`,
          decomposed: email.normalize('NFD'),
        }[change]
        expect(addressKey(changed)).toBe(addressKey(email))
      }),
    )
  })
})

describe('two mailboxes are two keys', () => {
  // Providers differ on dots and tags; joining them would give one person another's account.
  test.each([
    ['a.da@example.com', 'ada@example.com'],
    ['ada+x@example.com', 'ada@example.com'],
    ['adà@example.com', 'ada@example.com'],
    // Dotless ı has the upper case I, and is another letter.
    ['adm\u0131n@example.com', 'admin@example.com'],
    ['ada@example.com', 'ada@example.org'],
  ])('%s and %s', (one, two) => {
    expect(addressKey(one)).toBeDefined()
    expect(addressKey(one)).not.toBe(addressKey(two))
  })
})

test.each([
  '',
  'ada',
  '@example.com',
  'ada@',
  'ada@example',
  'ada@@example.com',
  'a da@example.com',
  '.ada@example.com',
  'ada.@example.com',
  'a..da@example.com',
  '"ada"@example.com',
  'ada@-example.com',
  'ada@example..com',
  'ada@127.0.0.1',
  'ada@[127.0.0.1]',
  'ada@1.2',
  'ada@example.com:8080',
  'ada@example.com/x',
  'ada@example.com?x',
  'bob@evil.example\nbcc:ada@example.com',
  'a\u0000da@example.com',
  'ada\u202e@example.com',
  'a\u200bda@example.com',
  'ada@exa\u00admple.com',
  `${'a'.repeat(65)}@example.com`,
  `ada@${'a'.repeat(64)}.com`,
  `ada@${'abcdefgh.'.repeat(30)}com`,
  '<ada@example.com>',
  'ada@example.com, bob@example.com',
])('%j is no address', (text) => {
  expect(addressKey(text)).toBeUndefined()
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromWire, newId, type Prefix, toWire } from './ids.ts'

const prefixes: readonly Prefix[] = ['org', 'usr', 'mem', 'ses', 'asg', 'app', 'pol', 'evt']
const prefix = fc.constantFrom(...prefixes)
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => {
  const hex = Buffer.from(bytes).toString('hex')
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
})

/** Crockford's base32 as arithmetic says it: the definition that the fast one is held to. */
function spelled(id: string): string {
  let value = BigInt(`0x${id.replaceAll('-', '')}`)
  let text = ''
  for (let i = 0; i < 26; i++, value >>= 5n)
    text = '0123456789abcdefghjkmnpqrstvwxyz'[Number(value & 31n)] + text
  return text
}

describe('ids', () => {
  test('an id on the wire is its prefix and the base32 of its 128 bits', () => {
    fc.assert(fc.property(prefix, uuid, (kind, id) => toWire(kind, id) === `${kind}_${spelled(id)}`))
    expect(toWire('mem', '00000000-0000-0000-0000-000000000000')).toBe(`mem_${'0'.repeat(26)}`)
    expect(toWire('mem', 'ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe(`mem_7${'z'.repeat(25)}`)
  })

  test('what comes from the wire is the id that went there', () => {
    fc.assert(fc.property(prefix, uuid, (kind, id) => fromWire(kind, toWire(kind, id)) === id))
  })

  test('only one spelling names an id: every other text of its length names nothing', () => {
    const character = fc.oneof(
      fc.constantFrom(...'0123456789abcdefghjkmnpqrstvwxyz'),
      fc.string({ minLength: 1, maxLength: 1 }),
    )
    const text = fc.array(character, { minLength: 26, maxLength: 26 }).map((all) => `usr_${all.join('')}`)
    fc.assert(
      fc.property(text, (spelling) => {
        const id = fromWire('usr', spelling)
        return id === undefined || toWire('usr', id) === spelling
      }),
    )
  })

  test.each([
    ['another prefix', (id: string) => `mem${id.slice(3)}`],
    ['no underscore', (id: string) => `usr-${id.slice(4)}`],
    ['one character less', (id: string) => id.slice(0, -1)],
    ['one character more', (id: string) => `${id}0`],
    ['more than 128 bits', (id: string) => `usr_8${id.slice(5)}`],
    ['capital letters', (id: string) => `usr_${id.slice(4, -1)}A`],
    ['a letter that is none of the digits', (id: string) => `${id.slice(0, -1)}u`],
    ['a character beyond ASCII', (id: string) => `${id.slice(0, -1)}é`],
    ['a character beyond sixteen bits of code', (id: string) => `${id.slice(0, -2)}😀`],
  ])('%s names nothing', (_, spoil) => {
    const id = toWire('usr', newId(new Date('2026-03-02T09:00:00Z')))
    expect(fromWire('usr', id)).toBeDefined()
    expect(fromWire('usr', spoil(id))).toBeUndefined()
  })
})

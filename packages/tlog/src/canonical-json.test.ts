import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectRefusal } from '../test/support/refusal.ts'
import { canonicalJson, parseCanonicalJson } from './canonical-json.ts'

const cycle: unknown[] = []
cycle.push(cycle)

describe('canonical JSON (RFC 8785)', () => {
  test.each<[unknown, string]>([
    [null, 'null'],
    [[true, false, [], {}], '[true,false,[],{}]'],
    [-0, '0'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
    [1 / 3, '0.3333333333333333'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    ['\u20ac$\u000f\nA\'B"\\"/', '"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/"'],
    ['\u2028\u2029', '"\u2028\u2029"'],
    [{ b: 1, a: 2, '10': 3, '9': 4 }, '{"10":3,"9":4,"a":2,"b":1}'],
    // Sorted by UTF-16 units, the astral emoji (d83d) stands before U+FB33.
    [{ '\ufb33': 1, '\u{1f600}': 2, '\u00f6': 3 }, '{"\u00f6":3,"\u{1f600}":2,"\ufb33":1}'],
    [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  ])('%j has one text', (value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  test('every JSON value reads back as itself, however its members were ordered', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reversed(JSON.parse(text)))).toBe(text)
        expect(canonicalJson(parseCanonicalJson(text))).toBe(text)
      }),
    )
  })

  test.each<[string, unknown]>([
    ['NaN', Number.NaN],
    ['infinity', [Number.POSITIVE_INFINITY]],
    ['undefined', undefined],
    ['an undefined member', { a: undefined }],
    ['a hole', Array(1)],
    ['a bigint', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
    ['a symbol key', { [Symbol('a')]: 1 }],
    ['a lone surrogate', 'a\ud800'],
    ['a lone surrogate as a name', { '\udc00': 1 }],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['bytes', new Uint8Array(1)],
    ['a cycle', cycle],
  ])('%s is refused', (_, value) => expectRefusal('tlog.not_canonical', () => canonicalJson(value)))

  test('the refusal says where', () => {
    expect(() => canonicalJson({ a: [1, { b: Number.NaN }] })).toThrow('$.a[1].b')
  })

  test.each([
    '',
    '{',
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    '[1, 2]',
    '1.0',
    '-0',
    '"\\u0041"',
    '"\\ud800"',
    ' 1',
    '1\n',
  ])('the text %j is refused', (text) => expectRefusal('tlog.not_canonical', () => parseCanonicalJson(text)))
})

function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(reversed)
  // defineProperty, since assigning "__proto__" would set the prototype.
  const copy = {}
  for (const [name, member] of Object.entries(value).reverse()) {
    Object.defineProperty(copy, name, {
      value: reversed(member),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return copy
}

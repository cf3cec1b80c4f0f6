import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escaped, html, isolated, trusted } from './html.ts'

describe('a value in a page', () => {
  /** What somebody would call themselves to break out of a tag, an attribute, a comment, or the direction of the line. */
  const hostile = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    '</title><svg onload=alert(1)>',
    '-->',
    ']]>',
    '&lt;script&gt;',
    '\u202Egnp.exe',
    '\u2067\u202Eright\u2069',
    '\0<b>',
    '\ud800',
    '`x`',
  ]
  const values = fc.oneof(
    fc.constantFrom(...hostile),
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom(...'<>"\'`&=/ ab\u202e\u2066;#x', '\ud800'), { maxLength: 40 })
      .map((c) => c.join('')),
  )

  test('never ends the place it stands in', () => {
    fc.assert(
      fc.property(values, (value) => {
        const page = html`<p title="${value}">${value}</p>`.toString()
        const [, attribute, text] = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/s.exec(page) ?? []
        expect(attribute).toBe(escaped(value))
        expect(text).toBe(escaped(value))
      }),
      { numRuns: 2_000 },
    )
  })

  test('is read back as what it was, less the marks that hide or turn', () => {
    fc.assert(
      fc.property(values, (value) => {
        const entities: Record<string, string> = {
          amp: '&',
          lt: '<',
          gt: '>',
          quot: '"',
          '#39': "'",
          '#96': '`',
        }
        const read = escaped(value).replace(/&(#?\w+);/g, (_, name: string) => entities[name]!)
        const marks = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g
        expect(read).toBe(value.toWellFormed().replace(marks, ''))
      }),
      { numRuns: 2_000 },
    )
  })
})

test('pieces that the template made stand as they are; nothing that only looks like one does', () => {
  const piece = html`<b>${'&'}</b>`
  expect(html`${piece}${[piece, 1, null, undefined, false, true]}`.toString()).toBe(
    '<b>&amp;</b><b>&amp;</b>1',
  )
  const forged = { toString: () => '<script>' } as unknown as string
  expect(html`${forged}`.toString()).toBe('&lt;script&gt;')
  expect(trusted('<svg/>').toString()).toBe('<svg/>')
})

test('a chosen name keeps its direction to itself', () => {
  expect(isolated('\u202Eevil').toString()).toBe('<bdi>evil</bdi>')
})

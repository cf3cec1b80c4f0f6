import { describe, expect, test } from 'vitest'
import { progressLine, showProgress } from '../src/output/progress.ts'
import { showsColour } from '../src/output/style.ts'
import { table } from '../src/output/table.ts'
import { printable, textWidth, wrap } from '../src/output/text.ts'

describe('a table', () => {
  const rows = [
    ['Trust', 'The key that you gave, whose holder alone can have signed'],
    ['Root', 'abc'],
  ]

  test('stands side by side where it fits', () => {
    expect(table(rows, { width: 80, indent: 2 })).toEqual([
      '  Trust  The key that you gave, whose holder alone can have signed',
      '  Root   abc',
    ])
  })

  test('breaks its widest column where it does not', () => {
    const lines = table(rows, { width: 34 })
    expect(lines).toEqual([
      'Trust  The key that you gave,',
      '       whose holder alone can have',
      '       signed',
      'Root   abc',
    ])
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(34)
  })

  test('becomes one record below the other where columns would be unreadable', () => {
    const lines = table([['lead-importer', 'super_admin', 'never']], {
      width: 24,
      head: ['name', 'role', 'expires'],
    })
    expect(lines).toEqual(['name: lead-importer', '  role: super_admin', '  expires: never'])
  })
})

describe('text', () => {
  test.each([
    ['abc', 3],
    ['\u001b[31mabc\u001b[39m', 3],
    ['מדיניות', 7],
    ['漢字', 4],
    ['👩‍👩‍👧', 2],
    ['e\u0301', 1],
  ])('%j is %i columns wide', (text, width) => expect(textWidth(text)).toBe(width))

  test('is broken at spaces, and inside a word only when the word is wider than the line', () => {
    expect(wrap('one two abcdefghijkl', 8)).toEqual(['one two', 'abcdefgh', 'ijkl'])
  })

  // The attack: a policy or an export from somebody else that writes over what the terminal said before.
  test('of a stranger cannot move the cursor, colour what follows or turn its direction', () => {
    expect(printable('a\u001b[2Jb\rc\u202ed')).toBe('a\\u001b[2Jb\\u000dc\\u202ed')
    expect(printable('שלום, olá 👋')).toBe('שלום, olá 👋')
  })
})

describe('progress', () => {
  test('is a bar where the end is known, and a count where it is not', () => {
    expect(progressLine('Verifying', 'bytes', 512, 1024, '⠋')).toBe(
      'Verifying  ████████████░░░░░░░░░░░░  50 %  512 of 1,024 bytes',
    )
    expect(progressLine('Exporting', 'events', 1200, undefined, '⠋')).toBe('⠋ Exporting  1,200 events')
  })

  test('writes nothing where there is no terminal', () => {
    const written: string[] = []
    const progress = showProgress({ write: (text) => written.push(text) }, 'Verifying', 'bytes')
    progress.update(1, 2)
    progress.stop()
    expect(written).toEqual([])
  })
})

describe('colour', () => {
  const terminal = { write() {}, isTTY: true }
  const pipe = { write() {} }

  test.each([
    [terminal, {}, true],
    [pipe, {}, false],
    [terminal, { NO_COLOR: '1' }, false],
    [terminal, { NO_COLOR: '' }, true],
    [terminal, { TERM: 'dumb' }, false],
    [pipe, { FORCE_COLOR: '1' }, true],
    [pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [terminal, { FORCE_COLOR: '0' }, false],
  ])('on %o with %o is %s', (sink, env, shown) => expect(showsColour(sink, env)).toBe(shown))
})

/** How wide text is on a terminal, and text broken to a width. @module */
import { stripVTControlCharacters } from 'node:util'

const graphemes = new Intl.Segmenter()
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6])/u
const plain = /^[\x20-\x7e]*$/

/** Columns that the text takes: colours take none, East Asian characters and emoji two. */
export function textWidth(text: string): number {
  const bare = stripVTControlCharacters(text)
  if (plain.test(bare)) return bare.length
  let width = 0
  for (const { segment } of graphemes.segment(bare)) width += wide.test(segment) ? 2 : 1
  return width
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)))
}

/** Breaks at spaces; a word wider than a line is cut. Lines that the text has are kept. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(width, 8)
  return text.split('\n').flatMap((line) => wrapLine(line, room))
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ').flatMap((part) => cut(part, width))) {
    const longer = current === '' ? word : `${current} ${word}`
    if (current !== '' && textWidth(longer) > width) {
      lines.push(current)
      current = word
    } else current = longer
  }
  return [...lines, current]
}

/** A word in pieces that fit. One with colours is left whole: a cut could fall inside a code. */
function cut(word: string, width: number): string[] {
  if (textWidth(word) <= width || word.includes('\u001b')) return [word]
  const pieces: string[] = []
  let piece = ''
  for (const { segment } of graphemes.segment(word)) {
    if (textWidth(piece + segment) > width) {
      pieces.push(piece)
      piece = ''
    }
    piece += segment
  }
  return [...pieces, piece]
}

const ABSENT = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/**
 * Text of a stranger (a file, a server) made fit for a terminal: control characters, which could move the cursor or
 * colour what follows, and overrides of direction are shown as codes.
 */
export function printable(text: string): string {
  return text.replace(ABSENT, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** Problems of a file, shown in the file. @module */
import type { Problem } from '@writ/policy'
import { placeOf } from '../policy-files.ts'
import type { Style } from './style.ts'
import { printable, textWidth, wrap } from './text.ts'

/** Place, message, hint, and the line with a caret under the column. */
export function problemLines(problem: Problem, source: string, style: Style, width: number): string[] {
  const { path, message, hint } = problem
  return [
    `${style.bold(placeOf(problem))}${path === '' ? '' : `  ${style.dim(printable(path))}`}`,
    ...wrap(printable(message), width - 2).map((line) => `  ${style.red(line)}`),
    ...(hint ? wrap(printable(hint), width - 2).map((line) => `  ${line}`) : []),
    '',
    ...excerpt(problem, source, style, width),
  ]
}

/** The line with the one before it. A line too long for the terminal is shown around the column. */
function excerpt({ line, column }: Problem, source: string, style: Style, width: number): string[] {
  const all = source.split(/\r?\n/)
  const text = all[line - 1]
  if (text === undefined) return []
  const gutter = String(line).length
  const room = Math.max(20, width - gutter - 7)
  const start = Math.max(0, Math.min(column - 1 - Math.floor(room / 2), text.length - room))
  const visible = (of: string) => {
    const shown = printable(of.slice(start, start + room))
    // An ellipsis takes the place of a character, so that the caret still stands under its column.
    return (start > 0 ? `…${shown.slice(1)}` : shown) + (of.length > start + room ? '…' : '')
  }
  const show = (number: number, of: string) =>
    `  ${style.dim(`${String(number).padStart(gutter)} │`)} ${visible(of)}`
  const before = all[line - 2]
  const caret = ' '.repeat(textWidth(printable(text.slice(start, column - 1))))
  return [
    ...(before?.trim() ? [show(line - 1, before)] : []),
    show(line, text),
    `  ${style.dim(`${' '.repeat(gutter)} │`)} ${caret}${style.red('^')}`,
  ]
}

/** Tables that fit: columns side by side, the widest wrapped; too narrow for that, one record below the other. @module */
import { padEnd, textWidth, wrap } from './text.ts'

const GAP = 2
/** A wrapped column narrower than this is not read any more. */
const NARROWEST = 18

export interface TableOptions {
  readonly width: number
  readonly indent?: number
  /** Shown above the columns, and before each value in records. */
  readonly head?: readonly string[]
  readonly styleHead?: (text: string) => string
}

/** Lines of a table. All rows have as many cells as the first. */
export function table(rows: readonly (readonly string[])[], options: TableOptions): string[] {
  const { width, indent = 0, head, styleHead = (text: string) => text } = options
  const all = head ? [head, ...rows] : rows
  const count = all[0]?.length ?? 0
  const widths = Array.from({ length: count }, (_, i) =>
    Math.max(...all.map((row) => textWidth(row[i] ?? ''))),
  )
  const room = width - indent - GAP * (count - 1)
  const fitted = fit(widths, room)
  const lines = fitted
    ? all.flatMap((row, i) => rowLines(row, fitted, head && i === 0 ? styleHead : (text) => text))
    : rows.flatMap((row, i) => [...(i > 0 ? [''] : []), ...record(row, head, width - indent, styleHead)])
  return lines.map((line) => (line === '' ? '' : ' '.repeat(indent) + line).trimEnd())
}

/** The widths with the widest made narrower until they fit; undefined when they cannot. */
function fit(widths: readonly number[], room: number): number[] | undefined {
  const total = widths.reduce((sum, width) => sum + width, 0)
  if (total <= room) return [...widths]
  const widest = widths.indexOf(Math.max(...widths))
  const left = room - (total - widths[widest]!)
  return left < NARROWEST ? undefined : widths.with(widest, left)
}

function rowLines(
  row: readonly string[],
  widths: readonly number[],
  style: (text: string) => string,
): string[] {
  const cells = row.map((cell, i) => (textWidth(cell) > widths[i]! ? wrap(cell, widths[i]!) : [cell]))
  const height = Math.max(...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) =>
    cells.map((lines, i) => style(padEnd(lines[line] ?? '', widths[i]!))).join(' '.repeat(GAP)),
  )
}

function record(
  row: readonly string[],
  head: readonly string[] | undefined,
  width: number,
  style: (text: string) => string,
): string[] {
  return row.flatMap((cell, i) => {
    const label = head?.[i] ? `${head[i]}: ` : ''
    const [first = '', ...rest] = wrap(label + cell, width - 2)
    return [(i === 0 ? '' : '  ') + first.replace(label, style(label)), ...rest.map((line) => `    ${line}`)]
  })
}

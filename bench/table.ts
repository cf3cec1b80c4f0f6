/** How results are written: a table for people, JSON for programs. @module */
import type { Goal, Row, Spread, Unit } from './measure.ts'

/** The rows of one bench, aligned. */
export function renderTable(rows: readonly Row[]): string {
  const head = ['what', 'ours', 'yardstick', 'ratio', 'goal']
  const body = rows.map((row) => [
    row.what,
    withUnit(row.ours, row.unit),
    row.yardstick ? `${withUnit(row.yardstick.spread, row.yardstick.unit)}  ${row.yardstick.name}` : '',
    row.ratio ? `${withUnit(row.ratio, '×')}` : '',
    row.goal ? verdict(row.goal) : '',
  ])
  const widths = head.map((title, column) =>
    Math.max(title.length, ...body.map((cells) => cells[column]!.length)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('   ')
      .trimEnd()
  const lines = [line(head), line(widths.map((width) => '-'.repeat(width)))]
  for (const [i, cells] of body.entries()) {
    lines.push(line(cells))
    const note = rows[i]!.note
    if (note !== undefined) lines.push(`  ${note}`)
  }
  return lines.join('\n')
}

function verdict({ text, holds, isFirm }: Goal): string {
  return `${text}: ${holds ? 'holds' : 'MISSED'}${isFirm ? '' : ', not in every turn'}`
}

function withUnit({ median, min, max }: Spread, unit: Unit | '×'): string {
  const suffix = unit === '/s' ? '/s' : ` ${unit}`
  if (min === max) return `${number(median)}${suffix}`
  return `${number(median)}${suffix} [${number(min)}–${number(max)}]`
}

/** Three significant digits; whole numbers from 100 on. */
export function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return Number(value.toPrecision(value < 1 ? 2 : 3)).toString()
}

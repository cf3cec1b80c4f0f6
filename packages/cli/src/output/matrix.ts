/** Tables of permissions and roles as the documents have them, with what was not as expected marked. @module */
import type { PolicyTestResult } from '@writ/policy'
import type { Style } from './style.ts'
import { table } from './table.ts'
import { padEnd, printable, textWidth, wrap } from './text.ts'

export interface Matrix {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly { readonly permission: string; readonly cells: readonly PolicyTestResult[] }[]
}

const signs: Readonly<Record<string, string>> = { yes: '✓', no: '·', conditional: '?' }
const GAP = 2

/** The matrices among the results, in order. A cell's title is `<matrix>: <column>, <permission>`. */
export function matricesOf(results: readonly PolicyTestResult[]): Matrix[] {
  const matrices = new Map<string, Map<string, PolicyTestResult[]>>()
  for (const result of results) {
    const { title, column } = result
    if (column === undefined) continue
    const split = title.lastIndexOf(`: ${column}, `)
    const name = title.slice(0, split)
    const permission = title.slice(split + column.length + 4)
    const rows = matrices.get(name) ?? new Map<string, PolicyTestResult[]>()
    matrices.set(name, rows.set(permission, [...(rows.get(permission) ?? []), result]))
  }
  return [...matrices].map(([title, rows]) => ({
    title,
    columns: [...rows.values()][0]!.map((cell) => cell.column!),
    rows: [...rows].map(([permission, cells]) => ({ permission, cells })),
  }))
}

/** Roles side by side; where the names do not fit, numbers stand for them and a list says which. */
export function matrixLines({ title, columns, rows }: Matrix, style: Style, width: number): string[] {
  const label = Math.max(...rows.map((row) => textWidth(row.permission)))
  const total = columns.reduce((sum, column) => sum + Math.max(textWidth(column), WIDEST_CELL) + GAP, label)
  const numbered = total > width
  const heads = numbered ? columns.map((_, i) => String(i + 1)) : columns
  const legend = numbered ? columns.map((column, i) => `${i + 1} ${column}`) : []
  return [
    ...wrap(style.bold(printable(title)), width),
    ...wrap(legend.join('   '), width)
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .map((line) => style.dim(line)),
    ...table(
      rows.map((row) => [
        row.permission,
        ...row.cells.map((cell, i) => centred(sign(cell, style), textWidth(heads[i]!))),
      ]),
      { width: Math.max(width, label + GAP), head: ['', ...heads], styleHead: style.dim },
    ),
    ...(rows.some((row) => row.cells.some((cell) => cell.got === 'conditional'))
      ? [style.dim('? under a condition')]
      : []),
  ]
}

/** `✓≠·`: what is, and what should be. */
const WIDEST_CELL = 3

function sign({ ok, got, expected }: PolicyTestResult, style: Style): string {
  const is = signs[got] ?? got
  if (ok) return got === 'yes' ? style.green(is) : got === 'no' ? style.dim(is) : style.yellow(is)
  return style.red(`${is}≠${signs[expected] ?? expected}`)
}

function centred(text: string, width: number): string {
  const left = Math.max(0, Math.floor((width - textWidth(text)) / 2))
  return padEnd(' '.repeat(left) + text, width)
}

/** One test that is not as expected, with the line it is written in. */
export function failureLines(
  { title, expected, got, line }: PolicyTestResult,
  file: string,
  style: Style,
  width: number,
): string[] {
  return [
    `${style.bold(`${file}:${line}`)}`,
    ...wrap(printable(title), width - 2).map((text) => `  ${text}`),
    `  expected ${style.green(expected)}, got ${style.red(got)}`,
    '',
  ]
}

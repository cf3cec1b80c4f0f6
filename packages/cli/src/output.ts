/**
 * What a command says, and where: results on stdout, everything about the run on stderr. With `--json` stdout is one
 * JSON value and nothing else, and stderr stays empty.
 *
 * @module
 */
import type { Io } from './io.ts'
import { noProgress, type Progress, showProgress } from './output/progress.ts'
import { type Style, showsColour, styleFor } from './output/style.ts'
import { type TableOptions, table } from './output/table.ts'
import { wrap } from './output/text.ts'

export { plural, printable } from './output/text.ts'

export class Output {
  readonly json: boolean
  /** Columns to write in. */
  readonly width: number
  /** Colours of stdout. */
  readonly style: Style
  /** Colours of stderr. */
  readonly noteStyle: Style
  readonly #io: Io

  constructor(io: Io, options: { readonly json: boolean; readonly colour?: boolean | undefined }) {
    this.#io = io
    this.json = options.json
    const allowed = options.colour !== false
    this.style = styleFor(allowed && showsColour(io.stdout, io.env))
    this.noteStyle = styleFor(allowed && showsColour(io.stderr, io.env))
    // Without a terminal nothing is broken: a line that a program reads stays one.
    this.width = io.stdout.columns ?? (Number(io.env['COLUMNS']) || Number.POSITIVE_INFINITY)
  }

  /** A line of the result, for people. */
  line(text = ''): void {
    if (!this.json) this.#io.stdout.write(`${text}\n`)
  }

  lines(lines: readonly string[]): void {
    for (const line of lines) this.line(line)
  }

  /** A sentence of the result, broken to the width. */
  paragraph(text: string, indent = 0): void {
    this.lines(wrap(text, this.width - indent).map((line) => ' '.repeat(indent) + line))
  }

  table(rows: readonly (readonly string[])[], options: Partial<TableOptions> = {}): void {
    if (rows.length > 0) this.lines(table(rows, { width: this.width, styleHead: this.style.dim, ...options }))
  }

  /** The result for machines; once a run. */
  result(value: unknown): void {
    if (this.json) this.#io.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
  }

  /** A document as it is (a rendered policy, a schema): the same with and without `--json`. */
  raw(text: string): void {
    this.#io.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** Something about the run, on stderr. */
  note(text: string): void {
    if (!this.json) this.#io.stderr.write(`${text}\n`)
  }

  /** Something the reader should not miss, on stderr. */
  warn(text: string): void {
    this.note(`${this.noteStyle.yellow('!')} ${text}`)
  }

  /** Shows how far something is, on a terminal. */
  progress(label: string, unit = ''): Progress {
    return this.json ? noProgress : showProgress(this.#io.stderr, label, unit)
  }
}

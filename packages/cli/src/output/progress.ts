/** A line on the terminal that says how far something is; gone when it is done. @module */
import type { Sink } from '../io.ts'
import { formatCount } from './text.ts'

/** What takes less than this shows nothing: a line that flashes up only disturbs. */
const QUIET_MS = 300
const BETWEEN_MS = 80
const BAR = 24
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

export interface Progress {
  /** Without a total only the count is shown. */
  update(done: number, total?: number): void
  /** Takes the line away. Safe to call twice. */
  stop(): void
}

export const noProgress: Progress = { update() {}, stop() {} }

/** Shows progress on a terminal, and nothing elsewhere. */
export function showProgress(sink: Sink, label: string, unit: string): Progress {
  if (!sink.isTTY) return noProgress
  let done = 0
  let total: number | undefined
  let frame = 0
  let shown = false
  const draw = () => {
    shown = true
    sink.write(
      `\r\u001b[2K${fitted(progressLine(label, unit, done, total, spinner[frame++ % spinner.length]!), sink.columns ?? 80)}`,
    )
  }
  let timer: NodeJS.Timeout | undefined = setTimeout(() => {
    draw()
    timer = setInterval(draw, BETWEEN_MS)
  }, QUIET_MS)
  return {
    update(now, of) {
      done = now
      total = of
    },
    stop() {
      clearTimeout(timer)
      timer = undefined
      if (shown) sink.write('\r\u001b[2K')
      shown = false
    },
  }
}

/** One line: a bar where the end is known, else what was done so far. */
export function progressLine(
  label: string,
  unit: string,
  done: number,
  total: number | undefined,
  sign: string,
): string {
  if (total === undefined || total === 0)
    return `${sign} ${label}${done > 0 ? `  ${formatCount(done)} ${unit}` : ''}`
  const share = Math.min(1, done / total)
  const filled = Math.floor(share * BAR)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR - filled)
  return `${label}  ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${formatCount(done)} of ${formatCount(total)} ${unit}`
}

function fitted(line: string, columns: number): string {
  return line.length < columns ? line : line.slice(0, columns - 1)
}

/**
 * Runs transcripts: what somebody types and what they see, as one readable file.
 *
 * ```
 * # a comment
 * $ writ policy check bad.policy.yaml
 * bad.policy.yaml:3:1  …            stdout, then stderr
 * [exit 1]
 * ```
 *
 * - `-- name` begins a file of the directory the commands run in; it goes on to the next `-- `, `$ ` or end.
 * - `…` at the end of a line stands for any rest, a line `…` for any lines. `[exit 0]` is left out.
 * - `$ [width=40 NO_COLOR=1] writ …` sets the width of the terminal and variables; `{{name}}` is replaced.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Asker } from '../src/io.ts'
import { run } from '../src/main.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly width?: number
  readonly stdin?: string
  readonly ask?: Asker
  readonly now?: Date
}

/** Runs a command line in this process. With a width both streams are a terminal. */
export async function runWrit(args: readonly string[], options: RunOptions): Promise<Ran> {
  const { cwd, env = {}, width, stdin = '', ask, now = new Date('2026-03-02T09:00:00Z') } = options
  const [stdout, stderr] = [new Text(width), new Text(width)]
  const code = await run(args, {
    stdin: chunks(stdin),
    stdout,
    stderr,
    env: { NO_COLOR: '1', ...env },
    cwd,
    ask,
    now: () => now,
  })
  return { code, stdout: stdout.text, stderr: stderr.text }
}

class Text {
  text = ''
  readonly isTTY: boolean
  readonly columns?: number
  constructor(width: number | undefined) {
    this.isTTY = width !== undefined
    if (width !== undefined) this.columns = width
  }
  write(text: string): void {
    this.text += text
  }
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  if (text !== '') yield new TextEncoder().encode(text)
}

interface Step {
  readonly line: number
  readonly command: string
  readonly expected: string[]
}

/** Plays a transcript; the first step that differs fails with its line. */
export async function playTranscript(
  file: string,
  names: Readonly<Record<string, string>> = {},
): Promise<void> {
  const cwd = mkdtempSync(join(tmpdir(), 'writ-transcript-'))
  try {
    for (const step of read(file, cwd, names)) {
      const { code, stdout, stderr } = await play(step.command, cwd)
      const seen = `${stdout}${stderr}${code === 0 ? '' : `[exit ${code}]\n`}`
      const matches = pattern(step.expected).test(seen.trimEnd())
      if (!matches)
        expect(seen.trimEnd(), `${file}:${step.line} $ ${step.command}`).toBe(
          step.expected.join('\n').trimEnd(),
        )
    }
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

/** Writes the files of the transcript, returns its commands. */
function read(file: string, cwd: string, names: Readonly<Record<string, string>>): Step[] {
  const text = readFileSync(file, 'utf8').replace(
    /\{\{(\w+)\}\}/g,
    (_, name: string) => names[name] ?? `{{${name}}}`,
  )
  const steps: Step[] = []
  const files = new Map<string, string[]>()
  let into: string[] | undefined
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('-- ')) {
      into = []
      files.set(line.slice(3), into)
    } else if (line.startsWith('$ ')) {
      into = []
      steps.push({ line: index + 1, command: line.slice(2), expected: into })
    } else if (into) into.push(line)
    else if (line !== '' && !line.startsWith('#'))
      throw new Error(`${file}:${index + 1}: expected a comment, a file or a command`)
  }
  for (const [name, lines] of files) writeFileSync(join(cwd, name), `${lines.join('\n').trimEnd()}\n`)
  return steps.map((step) => ({ ...step, expected: withoutComments(step.expected) }))
}

/** A comment after a blank line belongs to the next step. */
function withoutComments(lines: readonly string[]): string[] {
  const end = lines.findIndex((line, i) => line.startsWith('# ') && (lines[i - 1] ?? '') === '')
  return end < 0 ? [...lines] : lines.slice(0, end)
}

function play(command: string, cwd: string): Promise<Ran> {
  const [, settings = '', rest = ''] = /^(?:\[([^\]]*)\] )?writ ?(.*)$/.exec(command) ?? []
  const { width, ...env } = Object.fromEntries(
    settings
      .split(' ')
      .filter(Boolean)
      .map((pair) => pair.split('=') as [string, string]),
  )
  const [, line = '', input] = /^(.*?)(?: < (\S+))?$/.exec(rest) ?? []
  const stdin = input === undefined ? '' : readFileSync(join(cwd, input), 'utf8')
  return runWrit(words(line), { cwd, env, stdin, ...(width !== undefined && { width: Number(width) }) })
}

/** Splits as a shell does, as far as transcripts need it: quotes of both kinds. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare!,
  )
}

function pattern(expected: readonly string[]): RegExp {
  const lines = expected.join('\n').trimEnd().split('\n')
  const source = lines.map((line) =>
    line === '…' ? '(?:.*\\n)*?.*' : line.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/…$/, '.*'),
  )
  return new RegExp(`^${source.join('\\n')}$`)
}

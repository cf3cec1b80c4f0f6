/**
 * The world of one run: streams, environment, directory, clock, and somebody to ask. `bin/writ.js` gives the
 * process's own; a test gives another.
 *
 * @module
 */
export interface Sink {
  write(text: string): void
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface Choice<T> {
  readonly value: T
  readonly label: string
}

/** Questions at a terminal. Each answers undefined when it was interrupted. */
export interface Asker {
  confirm(message: string): Promise<boolean | undefined>
  select<T>(message: string, choices: readonly Choice<T>[]): Promise<T | undefined>
}

export interface Io {
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: Sink
  readonly stderr: Sink
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Undefined where nobody can answer. */
  readonly ask: Asker | undefined
  now(): Date
}

/** The process's own. */
export function processIo(): Io {
  const { stdin, stdout, stderr, env } = process
  return {
    stdin,
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    ask: stdin.isTTY && stderr.isTTY ? terminalAsker() : undefined,
    now: () => new Date(),
  }
}

/** Questions go to stderr, so that stdout stays the result. */
function terminalAsker(): Asker {
  const output = process.stderr
  return {
    async confirm(message) {
      const { confirm, isCancel } = await import('@clack/prompts')
      const answer = await confirm({ message, output, initialValue: false })
      return isCancel(answer) ? undefined : answer
    },
    async select(message, choices) {
      const { isCancel, select } = await import('@clack/prompts')
      const options = choices.map(({ label }, value) => ({ value, label }))
      const answer = await select<number>({ message, output, options })
      return isCancel(answer) ? undefined : choices[answer]?.value
    },
  }
}

/**
 * What a command is made of; `main.ts` turns the definitions into a program.
 *
 * @module
 */
import { Command, Option } from 'commander'
import type { ExitCode } from './exit-codes.ts'
import type { Io } from './io.ts'
import { Output } from './output.ts'

export interface Invocation {
  readonly io: Io
  readonly output: Output
}

export interface CommandDefinition<Options extends object = object> {
  readonly name: string
  /** One line, in the list of commands. */
  readonly summary: string
  /** Below the usage, in the command's own help: what it guarantees. */
  readonly description: string
  readonly examples: readonly string[]
  /** Adds arguments and options. */
  configure?(command: Command): void
  run(invocation: Invocation, args: readonly string[], options: Options): Promise<ExitCode>
}

export interface CommandGroup {
  readonly name: string
  readonly summary: string
  // biome-ignore lint/suspicious/noExplicitAny: each command knows its own options, a list of commands none of them
  readonly commands: readonly CommandDefinition<any>[]
}

interface SharedOptions {
  readonly json?: boolean
  readonly color?: boolean
}

/** Builds the commander command; `finished` is told how it ended. */
export function buildCommand<Options extends object>(
  definition: CommandDefinition<Options>,
  io: Io,
  finished: (code: ExitCode) => void,
): Command {
  const command = new Command(definition.name).summary(definition.summary).description(definition.description)
  definition.configure?.(command)
  command
    .addOption(new Option('--json', 'machine-readable output on stdout, and nothing else'))
    .addOption(new Option('--no-color', 'no colours (also NO_COLOR)'))
    .addHelpText('after', `\nExamples:\n${definition.examples.map((example) => `  $ ${example}`).join('\n')}`)
    .action(async () => {
      const options = command.opts<Options & SharedOptions>()
      const output = new Output(io, { json: options.json === true, colour: options.color })
      finished(await definition.run({ io, output }, command.args, options))
    })
  return command
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

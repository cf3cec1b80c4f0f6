/**
 * The command line: definitions in, one exit code out.
 *
 * Invariants
 * - One command a file under commands/; this file only joins them.
 * - Whatever is thrown becomes a sentence and an exit code (exit-codes.ts); a stack trace only under WRIT_LOG=debug.
 * - With --json stdout holds exactly one JSON value, also for a failure.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { buildCommand, type CommandGroup } from './command.ts'
import { adminCommands } from './commands/admin/index.ts'
import { auditCommands } from './commands/audit/index.ts'
import { addHelp } from './commands/help/show-help.ts'
import { policyCommands } from './commands/policy/index.ts'
import { startServer } from './commands/server/start-server.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { type Failure, toFailure, usageFailure } from './failure.ts'
import { type Io, processIo } from './io.ts'
import { showsColour, styleFor } from './output/style.ts'
import { Output } from './output.ts'

const groups: readonly CommandGroup[] = [policyCommands, auditCommands, adminCommands]

/** Runs one command line (without the program's own name). Never throws; the answer is the exit code. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done
  const program = buildProgram(io, (ended) => {
    code = ended
  })
  try {
    if (args.length === 0) program.outputHelp()
    else await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done
    const failure = error instanceof CommanderError ? usageOf(error) : toFailure(error)
    report(failure, args, io)
    return failure.exitCode
  }
}

/** What bin/writ.js calls. A reader that went away (`| head`) ends the run silently, never with success. */
export async function main(): Promise<void> {
  let hasLeft = false
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      // A server stops as it does on a signal: its database would outlive the process.
      if (process.listenerCount('SIGTERM') === 0) process.exit(process.exitCode ?? BROKEN_PIPE)
      if (!hasLeft) process.kill(process.pid, 'SIGTERM')
      hasLeft = true
    })
  }
  process.exitCode = await run(process.argv.slice(2), processIo())
}

/** What a shell reports of a program that SIGPIPE ended. */
const BROKEN_PIPE = 141

function buildProgram(io: Io, finished: (code: ExitCode) => void): Command {
  const program = new Command('writ')
    .description('Runs your access control policy as written.')
    .version(ownVersion(), '-V, --version', 'the version')
    .showSuggestionAfterError()
    .helpCommand(false)
  program.addCommand(buildCommand(startServer, io, finished))
  for (const group of groups) {
    const parent = program.command(group.name).summary(group.summary).description(group.summary)
    for (const definition of group.commands) parent.addCommand(buildCommand(definition, io, finished))
  }
  addHelp(program, io)
  for (const command of withDescendants(program)) settle(command, io)
  return program
}

/** Streams, colours and manners of every command, at whatever depth. */
function settle(command: Command, io: Io): void {
  const style = styleFor(showsColour(io.stdout, io.env) && !io.env['NO_COLOR'])
  command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Errors are reported once, by `run`; what commander would write itself is in the error it throws.
      writeErr: () => {},
      outputError: () => {},
      getOutHelpWidth: () => io.stdout.columns ?? 80,
      getErrHelpWidth: () => io.stdout.columns ?? 80,
      getOutHasColors: () => true,
      getErrHasColors: () => true,
    })
    .configureHelp({
      styleTitle: (title) => style.bold(title),
      styleCommandText: (text) => style.cyan(text),
      styleSubcommandTerm: (text) => style.cyan(text),
      styleOptionTerm: (text) => style.cyan(text),
      subcommandTerm: (sub) => sub.name(),
      visibleCommands: (parent) => [...parent.commands],
    })
}

function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)]
}

function usageOf(error: CommanderError): Failure {
  if (error.code === 'commander.help') return usageFailure('A command is missing.', 'writ --help lists them.')
  const [first = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1)}${/[.?!]$/.test(first) ? '' : '.'}`
  return usageFailure(sentence, suggestion?.replace(/^\(|\)$/g, ''))
}

function report(failure: Failure, args: readonly string[], io: Io): void {
  const json = args.includes('--json')
  const output = new Output(io, { json, colour: args.includes('--no-color') ? false : undefined })
  const { code, message, hint, details, facts } = failure
  output.result({
    error: { ...facts, code, message, ...(details.length > 0 && { details }), ...(hint && { hint }) },
  })
  output.note(`${output.noteStyle.red('✗')} ${message}`)
  for (const detail of details) output.note(`  ${detail}`)
  if (hint) output.note(`  ${hint}`)
  if (failure.code === 'usage') output.note(`  ${output.noteStyle.dim(`Usage: ${usageLine(args, io)}`)}`)
  if (['debug', 'trace'].includes(io.env['WRIT_LOG'] ?? '')) output.note(traceOf(failure))
}

/** The usage of the command that was meant, as far as it can be told. */
function usageLine(args: readonly string[], io: Io): string {
  let command = buildProgram(io, () => {})
  let path = command.name()
  for (const arg of args) {
    const next = command.commands.find((candidate) => candidate.name() === arg)
    if (!next) break
    command = next
    path += ` ${arg}`
  }
  return `${path} ${command.usage()}`
}

function traceOf(failure: Failure): string {
  const stacks: string[] = []
  for (let error: unknown = failure; error instanceof Error; error = error.cause)
    stacks.push(error.stack ?? error.message)
  return stacks.join('\ncaused by: ')
}

function ownVersion(): string {
  return (
    JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  ).version
}

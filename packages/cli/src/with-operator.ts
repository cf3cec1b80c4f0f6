/** The operator's commands: beside a running server or without one, on the database owner's connection. @module */
import { userInfo } from 'node:os'
import type { Operator } from '@writ/server/operator'
import { type Command, Option } from 'commander'
import type { Invocation } from './command.ts'
import { interrupted, usageFailure } from './failure.ts'
import { serverEnvironment } from './server-config.ts'
import { loadOperator } from './server-package.ts'

export interface OperatorOptions {
  readonly data?: string
}

export function withDatabaseOption(command: Command): Command {
  return command.addOption(
    new Option('--data <directory>', "the server's data directory (WRIT_DATA); default .writ"),
  )
}

/**
 * Opens the database as its owner, does the work, closes what was opened. What is done is recorded with the actor
 * `operator:<user of this machine>`.
 */
export async function withOperator<T>(
  invocation: Invocation,
  options: OperatorOptions,
  what: string,
  work: (operator: Operator) => Promise<T>,
): Promise<T> {
  const { io, output } = invocation
  const { openOperator, readConfig } = await loadOperator(what)
  const config = readConfig(
    serverEnvironment(io, { ...(options.data !== undefined && { data: options.data }) }),
  )
  const progress = output.progress('Opening the database')
  const operator = await openOperator(config, { name: operatorName() }).finally(() => progress.stop())
  try {
    return await work(operator)
  } finally {
    await operator.close()
  }
}

/** Who sits at this machine, as the operating system says; sudo keeps who was before. */
export function operatorName(): string {
  const sudoer = process.env['SUDO_USER']
  if (sudoer) return sudoer
  try {
    return userInfo().username
  } catch {
    // A container may run as a number that no account has.
    return `uid-${process.getuid?.() ?? 'unknown'}`
  }
}

/**
 * Asks before something that others notice. `--yes` answers; without a terminal it has to.
 *
 * @throws Failure when nobody can answer, or the answer was no
 */
export async function confirmed(
  { io, output }: Invocation,
  question: string,
  yes: boolean | undefined,
): Promise<boolean> {
  if (yes) return true
  if (!io.ask || output.json)
    throw usageFailure('Nobody can be asked here.', 'Pass --yes to do it without being asked.')
  const answer = await io.ask.confirm(question)
  if (answer === undefined) throw interrupted()
  return answer
}

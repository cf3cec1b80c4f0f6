/** Policies as files: read, or refused with every problem at its place. @module */
import type { Policy, Problem } from '@writ/policy'
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'
import { readText } from './files.ts'
import type { Io } from './io.ts'
import { plural, printable } from './output.ts'

export interface PolicyFile {
  readonly path: string
  readonly source: string
  readonly policy: Policy
}

/**
 * A policy that holds, for commands that need one.
 *
 * @throws Failure also when the policy is wrong: the problems are its details
 */
export async function readPolicy(io: Io, path: string): Promise<PolicyFile> {
  const { parsePolicy } = await import('@writ/policy')
  const source = await readText(io, path)
  const parsed = parsePolicy(source, { file: nameOf(path) })
  if (parsed.ok) return { path, source, policy: parsed.policy }
  throw wrongPolicy(path, parsed.problems)
}

/** @param path for the sentence; `problems` carry their own */
export function wrongPolicy(path: string, problems: readonly Problem[]): Failure {
  return new Failure(
    exitCodes.usage,
    'policy_invalid',
    `${nameOf(path)} has ${plural(problems.length, 'problem')}; it cannot be used as it is.`,
    {
      details: problems.map((problem) => `${placeOf(problem)} ${printable(problem.message)}`),
      hint: `writ policy check ${path} shows them in the file.`,
      facts: { problems },
    },
  )
}

export function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path
}

/** `file:line:column`, as editors and terminals make links of. */
export function placeOf({ file, line, column }: Problem): string {
  return `${file ?? 'policy'}:${line}:${column}`
}

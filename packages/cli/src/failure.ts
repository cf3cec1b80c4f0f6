/**
 * Why a command did not do what it was asked to: in words for people, with a stable code for machines, and never
 * with a stack trace (except under WRIT_LOG=debug).
 *
 * @module
 */
import { type ExitCode, exitCodes } from './exit-codes.ts'

export interface FailureOptions {
  /** What would be right, or what to do next. */
  readonly hint?: string | undefined
  /** One thing each, where several are wrong. */
  readonly details?: readonly string[]
  /** Beside code and message under `--json`. */
  readonly facts?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exitCode: ExitCode
  readonly code: string
  readonly hint: string | undefined
  readonly details: readonly string[]
  readonly facts: Readonly<Record<string, unknown>>

  constructor(exitCode: ExitCode, code: string, message: string, options: FailureOptions = {}) {
    super(message, { cause: options.cause })
    this.exitCode = exitCode
    this.code = code
    this.hint = options.hint
    this.details = options.details ?? []
    this.facts = options.facts ?? {}
  }
}

export function usageFailure(message: string, hint?: string): Failure {
  return new Failure(exitCodes.usage, 'usage', message, { hint })
}

/** Nothing was done because somebody at the terminal said so. */
export function interrupted(): Failure {
  return new Failure(exitCodes.interrupted, 'interrupted', 'Interrupted; nothing was changed.')
}

interface Thrown {
  readonly name?: unknown
  readonly message?: unknown
  readonly code?: unknown
  readonly problems?: unknown
  readonly particulars?: {
    readonly errors?: readonly { path: string; message: string }[]
    readonly [fact: string]: unknown
  }
}

/**
 * What was thrown, as a failure. The server's errors are known by their names: the packed command line does not
 * carry the server, so their classes are not here to compare with.
 */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error
  const thrown = (typeof error === 'object' && error !== null ? error : { message: String(error) }) as Thrown
  const message = String(thrown.message)
  const code = typeof thrown.code === 'string' ? thrown.code : undefined
  switch (thrown.name) {
    case 'ConfigError':
      return new Failure(
        exitCodes.unavailable,
        'configuration',
        'The configuration is not complete or not right:',
        {
          details: (thrown.problems as string[]) ?? [message],
          cause: error,
        },
      )
    case 'AuditLogRewritten':
      return new Failure(exitCodes.unavailable, 'audit_log_rewritten', message, { cause: error })
    case 'DatabaseError':
      return new Failure(exitCodes.unavailable, code ?? 'database', message, { cause: error })
    case 'AppError':
      return refusal(thrown, error)
    case 'PolicyRefused':
      return new Failure(
        exitCodes.refused,
        'policy_refused',
        'The policy was not applied; nothing was changed:',
        {
          details: (thrown.problems as string[]) ?? [message],
          cause: error,
        },
      )
    case 'TlogError':
      return new Failure(exitCodes.usage, code ?? 'tlog', message, { cause: error })
  }
  return systemFailure(code, message, error) ?? bug(message, error)
}

function refusal({ message, code, particulars }: Thrown, cause: unknown): Failure {
  const outOfReach = code === 'unavailable'
  const { errors = [], ...facts } = particulars ?? {}
  return new Failure(outOfReach ? exitCodes.unavailable : exitCodes.refused, String(code), String(message), {
    details: [...errors.map((each) => `${each.path}: ${each.message}`), ...factLines(facts)],
    facts: particulars ?? {},
    cause,
  })
}

/** Particulars of a refusal in words, where they are short: `role: manager`. */
function factLines(facts: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    if (['string', 'number', 'boolean'].includes(typeof value)) return [`${name}: ${value}`]
    return Array.isArray(value) && value.every((item) => typeof item === 'string')
      ? [`${name}: ${value.length === 0 ? 'none' : value.join(', ')}`]
      : []
  })
}

const meanings: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ECONNREFUSED: 'nothing answers there',
  ECONNRESET: 'the connection broke off',
  EHOSTUNREACH: 'the host cannot be reached',
  ENOSPC: 'the disk is full',
  ENOTFOUND: 'there is no host of that name',
  EROFS: 'the file system is read-only',
  ETIMEDOUT: 'no answer in time',
}

/** What an error code of the operating system says, in words. */
export function systemReason(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return (code && meanings[code]) || code || message || String(error)
}

function systemFailure(code: string | undefined, message: string, cause: unknown): Failure | undefined {
  if (code === undefined || !(code in meanings)) return undefined
  const { path, syscall } = cause as NodeJS.ErrnoException
  const what = path ?? syscall ?? 'The system'
  return new Failure(exitCodes.unavailable, code, `${what}: ${meanings[code]}.`, {
    details: path ? [] : [message],
    cause,
  })
}

function bug(message: string, cause: unknown): Failure {
  return new Failure(exitCodes.bug, 'bug', `writ failed in a way nobody thought of: ${message}`, {
    hint: 'WRIT_LOG=debug shows where.',
    cause,
  })
}

/**
 * Failures a caller can act on. Switch on `code`, never on the message.
 *
 * @module
 */

/** One refused field (RFC 9457 extension `errors`). */
export interface FieldError {
  readonly path: string
  readonly message: string
}

/** What the server answers when it refuses: `application/problem+json` (RFC 9457). */
export interface Problem {
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail?: string
  readonly requestId?: string
  readonly errors?: readonly FieldError[]
  readonly [fact: string]: unknown
}

/** The server refused the request. */
export class WritError extends Error {
  override readonly name = 'WritError'
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title)
    this.status = problem.status
    this.code = problem.code
    this.requestId = problem.requestId
    this.problem = problem
  }
}

/** The server could not be asked, or its answer could not be read. Whoever guards something with the answer denies. */
export class WritUnavailable extends Error {
  override readonly name = 'WritUnavailable'
}

/**
 * The one error type that may cross a module boundary.
 *
 * Each module declares its failures as a table in `catalog.ts`: code, HTTP status and public sentence stand
 * together and cannot disagree. Anything thrown that is not an {@link AppError} is a bug or an outage: it is
 * logged with its cause and answered as a bare `internal`, or as `unavailable` where the database is out of reach.
 *
 * @module
 */

/** HTTP status and public sentence of one failure. The sentence is safe to show to any caller. */
type Entry = readonly [status: number, sentence: string]

/** One field that was refused, in the words of RFC 9457's extension `errors`. */
export interface FieldError {
  readonly path: string
  readonly message: string
}

export interface Particulars {
  /** What was refused of the input, field by field. */
  readonly errors?: readonly FieldError[]
  /** Facts the caller knows or may know; serialized beside `code`. */
  readonly [fact: string]: unknown
}

export class AppError<Code extends string = string> extends Error {
  override readonly name = 'AppError'
  /** Stable: `<module>.<snake_case>`, or one of the plain codes of api.md. Clients switch on this, never on the sentence. */
  readonly code: Code
  readonly status: number
  readonly particulars: Particulars

  constructor(code: Code, [status, sentence]: Entry, particulars: Particulars = {}, cause?: unknown) {
    super(sentence, { cause })
    this.code = code
    this.status = status
    this.particulars = particulars
  }
}

type Thrower<Code extends string> = (particulars?: Particulars, cause?: unknown) => AppError<Code>

/** Every declared failure, for docs/reference/errors.md and the SDK's union of codes. */
export const declaredErrors = new Map<string, Entry>()

/**
 * Declares the failures of a module.
 *
 * @example
 * ```ts
 * export const errors = defineErrors('members', { not_found: [404, 'Member not found.'] })
 * throw errors.not_found()
 * ```
 */
export function defineErrors<const M extends string, const T extends Record<string, Entry>>(
  module: M,
  table: T,
) {
  return declare(table, (key) => `${module}.${key}`) as {
    readonly [K in keyof T & string]: Thrower<`${M}.${K}`>
  }
}

function declare(
  table: Record<string, Entry>,
  codeOf: (key: string) => string,
): Record<string, Thrower<string>> {
  const throwers: Record<string, Thrower<string>> = {}
  for (const [key, entry] of Object.entries(table)) {
    const code = codeOf(key)
    declaredErrors.set(code, entry)
    throwers[key] = (particulars, cause) => new AppError(code, entry, particulars, cause)
  }
  return throwers
}

/** Failures that belong to no module: their codes carry no prefix (api.md). */
export const failures = declare(
  {
    unauthorized: [401, 'Sign in first: this request carries no valid credential.'],
    forbidden: [403, 'You are not allowed to do this.'],
    not_found: [404, 'There is nothing at this address.'],
    malformed_request: [
      400,
      'This is no HTTP request that the server can read; its headers may be too large.',
    ],
    malformed_json: [400, 'The body is not JSON that can be read.'],
    ambiguous_credentials: [
      400,
      'The request carries two identities. Send one: the session cookie or an Authorization header.',
    ],
    cross_site: [
      403,
      'A write with the session cookie must come from a page of this very address, and this one did not say so (Sec-Fetch-Site, Origin). Programs send a bearer token instead.',
    ],
    body_too_large: [413, 'The body is larger than this server reads.'],
    unsupported_media_type: [415, 'Send the body as application/json.'],
    invalid_input: [422, 'The input is not valid.'],
    too_many_requests: [429, 'Too many requests. Wait, then try again.'],
    internal: [500, 'The server failed. Nothing was changed; the request id finds the cause in its log.'],
    unavailable: [
      503,
      'The database cannot be reached. Try again; if you were changing something, look first whether it was saved.',
    ],
  } satisfies Record<string, Entry>,
  (key) => key,
) as {
  readonly [K in
    | 'unauthorized'
    | 'forbidden'
    | 'not_found'
    | 'malformed_request'
    | 'malformed_json'
    | 'ambiguous_credentials'
    | 'cross_site'
    | 'body_too_large'
    | 'unsupported_media_type'
    | 'invalid_input'
    | 'too_many_requests'
    | 'internal'
    | 'unavailable']: Thrower<K>
}

/** Refuses input, naming one field. For rules that need more than the request to check. */
export function invalidField(path: string, message: string): AppError {
  return failures.invalid_input({ errors: [{ path, message }] })
}

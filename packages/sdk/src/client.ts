/**
 * The client: one typed method per HTTP verb over every route of openapi.json, and the decision calls by name.
 *
 * @module
 */
import { type Problem, WritError, WritUnavailable } from './errors.ts'
import type { paths } from './generated/openapi.ts'

export interface ClientOptions {
  /** Where the server is, such as `https://access.example.com`. */
  readonly url: string
  /** An application's credential (`writ_app_…`) or an access token; a function is asked before each request. */
  readonly key?: string | (() => string | undefined | Promise<string | undefined>)
  /** Give up on a request after this long. Default 5,000. */
  readonly timeoutMs?: number
  /** Default: the platform's own. */
  readonly fetch?: typeof fetch
}

type Verb = 'get' | 'post' | 'put' | 'patch' | 'delete'
type PathsWith<V extends Verb> = {
  [P in keyof paths]: paths[P] extends { [K in V]: object } ? P : never
}[keyof paths]
type Operation<P extends keyof paths, V extends Verb> = V extends keyof paths[P] ? paths[P][V] : never
type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : undefined
type Answer<O> = O extends { responses: infer R }
  ? { [S in keyof R]: S extends 200 | 201 | 202 ? Json<R[S]> : never }[keyof R]
  : never
type Parameters<O> = O extends { parameters: infer P } ? P : object
type Part<O, K extends string> = Parameters<O> extends { [X in K]: infer Value } ? Value : undefined

/** What a call of an operation takes. */
export interface CallOptions<O> {
  readonly path?: Part<O, 'path'>
  readonly query?: Parameters<O> extends { query?: infer Query } ? Query : undefined
  readonly body?: O extends { requestBody: infer Body }
    ? Json<Body>
    : O extends { requestBody?: infer Body }
      ? Json<NonNullable<Body>>
      : undefined
  readonly signal?: AbortSignal
  /** Instead of the client's own key. */
  readonly key?: string
}

/** A question, in the words of OpenID AuthZEN 1.0. */
export interface Check {
  /** `usr_…` or an address, or `{token}`: the bearer that a request of yours carried. */
  readonly subject: string | { readonly token: string }
  /** `action:resource`, as the policy writes it. */
  readonly permission: string
  /** Id of the one resource, with attributes where it is not registered. */
  readonly resource?:
    | string
    | { readonly id?: string; readonly properties?: Readonly<Record<string, unknown>> }
  /** Id or slug. Default: the credential's own, or for a token the token's. */
  readonly organization?: string
}

export interface CheckAnswer {
  readonly allowed: boolean
  /** `allowed`, or the first check that failed. */
  readonly reason: string
  readonly role?: string
  /** Who the token belongs to, where the subject was one. */
  readonly subject?: {
    readonly id: string
    readonly email?: string
    readonly name?: string
    readonly roles?: readonly string[]
  }
  readonly organization?: { readonly id: string; readonly slug: string }
  readonly context: Readonly<Record<string, unknown>>
}

export class Client {
  readonly #options: ClientOptions
  readonly #base: string

  constructor(options: ClientOptions) {
    if (!URL.canParse(options.url ?? ''))
      throw new TypeError('Client: url should be where Writ is, such as https://access.example.com')
    this.#options = options
    this.#base = options.url.replace(/\/+$/, '')
  }

  get<P extends PathsWith<'get'>>(
    path: P,
    call?: CallOptions<Operation<P, 'get'>>,
  ): Promise<Answer<Operation<P, 'get'>>> {
    return this.#call('GET', path, call)
  }

  post<P extends PathsWith<'post'>>(
    path: P,
    call?: CallOptions<Operation<P, 'post'>>,
  ): Promise<Answer<Operation<P, 'post'>>> {
    return this.#call('POST', path, call)
  }

  put<P extends PathsWith<'put'>>(
    path: P,
    call?: CallOptions<Operation<P, 'put'>>,
  ): Promise<Answer<Operation<P, 'put'>>> {
    return this.#call('PUT', path, call)
  }

  patch<P extends PathsWith<'patch'>>(
    path: P,
    call?: CallOptions<Operation<P, 'patch'>>,
  ): Promise<Answer<Operation<P, 'patch'>>> {
    return this.#call('PATCH', path, call)
  }

  delete<P extends PathsWith<'delete'>>(
    path: P,
    call?: CallOptions<Operation<P, 'delete'>>,
  ): Promise<Answer<Operation<P, 'delete'>>> {
    return this.#call('DELETE', path, call)
  }

  /**
   * May the subject do this? A refusal is an answer, not an error.
   * @throws WritError when the question itself is refused, WritUnavailable when nobody answered
   */
  async check(check: Check): Promise<CheckAnswer> {
    const answer = await this.#send('POST', '/access/v1/evaluation', { body: evaluation(check) })
    return readAnswer(answer as RawAnswer)
  }

  /** Up to 200 questions in one round trip, answered in order. */
  async checkAll(checks: readonly Check[]): Promise<readonly CheckAnswer[]> {
    const answer = await this.#send('POST', '/access/v1/evaluations', {
      body: { evaluations: checks.map(evaluation) },
    })
    return (answer as { evaluations: RawAnswer[] }).evaluations.map(readAnswer)
  }

  #call<O>(method: string, path: string, call: CallOptions<O> = {}): Promise<Answer<O>> {
    const { path: parameters, query, ...rest } = call
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(String((parameters as Record<string, unknown>)[name])),
    )
    return this.#send(method, filled + search(query), rest) as Promise<Answer<O>>
  }

  async #send(
    method: string,
    path: string,
    call: { body?: unknown; signal?: AbortSignal | undefined; key?: string | undefined },
  ): Promise<unknown> {
    const { fetch: send = fetch, timeoutMs = 5_000 } = this.#options
    const key = call.key ?? (await this.#key())
    const timeout = AbortSignal.timeout(timeoutMs)
    let response: Response
    try {
      response = await send(this.#base + path, {
        method,
        headers: {
          accept: 'application/json',
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
        // A redirect could carry the credential to another host.
        redirect: 'error',
      })
    } catch (cause) {
      throw new WritUnavailable(`${this.#base} did not answer`, { cause })
    }
    return readBody(response)
  }

  async #key(): Promise<string | undefined> {
    const { key } = this.#options
    return typeof key === 'function' ? key() : key
  }
}

interface RawAnswer {
  readonly decision: boolean
  readonly context?: Readonly<Record<string, unknown>>
}

function evaluation(check: Check): Record<string, unknown> {
  const at = check.permission.indexOf(':')
  if (at < 1)
    throw new TypeError(`a permission reads action:resource, not ${JSON.stringify(check.permission)}`)
  const resource = typeof check.resource === 'string' ? { id: check.resource } : (check.resource ?? {})
  return {
    subject:
      typeof check.subject === 'string'
        ? { type: 'user', id: check.subject }
        : { type: 'token', id: check.subject.token },
    action: { name: check.permission.slice(0, at) },
    // The standard demands an id; `*` is Writ's for no resource in particular.
    resource: { type: check.permission.slice(at + 1), id: '*', ...resource },
    ...(check.organization === undefined ? {} : { context: { organization: check.organization } }),
  }
}

/** Anything but a plain `true` is a refusal: an answer that cannot be read must never open a door. */
function readAnswer({ decision, context = {} }: RawAnswer): CheckAnswer {
  return {
    ...(context as Omit<CheckAnswer, 'allowed' | 'context' | 'reason'>),
    allowed: decision === true,
    reason: String(context['reason'] ?? 'unknown'),
    context,
  }
}

async function readBody(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined
  const text = await response.text()
  let body: unknown
  try {
    body = text === '' ? undefined : JSON.parse(text)
  } catch (cause) {
    if (response.ok && !(response.headers.get('content-type') ?? '').includes('json')) return text
    throw new WritUnavailable(`the answer (${response.status}) is not JSON`, { cause })
  }
  if (response.ok) return body
  const problem = body as Partial<Problem> | undefined
  if (typeof problem?.code !== 'string')
    throw new WritUnavailable(`status ${response.status}, and not from Writ`)
  throw new WritError(problem as Problem)
}

function search(query: unknown): string {
  const pairs = Object.entries((query ?? {}) as Record<string, unknown>).filter(
    ([, value]) => value !== undefined,
  )
  return pairs.length === 0
    ? ''
    : `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`
}

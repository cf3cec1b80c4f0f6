/**
 * How a route is declared: once, for its checks, its types, its documentation and its answer.
 *
 * @module
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Ctx, Owed } from './context.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
type Shape = z.ZodObject
type Out<S> = S extends z.ZodType ? z.output<S> : undefined

/** What a route's handler is given. */
export interface Input<P, Q, B> {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

export interface RouteSpec<P, Q, B, R, C = Out<B>> {
  readonly method: Method
  /** Below the base, such as `/organizations/:organization/members`. `:organization` is resolved before the handler runs. */
  readonly path: string
  /** Default `/api/v1`; the standards' own endpoints stand at the root. */
  readonly base?: '' | '/api/v1'
  readonly summary: string
  /** Heading in the documentation. */
  readonly tag: string
  /**
   * Who may come: `anyone`, a signed-in `member`, or also an `application`. What they may then do is the command's
   * `ctx.authorize`.
   */
  readonly access: 'anyone' | 'member' | 'application'
  /** Open to a person who still owes these: the route by which one is paid, and signing out. Default: to nobody who owes. */
  readonly whileOwing?: readonly Owed[]
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  /**
   * Reads the body instead of its schema, which then only documents: for the hot path, and for standards that refuse
   * otherwise than with 422. Throws what it refuses with.
   */
  readonly check?: (body: unknown) => C
  /** Answers with the caller's own X-Request-ID, as the AuthZEN standard demands; ours stands in the log and in problems. */
  readonly echoesRequestId?: true
  /** Media type of an answer that is no JSON document: the handler sends it (a stream) and returns `reply`. */
  readonly produces?: string
  /** Shape of a 2xx answer; fields it does not name are not sent. Absent: 204. */
  readonly response?: R
  readonly status?: 200 | 201 | 202
  handle(ctx: Ctx, input: Input<Out<P>, Out<Q>, C>): Promise<R extends z.ZodType ? z.input<R> : unknown>
}

/** A declared route with its types closed over; the list of all of them generates tests, documentation and the SDK. */
export type Route = Omit<
  RouteSpec<Shape | undefined, Shape | undefined, z.ZodType | undefined, z.ZodType | undefined>,
  'handle'
> & {
  // biome-ignore lint/suspicious/noExplicitAny: routes of all shapes stand in one list; `route` has checked each
  handle(ctx: Ctx, input: Input<any, any, any>): Promise<any>
}

/** Declares a route. */
export function route<
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  R extends z.ZodType | undefined = undefined,
  C = Out<B>,
>(spec: RouteSpec<P, Q, B, R, C>): Route {
  return spec as unknown as Route
}

/** Whatever is owed: signing out, and seeing who one is. */
export const ANYTHING: readonly Owed[] = [
  'password_change',
  'email_verification',
  'second_factor_enrolment',
  'second_factor',
  'profile',
]

const API = '/api/v1'

/** The address as people and machines spell it. */
export function fullPath(route: Pick<Route, 'base' | 'path'>): string {
  return (route.base ?? API) + route.path
}

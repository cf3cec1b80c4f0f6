/**
 * Guards for Express: `app.post('/campaigns', requirePermission('write:campaigns'), handler)`.
 *
 * @module
 */
import type { Client } from '../client.ts'
import { type GuardOptions, permit, permitRole, type Subject, type Verdict } from './guard.ts'

/** The part of Express's request that a guard reads, and writes `subject` to. */
export interface ExpressRequestLike {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  subject?: Subject
}

export interface ExpressResponseLike {
  status(code: number): ExpressResponseLike
  type(contentType: string): ExpressResponseLike
  send(body: unknown): unknown
}

type Middleware<Request> = (
  request: Request,
  response: ExpressResponseLike,
  next: (error?: unknown) => void,
) => Promise<void>

/** The guards, asking by this client. A request that is let in has `request.subject`. */
export function expressGuards<Request extends ExpressRequestLike = ExpressRequestLike>(client: Client) {
  const guard =
    (ask: (request: Request) => Promise<Verdict>): Middleware<Request> =>
    async (request, response, next) => {
      const verdict = await ask(request)
      if (!verdict.allowed) {
        response.status(verdict.status).type('application/problem+json').send(JSON.stringify(verdict.problem))
        return
      }
      request.subject = verdict.subject
      next()
    }
  const authorization = (request: Request) => {
    const header = request.headers['authorization']
    return typeof header === 'string' ? header : undefined
  }
  return {
    requirePermission: (permission: string, options: GuardOptions<Request> = {}) =>
      guard((request) => permit(client, authorization(request), permission, options.resource?.(request))),
    requireRole: (...roles: string[]) =>
      guard((request) => permitRole(client, authorization(request), roles)),
  }
}

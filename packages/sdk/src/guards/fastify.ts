/**
 * Guards for Fastify: `app.post('/campaigns', { preHandler: requirePermission('write:campaigns') }, handler)`.
 *
 * @module
 */
import type { Client } from '../client.ts'
import { type GuardOptions, permit, permitRole, type Subject, type Verdict } from './guard.ts'

/** The part of Fastify's request that a guard reads, and writes `subject` to. */
export interface FastifyRequestLike {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  subject?: Subject
}

export interface FastifyReplyLike {
  code(status: number): FastifyReplyLike
  type(contentType: string): FastifyReplyLike
  send(body: unknown): unknown
}

type PreHandler<Request> = (request: Request, reply: FastifyReplyLike) => Promise<unknown>

/** The guards, asking by this client. A request that is let in has `request.subject`. */
export function fastifyGuards<Request extends FastifyRequestLike = FastifyRequestLike>(client: Client) {
  const guard =
    (ask: (request: Request) => Promise<Verdict>): PreHandler<Request> =>
    async (request, reply) => {
      const verdict = await ask(request)
      if (!verdict.allowed)
        return reply.code(verdict.status).type('application/problem+json').send(verdict.problem)
      request.subject = verdict.subject
      return undefined
    }
  return {
    requirePermission: (permission: string, options: GuardOptions<Request> = {}) =>
      guard((request) =>
        permit(client, one(request.headers['authorization']), permission, options.resource?.(request)),
      ),
    requireRole: (...roles: string[]) =>
      guard((request) => permitRole(client, one(request.headers['authorization']), roles)),
  }
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined
}

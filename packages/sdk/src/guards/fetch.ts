/**
 * Guards for fetch handlers (`(request: Request) => Response`), as Next.js routes, Deno, Bun and workers have them:
 * `export const POST = requirePermission('write:campaigns')(async (request, subject) => …)`.
 *
 * @module
 */
import type { Client } from '../client.ts'
import {
  type GuardOptions,
  permit,
  permitRole,
  problemResponse,
  type Subject,
  type Verdict,
} from './guard.ts'

type Handler<Rest extends unknown[]> = (
  request: Request,
  subject: Subject,
  ...rest: Rest
) => Response | Promise<Response>
type Guarded<Rest extends unknown[]> = (request: Request, ...rest: Rest) => Promise<Response>

/** The guards, asking by this client. The handler is given who was let in. */
export function fetchGuards(client: Client) {
  const guard =
    (ask: (request: Request) => Promise<Verdict>) =>
    <Rest extends unknown[]>(handler: Handler<Rest>): Guarded<Rest> =>
    async (request, ...rest) => {
      const verdict = await ask(request)
      return verdict.allowed ? handler(request, verdict.subject, ...rest) : problemResponse(verdict)
    }
  return {
    requirePermission: (permission: string, options: GuardOptions<Request> = {}) =>
      guard((request) =>
        permit(client, request.headers.get('authorization'), permission, options.resource?.(request)),
      ),
    requireRole: (...roles: string[]) =>
      guard((request) => permitRole(client, request.headers.get('authorization'), roles)),
  }
}

/**
 * Guards for Hono: `app.post('/campaigns', requirePermission('write:campaigns'), handler)`.
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

/** The part of Hono's context that a guard uses; `c.get('subject')` is who was let in. */
export interface HonoContextLike {
  readonly req: { header(name: string): string | undefined }
  set(key: 'subject', value: Subject): void
}

type Middleware<Context> = (context: Context, next: () => Promise<void>) => Promise<Response | undefined>

/** The guards, asking by this client. */
export function honoGuards<Context extends HonoContextLike = HonoContextLike>(client: Client) {
  const guard =
    (ask: (context: Context) => Promise<Verdict>): Middleware<Context> =>
    async (context, next) => {
      const verdict = await ask(context)
      if (!verdict.allowed) return problemResponse(verdict)
      context.set('subject', verdict.subject)
      await next()
      return undefined
    }
  return {
    requirePermission: (permission: string, options: GuardOptions<Context> = {}) =>
      guard((context) =>
        permit(client, context.req.header('authorization'), permission, options.resource?.(context)),
      ),
    requireRole: (...roles: string[]) =>
      guard((context) => permitRole(client, context.req.header('authorization'), roles)),
  }
}

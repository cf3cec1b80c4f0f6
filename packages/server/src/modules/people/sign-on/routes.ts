/** What a person has handed to applications of others. The provider's own addresses are in provider/mount.ts. @module */
import { z } from 'zod'
import { failures } from '#platform/errors'
import { type Route, route } from '#platform/http'
import { pathId, toWire } from '#platform/ids'
import { withdrawConsent } from './commands/withdraw-consent.ts'
import { listConsents } from './store/consents.ts'

export const signOnRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/me/applications',
    summary: 'Applications that you agreed to hand something to, here',
    tag: 'Me',
    access: 'member',
    response: z.object({
      items: z.array(
        z.object({ id: z.string(), name: z.string(), scopes: z.array(z.string()), givenAt: z.string() }),
      ),
    }),
    async handle(ctx) {
      if (ctx.actor.kind !== 'user') throw failures.unauthorized()
      const { userId } = ctx.actor
      const rows = await ctx.db.transaction('sign-on', (tx) => listConsents(tx, ctx.organizationId, userId))
      return {
        items: rows.map(({ clientId, name, scopes, givenAt }) => ({
          id: toWire('cli', clientId),
          name,
          scopes,
          givenAt: givenAt.toISOString(),
        })),
      }
    },
  }),
  route({
    method: 'DELETE',
    path: '/me/applications/:client',
    summary: 'Take back what you agreed to; the application is out at once',
    tag: 'Me',
    access: 'member',
    params: z.object({ client: pathId('cli') }),
    handle: (ctx, { params }) => withdrawConsent(ctx, params.client),
  }),
]

/** Routes of applications. */
import { z } from 'zod'
import { type Route, route } from '#platform/http'
import { actorToWire, pathId, toWire } from '#platform/ids'
import { pageOf, pageQuery, pageSchema, toPage } from '#platform/pages'
import { createApplication } from './commands/create-application.ts'
import { revokeApplication } from './commands/revoke-application.ts'
import { type Application, MAX_NAME } from './model.ts'
import { listApplications } from './queries.ts'

const tag = 'Applications'
const path = '/organizations/:organization/applications'
const params = z.object({ organization: z.string() })
const view = z.object({
  id: z.string(),
  name: z.string(),
  createdBy: z.string(),
  createdAt: z.string(),
  revokedAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
})

export const applicationRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path,
    summary: 'List the applications that may ask for decisions',
    tag,
    access: 'member',
    params,
    query: z.strictObject(pageQuery('app')),
    response: pageSchema(view),
    handle: async (ctx, { query }) => {
      const page = pageOf('app', query)
      return toPage('app', page, await listApplications(ctx, page), viewOf)
    },
  }),
  route({
    method: 'POST',
    path,
    summary: 'Register an application; its credential is shown this once',
    tag,
    access: 'member',
    params,
    body: z.strictObject({ name: z.string().trim().min(1).max(MAX_NAME) }),
    status: 201,
    response: view.extend({ credential: z.string() }),
    handle: async (ctx, { body }) => {
      const { application, credential } = await createApplication(ctx, body)
      return { ...viewOf(application), credential }
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/:application`,
    summary: 'Revoke an application: its credential is dead at once',
    tag,
    access: 'member',
    params: params.extend({ application: pathId('app') }),
    handle: (ctx, input) => revokeApplication(ctx, input.params.application),
  }),
]

function viewOf({ id, revokedAt, createdAt, createdBy, lastUsedAt, ...application }: Application) {
  return {
    ...application,
    id: toWire('app', id),
    createdBy: actorToWire(createdBy),
    createdAt: createdAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }
}

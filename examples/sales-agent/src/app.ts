/**
 * A small sales application: leads and campaigns, each route guarded in one line. It knows no password, no role table
 * and no token key; it asks Writ about the bearer of each request and is told who that is.
 *
 * @module
 */
import { Client, fastifyGuards, type Subject } from '@writ/sdk'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Board } from './board.ts'

declare module 'fastify' {
  interface FastifyRequest {
    subject?: Subject
  }
}

export interface SalesAppOptions {
  /** Where Writ is. */
  readonly writUrl: string
  /** This application's credential. */
  readonly key: string
}

interface Named {
  Params: { id: string }
}

const leadBody = {
  type: 'object',
  additionalProperties: false,
  required: ['company'],
  properties: {
    company: { type: 'string', minLength: 1, maxLength: 200 },
    contact: { type: 'string', maxLength: 200 },
  },
} as const

const campaignBody = {
  type: 'object',
  additionalProperties: false,
  required: ['title'],
  properties: { title: { type: 'string', minLength: 1, maxLength: 200 } },
} as const

export function createSalesApp(options: SalesAppOptions): FastifyInstance {
  const app = Fastify({ ajv: { customOptions: { removeAdditional: false } } })
  const { requirePermission, requireRole } = fastifyGuards<FastifyRequest>(
    new Client({ url: options.writUrl, key: options.key }),
  )
  const may = (permission: string) => ({ onRequest: requirePermission(permission) as never })
  const leads = new Board<{ company: string; contact?: string }>('lead')
  const campaigns = new Board<{ title: string }>('campaign')

  app.get('/leads', may('read:leads'), async (request) => leads.list(organizationOf(request)))
  app.post<{ Body: { company: string; contact?: string } }>(
    '/leads',
    { ...may('write:leads'), schema: { body: leadBody } },
    async (request, reply) => reply.code(201).send(leads.add(organizationOf(request), request.body)),
  )
  app.delete<Named>('/leads/:id', may('delete:leads'), async (request, reply) =>
    gone(reply, leads.remove(organizationOf(request), request.params.id)),
  )

  app.get('/campaigns', may('read:campaigns'), async (request) => campaigns.list(organizationOf(request)))
  app.post<{ Body: { title: string } }>(
    '/campaigns',
    { ...may('write:campaigns'), schema: { body: campaignBody } },
    async (request, reply) => reply.code(201).send(campaigns.add(organizationOf(request), request.body)),
  )
  app.delete<Named>('/campaigns/:id', may('delete:campaigns'), async (request, reply) =>
    gone(reply, campaigns.remove(organizationOf(request), request.params.id)),
  )

  app.get('/settings', { onRequest: requireRole('admin') as never }, async (request) => ({
    organization: organizationOf(request),
    currency: 'EUR',
  }))
  return app
}

/** The guard let the request in, so it says whose it is; records of another organization are never looked at. */
function organizationOf(request: FastifyRequest): string {
  return request.subject!.organization.id
}

function gone(reply: FastifyReply, removed: boolean): FastifyReply {
  return removed
    ? reply.code(204).send()
    : reply.code(404).send({ code: 'not_found', detail: 'There is nothing with this id.' })
}

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type TestMember, type Tokens } from '../../server/test/support/app.ts'
import { Client, expressGuards, fastifyGuards, fetchGuards, honoGuards, type Subject } from '../src/index.ts'

interface Guarded {
  request(
    path: string,
    authorization?: string,
  ): Promise<{ status: number; body: Record<string, unknown>; type: string }>
  close(): Promise<void>
}

type Framework = (client: Client) => Promise<Guarded>

/** The same two routes in each framework: one by permission, one by role. */
const frameworks: Record<string, Framework> = {
  async fastify(client) {
    const app = Fastify()
    const { requirePermission, requireRole } = fastifyGuards(client)
    const answer = async (request: unknown) => (request as { subject: Subject }).subject
    app.get('/campaigns', { preHandler: requirePermission('write:campaigns') as never }, answer)
    app.get('/settings', { preHandler: requireRole('admin') as never }, answer)
    return byFetch(await app.listen({ port: 0 }), () => app.close())
  },
  async express(client) {
    const app = express()
    const { requirePermission, requireRole } = expressGuards(client)
    const answer = (request: express.Request, response: express.Response) =>
      response.json((request as unknown as { subject: Subject }).subject)
    app.get('/campaigns', requirePermission('write:campaigns') as never, answer)
    app.get('/settings', requireRole('admin') as never, answer)
    const server = await listening(createServer(app))
    return byFetch(addressOf(server), () => closed(server))
  },
  async hono(client) {
    const app = new Hono<{ Variables: { subject: Subject } }>()
    const { requirePermission, requireRole } = honoGuards(client)
    app.get('/campaigns', requirePermission('write:campaigns') as never, (context) =>
      context.json(context.get('subject')),
    )
    app.get('/settings', requireRole('admin') as never, (context) => context.json(context.get('subject')))
    return byHandler((request) => app.fetch(request))
  },
  async fetch(client) {
    const { requirePermission, requireRole } = fetchGuards(client)
    const campaigns = requirePermission('write:campaigns')((_request, subject) => Response.json(subject))
    const settings = requireRole('admin')((_request, subject) => Response.json(subject))
    return byHandler((request) => (request.url.endsWith('/settings') ? settings : campaigns)(request))
  },
}

let app: TestApp
let writUrl: string
let key: string
let ada: TestMember
let people: Record<'admin' | 'manager' | 'user', Tokens>

beforeAll(async () => {
  app = await startApp({ policy: 'sales-agent' })
  writUrl = await app.http.listen({ port: 0, host: '127.0.0.1' })
  ada = await app.member('acme', { email: 'ada@acme.example', roles: ['admin'] })
  await app.member('acme', { email: 'ben@acme.example', roles: ['user'] })
  await app.member('acme', { email: 'cyd@acme.example', roles: ['manager'] })
  people = {
    admin: await app.signIn('ada@acme.example'),
    user: await app.signIn('ben@acme.example'),
    manager: await app.signIn('cyd@acme.example'),
  }
  const created = await app.request('POST', '/organizations/acme/applications', {
    as: people.admin,
    body: { name: 'sales' },
  })
  key = created.body.credential
})
afterAll(() => app?.stop())

describe.each(Object.keys(frameworks))('[SA-06] guards of %s', (name) => {
  let guarded: Guarded
  beforeAll(async () => {
    guarded = await frameworks[name]!(new Client({ url: writUrl, key }))
  })
  afterAll(() => guarded.close())

  test('[PS-04] answers 401 without a token and with one that does not hold', async () => {
    for (const authorization of [undefined, 'Bearer nonsense', 'Basic YWRhOg==', `Bearer ${key}`]) {
      const answer = await guarded.request('/campaigns', authorization)
      expect([answer.status, answer.body['code']]).toEqual([401, 'unauthorized'])
      expect(answer.type).toContain('application/problem+json')
    }
  })

  test('[PS-04] answers 403 with the reason when the role lacks the permission', async () => {
    const answer = await guarded.request('/campaigns', `Bearer ${people.user.accessToken}`)
    expect(answer).toMatchObject({
      status: 403,
      body: { code: 'forbidden', reason: 'not_granted', permission: 'write:campaigns' },
    })
  })

  test('lets in who may, and says who that is', async () => {
    const answer = await guarded.request('/campaigns', `Bearer ${people.manager.accessToken}`)
    expect(answer).toMatchObject({
      status: 200,
      body: { email: 'cyd@acme.example', roles: ['manager'], organization: { slug: 'acme' } },
    })
  })

  test('[PS-04] guards by role', async () => {
    expect(await guarded.request('/settings')).toMatchObject({ status: 401 })
    expect(await guarded.request('/settings', `Bearer ${people.manager.accessToken}`)).toMatchObject({
      status: 403,
      body: { roles: ['admin'] },
    })
    expect(await guarded.request('/settings', `Bearer ${people.admin.accessToken}`)).toMatchObject({
      status: 200,
      body: { id: ada.wire.user },
    })
  })

  test('refuses while Writ cannot be asked', async () => {
    const alone = await frameworks[name]!(new Client({ url: 'http://127.0.0.1:1', key }))
    const answer = await alone.request('/campaigns', `Bearer ${people.admin.accessToken}`)
    await alone.close()
    expect([answer.status, answer.body['code']]).toEqual([503, 'unavailable'])
  })
})

test('a refused guard leaves a denied event in the log of the organization', async () => {
  const guarded = await frameworks['fetch']!(new Client({ url: writUrl, key }))
  const before = (await app.events('acme')).filter((type) => type === 'decisions.denied').length
  await guarded.request('/campaigns', `Bearer ${people.user.accessToken}`)
  await guarded.request('/settings', `Bearer ${people.user.accessToken}`)
  expect((await app.events('acme')).filter((type) => type === 'decisions.denied').length).toBe(before + 2)
})

test('an answer that cannot be read never opens a door', async () => {
  for (const body of ['{"decision":"true"}', '{}', '[]', 'null', 'true', '{"decision":1}']) {
    const client = new Client({
      url: 'http://writ.invalid',
      key: 'k',
      fetch: async () => new Response(body, { headers: { 'content-type': 'application/json' } }),
    })
    const allowed = await client.check({ subject: 'usr_1', permission: 'read:leads' }).then(
      (answer) => answer.allowed,
      () => false,
    )
    expect(allowed, body).toBe(false)
  }
})

function byHandler(handler: (request: Request) => Response | Promise<Response>): Guarded {
  return {
    request: async (path, authorization) =>
      read(
        await handler(
          new Request(`http://app.example${path}`, authorization ? { headers: { authorization } } : {}),
        ),
      ),
    close: async () => {},
  }
}

function byFetch(address: string, close: () => Promise<unknown>): Guarded {
  return {
    request: async (path, authorization) =>
      read(
        await fetch(
          address.replace('[::1]', 'localhost') + path,
          authorization ? { headers: { authorization } } : {},
        ),
      ),
    close: async () => void (await close()),
  }
}

async function read(response: Response) {
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    type: response.headers.get('content-type') ?? '',
  }
}

function listening(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

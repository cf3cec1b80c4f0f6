/**
 * The server as its operator meets it: what is wrong with a configuration, what it says while it works, how it ends,
 * and what it answers while its database is out of reach.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError, type RunningServer, readConfig, startServer } from '../src/main.ts'
import { PASSWORD, send, startApp, type TestApp } from './support/app.ts'
import { openSessionOf, signedInMember } from './support/attack-sessions.ts'
import { removeDirectory, temporaryDirectory } from './support/cluster.ts'
import { emptyDatabase, type TestDatabase } from './support/database.ts'

const policyFile = fileURLToPath(new URL('../../../policies/sales-agent.policy.yaml', import.meta.url))

describe('a configuration', () => {
  test('that is wrong is refused with everything that is wrong, each with what would be right', () => {
    const wrong = {
      WRIT_URL: 'ftp://access.example.com',
      WRIT_PORT: '99999',
      WRIT_MASTER_KEY: 'c2hvcnQ=',
      WRIT_LOG: 'loud',
      WRIT_METRICS_TOKEN: 'short',
      WRIT_POOL: '1',
      WRIT_BODY_LIMIT: 'much',
      WRIT_POLICIES: 'policies/',
      DATABASE_OWNER_URL: 'postgresql://localhost/writ',
    }
    const error = refusalOf(wrong)
    for (const name of Object.keys(wrong)) expect(error.problems.join('\n'), name).toContain(name)
    expect(error.problems).toHaveLength(Object.keys(wrong).length)
    expect(error.message).toContain(`${error.problems.length} problems`)
    expect(error.message).toMatch(
      /WRIT_MASTER_KEY should be 32 random bytes in base64 \(openssl rand -base64 32\)/,
    )
    expect(error.message).not.toContain('c2hvcnQ=')
  })

  test('that is empty is a good one', () => {
    expect(readConfig({})).toMatchObject({ host: '127.0.0.1', port: 8484, trustedProxies: [] })
  })

  function refusalOf(environment: Record<string, string>): ConfigError {
    try {
      readConfig(environment)
    } catch (error) {
      if (error instanceof ConfigError) return error
      throw error
    }
    throw new Error('the configuration was taken')
  }
})

describe('a server and its database', () => {
  let database: TestDatabase
  let cable: Cable
  let directory: string
  let server: RunningServer
  let token: string

  beforeAll(async () => {
    database = await emptyDatabase()
    cable = await layCable(database.appUrl)
    directory = temporaryDirectory()
    server = await start()
    const set = await fetch(`${server.address}/api/v1/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        token: new URL(server.setupUrl!).hash.slice('#token='.length),
        organization: { name: 'Acme', slug: 'acme' },
        owner: { email: 'owner@acme.test', password: PASSWORD },
      }),
    })
    expect(set.status).toBe(201)
    token = (await (await signIn()).json()).accessToken
  })

  afterAll(async () => {
    await server.stop()
    await cable.remove()
    await database.drop()
    removeDirectory(directory)
  })

  function start(): Promise<RunningServer> {
    return startServer(
      readConfig({
        WRIT_DATA: join(directory, 'd'),
        WRIT_POLICY: policyFile,
        WRIT_PORT: '0',
        WRIT_URL: 'http://localhost:8484',
        WRIT_LOG: 'silent',
        DATABASE_URL: cable.url,
        DATABASE_OWNER_URL: database.ownerUrl,
      }),
    )
  }

  const signIn = (signal?: AbortSignal) =>
    fetch(`${server.address}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ email: 'owner@acme.test', password: PASSWORD }),
      ...(signal ? { signal } : {}),
    })

  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${server.address}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...init.headers },
    })

  test('while the connection is lost every request that needs it is answered 503 with when to come again, and recovers by itself', async () => {
    expect((await ask('/readyz')).status).toBe(200)
    cable.cut()
    const attempts: [string, Promise<Response>][] = [
      ['a read', ask('/api/v1/me')],
      ['a list', ask('/api/v1/organizations/acme/members')],
      ['a write', ask('/api/v1/organizations/acme', { method: 'PATCH', body: '{"name":"Renamed"}' })],
      [
        'a decision',
        ask('/access/v1/evaluation', {
          method: 'POST',
          body: JSON.stringify({
            subject: { type: 'user', id: 'owner@acme.test' },
            action: { name: 'read' },
            resource: { type: 'leads', id: '*' },
          }),
        }),
      ],
      ['a sign-in', signIn()],
      ['a refresh', ask('/api/v1/auth/refresh', { method: 'POST', body: '{"refreshToken":"writ_rt_x"}' })],
      [
        'a session that nobody has',
        fetch(`${server.address}/api/v1/me`, { headers: { cookie: '__Host-writ_session=x' } }),
      ],
    ]
    for (const [what, attempt] of attempts) {
      const answer = await attempt
      expect(answer.status, what).toBe(503)
      expect(answer.headers.get('content-type'), what).toMatch(/^application\/problem\+json/)
      expect(Number(answer.headers.get('retry-after')), what).toBeGreaterThan(0)
      expect(await answer.json(), what).toMatchObject({
        code: 'unavailable',
        requestId: answer.headers.get('x-request-id'),
      })
    }
    // A forged token needs no database to be refused, and a lost one is no reason to let anybody in.
    expect([401, 503]).toContain(
      (await fetch(`${server.address}/api/v1/me`, { headers: { authorization: 'Bearer a.b.c' } })).status,
    )
    const ready = await ask('/readyz')
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({
      status: 'not ready',
      problems: expect.arrayContaining(['the database cannot be reached']),
    })
    expect((await ask('/healthz')).status).toBe(200)

    cable.mend()
    expect((await ask('/api/v1/me')).status).toBe(200)
    expect((await ask('/readyz')).status).toBe(200)
    expect((await (await ask('/api/v1/organizations/acme')).json()).name).toBe('Acme')
  })

  test('a stop finishes the requests that run, takes no new ones, and leaves nothing unwritten', async () => {
    const received = once(server.app.http.server, 'request')
    const running = signIn()
    await received
    const address = server.address
    const stopped = server.stop()
    const answer = await running
    expect(answer.status).toBe(200)
    const { accessToken } = await answer.json()
    await stopped
    await expect(fetch(`${address}/healthz`)).rejects.toThrow('fetch failed')

    // What the last answer said is there after the next start: the session, and its event under a checkpoint.
    server = await start()
    expect(server.setupUrl).toBeUndefined()
    token = accessToken
    expect((await ask('/api/v1/me')).status).toBe(200)
    const { items } = await (
      await ask('/api/v1/organizations/acme/audit/events?type=sessions.signed_in')
    ).json()
    expect(items).toHaveLength(2)
  })

  test('a start on a database out of reach fails, says so, and leaves nothing behind', async () => {
    cable.cut()
    await expect(start()).rejects.toThrow(/No connection to the PostgreSQL that DATABASE_URL names/)
    cable.mend()
  })
})

describe('the figures', () => {
  let app: TestApp

  beforeAll(async () => {
    app = await startApp({ policy: 'sales-agent' })
  })

  afterAll(() => app.stop())

  test('leads a person who types the address to their account, and a program to the description', async () => {
    const root = (accept: string) => app.request('GET', '/', { headers: { accept } })
    expect((await root('text/html,*/*;q=0.8')).headers.location).toBe('/account')
    expect((await root('*/*')).headers.location).toBe('/docs')
  })

  test('[SA-17] tell failed sign-ins, lockouts, the rate of refreshes and of denials, and no label names a person', async () => {
    const ada = await signedInMember(app, 'acme', { email: 'ada@acme.test', roles: ['user'] })
    const locked = await app.member('acme', { email: 'locked@acme.test', roles: ['user'] })
    const before = await figures()
    for (let i = 0; i < 6; i++)
      await app.request('POST', '/auth/login', {
        body: { email: locked.email, password: 'Wrong-Harbour-47' },
      })
    const { refreshToken } = await openSessionOf(app, ada.member)
    await app.request('POST', '/auth/refresh', { body: { refreshToken } })
    await app.request('POST', '/auth/refresh', { body: { refreshToken: 'writ_rt_unknown' } })
    await app.request('POST', '/organizations/acme/applications', { as: ada, body: { name: 'Guard' } })
    const question = {
      subject: { type: 'user', id: ada.member.email },
      action: { name: 'delete' },
      resource: { type: 'leads', id: '*' },
    }
    await app.request('POST', '/access/v1/evaluation', {
      as: ada,
      body: { ...question, subject: { type: 'user', id: ada.member.wire.user } },
    })
    const after = await figures()
    const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0)
    expect(grown('writ_sign_ins_total{result="failed"}')).toBe(6)
    expect(grown('writ_lockouts_total')).toBe(1)
    expect(grown('writ_token_refreshes_total{result="rotate"}')).toBe(1)
    expect(grown('writ_token_refreshes_total{result="unknown"}')).toBe(1)
    expect(grown('writ_decisions_total{allowed="false",reason="not_granted"}')).toBe(2)
    const text = [...after.keys()].join('\n')
    for (const personal of ['ada', 'locked', '@', 'usr_', 'mem_', ada.member.userId])
      expect(text).not.toContain(personal)
    // By user: the log, for those who may read it.
    const admin = await signedInMember(app, 'acme', { email: 'admin@acme.test', roles: ['admin'] })
    const { body } = await app.request(
      'GET',
      `/organizations/acme/audit/events?type=sessions.sign_in_failed&target=${locked.wire.user}`,
      { as: admin },
    )
    expect(body.items).toHaveLength(6)
  })

  test('count a request under its route, not its address, so that nobody can make labels', async () => {
    for (let i = 0; i < 20; i++) await send(app, 'GET', `/api/v1/invented/${i}`)
    for (let i = 0; i < 20; i++) await send(app, 'GET', `/api/v1/organizations/invented-${i}`)
    expect([...(await figures()).keys()].join('\n')).not.toContain('invented')
  })

  test('are for this machine alone until a token is configured', async () => {
    expect((await send(app, 'GET', '/metrics', { remoteAddress: '192.0.2.1' })).status).toBe(404)
    // A proxy on this machine, not configured as one: everybody has its address.
    for (const header of ['x-forwarded-for', 'forwarded'])
      expect((await send(app, 'GET', '/metrics', { headers: { [header]: '192.0.2.1' } })).status).toBe(404)
    expect(
      (
        await send(app, 'GET', '/metrics', {
          remoteAddress: '192.0.2.1',
          headers: { 'x-forwarded-for': '127.0.0.1' },
        })
      ).status,
    ).toBe(404)
  })

  /** Value by name and labels. */
  async function figures(): Promise<Map<string, number>> {
    const { raw } = await send(app, 'GET', '/metrics')
    const lines = raw.body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(
      lines.map((line) => [
        line.slice(0, line.lastIndexOf(' ')),
        Number(line.slice(line.lastIndexOf(' ') + 1)),
      ]),
    )
  }
})

interface Cable {
  /** Leads through the cable. */
  readonly url: string
  /** Ends every connection and refuses new ones. */
  cut(): void
  mend(): void
  remove(): Promise<void>
}

/** A connection to PostgreSQL that can be cut: the database itself goes on for everybody else. */
async function layCable(databaseUrl: string): Promise<Cable> {
  const target = new URL(databaseUrl)
  const socketDirectory = target.searchParams.get('host')
  const sockets = new Set<Socket>()
  let isCut = false
  const relay: Server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = socketDirectory
      ? connect(join(socketDirectory, `.s.PGSQL.${target.searchParams.get('port')}`))
      : connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.search = ''
  url.hostname = '127.0.0.1'
  url.port = String((relay.address() as { port: number }).port)
  const cut = () => {
    isCut = true
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: url.href,
    cut,
    mend() {
      isCut = false
    },
    async remove() {
      cut()
      await new Promise((resolve) => relay.close(resolve))
    },
  }
}

/**
 * Every route under the same attacks, generated from the router's own list: a route that is added tomorrow is
 * attacked tomorrow.
 *
 * Threats: a route without its guard, ids of another organization, an answer without its protective headers, a
 * restricted action called by hand.
 */
import { type AddressInfo, connect } from 'node:net'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId, toWire } from '#platform/ids'
import { type Answer, send, startApp, type TestApp } from './support/app.ts'
import { connectAs, snapshot } from './support/attack-snapshot.ts'
import {
  addressOf,
  bodies,
  bodyOf,
  call,
  callers,
  comparable,
  createWorld,
  idParamsOf,
  isOfOrganization,
  nameOf,
  newestEvents,
  paramsOf,
  routes,
  unknownId,
  type World,
} from './support/routes.ts'

let app: TestApp
let superuser: pg.Client
let acme: World
let globex: World

beforeAll(async () => {
  app = await startApp({ policy: 'sales-agent' })
  await app.audit.start()
  superuser = await connectAs(app.database.superuserUrl)
  acme = await createWorld(app, 'acme')
  globex = await createWorld(app, 'globex')
})

afterAll(async () => {
  await superuser.end()
  await app.stop()
})

const named = (list: typeof routes) => list.map((route) => [nameOf(route), route] as const)
const AUDIT = [
  'audit_events',
  'audit_personal',
  'audit_pending',
  'audit_logs',
  'audit_leaves',
  'audit_nodes',
  'audit_checkpoints',
  'audit_keys',
]

function expectProblem(answer: Answer, what = ''): void {
  expect(answer.headers['content-type'], what).toMatch(/^application\/problem\+json/)
  const { type, title, status, code, detail, requestId } = answer.body
  expect({ type, status, requestId }, what).toEqual({
    type: 'about:blank',
    status: answer.status,
    requestId: answer.headers['x-request-id'],
  })
  for (const text of [title, code, detail]) expect(text, what).toEqual(expect.any(String))
}

function expectProtected(answer: Answer, what: string): void {
  expect(answer.headers, what).toMatchObject({
    'x-request-id': expect.stringMatching(/^[\w-]{8,}$/),
    'strict-transport-security': expect.stringMatching(/^max-age=\d{8,}/),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  })
}

describe('without a credential that holds', () => {
  const nobody: [string, Record<string, string>][] = [
    ['nothing', {}],
    ['an invented bearer', { authorization: 'Bearer abc.def.ghi' }],
    ['an invented application', { authorization: `Bearer writ_app_${'A'.repeat(43)}` }],
    ['a password', { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` }],
    [
      'an invented cookie',
      { cookie: `__Host-writ_session=${'A'.repeat(43)}`, 'sec-fetch-site': 'same-origin' },
    ],
  ]
  const payloads: [string, unknown, Record<string, string>][] = [
    ['no body', undefined, {}],
    ['garbage', '{"a":', {}],
    ['a huge body', `"${'x'.repeat(5 * 1024 * 1024)}"`, {}],
    ['another content type', '<a/>', { 'content-type': 'text/xml' }],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }],
  ]

  test.each(named(routes.filter(({ access }) => access !== 'anyone')))(
    '[FT-AC-03] 401 and nothing else, whatever is sent: %s',
    async (_name, route) => {
      const known = addressOf(route, paramsOf(acme))
      const unknown = addressOf(route, {
        ...paramsOf(acme),
        organization: 'nobody-here',
        member: 'x',
        session: 'x',
        application: 'x',
        event: 'x',
      })
      const valid = bodyOf(route, acme)
      for (const [who, credential] of nobody) {
        const plain = await call(app, route, known, credential, valid)
        expect(plain.status, who).toBe(401)
        expectProblem(plain, who)
        expect(plain.headers['www-authenticate']).toMatch(/^Bearer/)
        expect(
          comparable(await call(app, route, unknown, credential, valid)),
          'an address that names nothing',
        ).toEqual(comparable(plain))
      }
      for (const [what, body, headers] of payloads) {
        if (route.method === 'GET' && body !== undefined) continue
        const answer = await call(app, route, known, headers, body)
        expect(answer.status, what).toBe(401)
        expectProblem(answer, what)
      }
    },
  )

  test('[FT-AC-03] few routes are for anyone, and each of them is known', () => {
    expect(
      routes
        .filter(({ access }) => access === 'anyone')
        .map(nameOf)
        .sort(),
    ).toEqual([
      'GET /.well-known/authzen-configuration',
      'GET /forward-auth',
      'GET /forward-auth/callback',
      'GET /forward-auth/sign-in',
      'GET /forward-auth/start',
      'POST /api/v1/auth/activate',
      'POST /api/v1/auth/email/refuse',
      'POST /api/v1/auth/login',
      'POST /api/v1/auth/mfa',
      'POST /api/v1/auth/mfa/passkey',
      'POST /api/v1/auth/organization',
      'POST /api/v1/auth/passkey',
      'POST /api/v1/auth/passkey/begin',
      'POST /api/v1/auth/password/change',
      'POST /api/v1/auth/password/forgot',
      'POST /api/v1/auth/password/reset',
      'POST /api/v1/auth/refresh',
      'POST /api/v1/auth/register',
      'POST /api/v1/auth/register/finish',
      'POST /api/v1/invites/accept',
      'POST /api/v1/invites/look',
      'POST /api/v1/setup',
    ])
  })
})

describe('every answer', () => {
  /** What even an administrator of an organization is refused under this policy: it is the platform's. */
  const ofThePlatform = [
    'POST /api/v1/organizations',
    'POST /api/v1/platform/organizations/:id/suspend',
    'POST /api/v1/platform/organizations/:id/activate',
    'POST /api/v1/organizations/:organization/members/:member/move',
  ]

  /** What takes something that a new world does not have, and how it is refused until then. */
  const notYet: Readonly<Record<string, number>> = {
    // The policy does not let people.
    'DELETE /api/v1/me': 403,
    'DELETE /api/v1/me/consents/:purpose': 404,
    'DELETE /api/v1/organizations/:organization/members/:member/leave-date': 404,
    'DELETE /api/v1/organizations/:organization/members/:member/role-change': 404,
    'DELETE /api/v1/me/devices/:device': 404,
    'POST /api/v1/auth/email/verify': 422,
    'POST /api/v1/auth/email/confirm': 422,
    'DELETE /api/v1/me/applications/:client': 404,
    'POST /api/v1/me/email/verification': 409,
    'POST /api/v1/me/invites/accept': 422,
    'POST /api/v1/me/mfa/totp/confirm': 409,
    'POST /api/v1/me/mfa/totp/remove': 409,
    'POST /api/v1/me/mfa/recovery-codes': 409,
    'POST /api/v1/me/passkeys/finish': 403,
    'PATCH /api/v1/me/passkeys/:passkey': 404,
    'POST /api/v1/me/passkeys/:passkey/remove': 404,
  }

  test.each(named(routes))('[SA-16] carries the protective headers: %s', async (name, route) => {
    // Routes that take something away work in a world of their own.
    const world = route.method === 'GET' ? acme : await createWorld(app, `own-${routes.indexOf(route)}`)
    const params = { ...paramsOf(world), ...(route.path.startsWith('/platform') ? { id: world.wire } : {}) }
    const query =
      name.startsWith('DELETE') && name.endsWith(':member')
        ? '?acknowledge=history-stays'
        : name.endsWith('consistency')
          ? '?from=1'
          : ''
    const target =
      route.path === '/me/sessions/:session'
        ? { ...params, session: toWire('ses', world.admin.sessionId) }
        : params
    const headers = route.access === 'anyone' ? {} : callers['access token']!(world)
    const answer = await call(app, route, addressOf(route, target) + query, headers, bodyOf(route, world))
    expectProtected(answer, name)
    if (ofThePlatform.includes(name)) expect(answer.status).toBe(403)
    else if (name in notYet) expect(answer.status).toBe(notYet[name])
    else if (route.access !== 'anyone') expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
    if (answer.status >= 400) expectProblem(answer)
    for (const refused of [{}, { authorization: 'Bearer x' }]) {
      expectProtected(await call(app, route, addressOf(route, params), refused, 'not json'), 'refused')
    }
  })

  test('[SA-16] carries them also where there is no route, no such method, no acceptable body, or a failure of ours', async () => {
    const as = acme.admin
    const answers: [string, number, Answer][] = [
      ['an unknown address', 404, await send(app, 'GET', '/api/v1/nothing/here')],
      ['the root', 302, await send(app, 'GET', '/')],
      ['a method it does not answer', 404, await send(app, 'PUT', '/api/v1/me', { as })],
      ['HEAD', 404, await send(app, 'HEAD', '/api/v1/me', { as })],
      ['OPTIONS', 404, await send(app, 'OPTIONS', '/api/v1/me')],
      [
        'an address that cannot be decoded',
        404,
        await send(app, 'GET', '/api/v1/organizations/%E0%A4%A', { as }),
      ],
      ['health', 200, await send(app, 'GET', '/healthz')],
      ['readiness', 200, await send(app, 'GET', '/readyz')],
      ['metrics', 200, await send(app, 'GET', '/metrics')],
      ['the description', 200, await send(app, 'GET', '/openapi.json')],
      ['not JSON', 400, await send(app, 'PATCH', '/api/v1/me', { as, body: '{' })],
      ['too large', 413, await send(app, 'PATCH', '/api/v1/me', { as, body: `"${'x'.repeat(2 ** 21)}"` })],
      [
        'another type',
        415,
        await send(app, 'PATCH', '/api/v1/me', { as, body: 'x', headers: { 'content-type': 'text/plain' } }),
      ],
    ]
    for (const [what, status, answer] of answers) {
      expectProtected(answer, what)
      expect(answer.status, what).toBe(status)
      if (status >= 400 && what !== 'HEAD') expectProblem(answer, what)
    }
  })

  test('[SA-16] carries them also to bytes that are no HTTP request', async () => {
    await app.http.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.http.server.address() as AddressInfo
    for (const bytes of [
      '\x16\x03\x01 hello',
      'GET / HTTP/9.9\r\n\r\n',
      `GET / HTTP/1.1\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`,
    ]) {
      const answer = await exchange(port, bytes)
      const [head = '', body = ''] = answer.split('\r\n\r\n')
      expect(head).toMatch(/^HTTP\/1\.1 400 /)
      for (const line of [
        'x-content-type-options: nosniff',
        'x-frame-options: DENY',
        'strict-transport-security: max-age=',
      ]) {
        expect(head).toContain(line)
      }
      expect(head).toContain(`x-request-id: ${JSON.parse(body).requestId}`)
    }
  })

  test('[SA-16] to a failure of ours says nothing of its cause', async () => {
    await superuser.query('alter table resources rename to resources_away')
    const answer = await send(app, 'GET', '/organizations/acme/resources/leads', { as: acme.admin })
    await superuser.query('alter table resources_away rename to resources')
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal' } })
    expectProblem(answer)
    expectProtected(answer, 'failure')
    expect(answer.raw.body).not.toMatch(/resources|relation|select|error:|\.ts/i)
  })

  test('names its own request, also when the client sends an id of another', async () => {
    const headers = { 'x-request-id': 'of-somebody-else' }
    const [first, second] = [
      await send(app, 'GET', '/me', { as: acme.admin, headers }),
      await send(app, 'GET', '/me', { as: acme.admin, headers }),
    ]
    expect(first.headers['x-request-id']).not.toBe('of-somebody-else')
    expect(first.headers['x-request-id']).not.toBe(second.headers['x-request-id'])
  })
})

describe('another organization', () => {
  const ofOrganization = routes.filter(isOfOrganization)

  test.each(named(ofOrganization))(
    '[FT-AC-05] [FT-AC-06] [PS-02] is not there, by name or id, for any credential: %s',
    async (_name, route) => {
      const before = await snapshot(superuser)
      for (const [kind, callerOf] of Object.entries(callers)) {
        const headers = callerOf(acme)
        const body = bodyOf(route, globex)
        const at = (organization: string) =>
          call(app, route, addressOf(route, { ...paramsOf(globex), organization }), headers, body)
        const nowhere = comparable(await at('nobody-here'))
        const isLetIn = kind !== 'application credential' || route.access === 'application'
        expect(nowhere, kind).toMatchObject({ status: isLetIn ? 404 : 403 })
        for (const organization of [
          globex.slug,
          globex.wire,
          toWire('org', newId(app.clock.now())),
          'platform',
          globex.slug.toUpperCase(),
        ]) {
          expect(comparable(await at(organization)), `${kind}: ${organization}`).toEqual(nowhere)
        }
      }
      expect(await snapshot(superuser, { except: AUDIT })).toEqual(
        Object.fromEntries(Object.entries(before).filter(([table]) => !AUDIT.includes(table))),
      )
    },
  )

  /** The ids of resources are the application's own: both organizations may register `lead-1`. */
  const createsUnderAnyId = 'PUT /api/v1/organizations/:organization/resources/:type/:id'
  const withIds = routes.filter(
    (route) => idParamsOf(route).length > 0 && nameOf(route) !== createsUnderAnyId,
  )

  test.each(named(withIds))(
    '[FT-AC-06] [FT-OM-17] has ids that are answered like ids that nobody has: %s',
    async (_name, route) => {
      const before = await snapshot(superuser, { except: AUDIT })
      for (const [kind, callerOf] of Object.entries(callers)) {
        const own = { ...paramsOf(acme), ...(route.path.startsWith('/platform') ? { id: acme.wire } : {}) }
        for (const param of idParamsOf(route)) {
          const at = (id: string) =>
            call(app, route, addressOf(route, { ...own, [param]: id }), callerOf(acme), bodyOf(route, acme))
          const nobody = route.path.startsWith('/platform')
            ? toWire('org', newId(app.clock.now()))
            : unknownId(param, app)
          const foreign = route.path.startsWith('/platform') ? globex.wire : paramsOf(globex)[param]!
          const answer = comparable(await at(nobody))
          expect(answer).toMatchObject({
            status: expect.toSatisfy((status: number) => [403, 404].includes(status)),
          })
          expect(comparable(await at(foreign)), `${kind}: ${param}`).toEqual(answer)
          expect(comparable(await at(foreign.toUpperCase())), `${kind}: ${param} in upper case`).toEqual(
            answer,
          )
        }
      }
      expect(await snapshot(superuser, { except: AUDIT })).toEqual(before)
    },
  )

  const askAbout = (change: (theirs: World) => Record<string, unknown>) => (theirs: World) => ({
    subject: { type: 'user', id: acme.victim.member.wire.user },
    action: { name: 'read' },
    resource: { type: 'leads', id: acme.lead },
    ...change(theirs),
  })
  const inBodies: [string, string, (theirs: World) => Record<string, unknown>][] = [
    [
      'POST /api/v1/organizations/:organization/transfer-ownership',
      'member',
      (theirs) => ({ member: theirs.victim.member.wire.member }),
    ],
    [
      'POST /api/v1/organizations/:organization/audit/erasures',
      'user',
      (theirs) => ({ user: theirs.victim.member.wire.user }),
    ],
    ['POST /api/v1/auth/switch', 'organization by name', (theirs) => ({ organization: theirs.slug })],
    ['POST /api/v1/auth/switch', 'organization by id', (theirs) => ({ organization: theirs.wire })],
    ...['evaluation', 'explain', 'evaluations'].flatMap(
      (end): [string, string, (theirs: World) => Record<string, unknown>][] => [
        [
          `POST /access/v1/${end}`,
          'organization by name',
          askAbout(({ slug }) => ({ context: { organization: slug } })),
        ],
        [
          `POST /access/v1/${end}`,
          'organization by id',
          askAbout(({ wire }) => ({ context: { organization: wire } })),
        ],
        [
          `POST /access/v1/${end}`,
          'subject by id',
          askAbout(({ victim }) => ({ subject: { type: 'user', id: victim.member.wire.user } })),
        ],
        [
          `POST /access/v1/${end}`,
          'subject by address',
          askAbout(({ victim }) => ({ subject: { type: 'user', id: victim.member.email } })),
        ],
        [
          `POST /access/v1/${end}`,
          'bearer',
          askAbout(({ victim }) => ({ subject: { type: 'token', id: victim.accessToken } })),
        ],
        [
          `POST /access/v1/${end}`,
          'resource',
          askAbout(({ lead }) => ({ resource: { type: 'leads', id: lead } })),
        ],
      ],
    ),
    [
      'POST /access/v1/search/subject',
      'organization',
      askAbout(({ slug }) => ({ subject: { type: 'user' }, context: { organization: slug } })),
    ],
    [
      'POST /access/v1/search/resource',
      'subject',
      askAbout(({ victim }) => ({
        subject: { type: 'user', id: victim.member.wire.user },
        resource: { type: 'leads' },
      })),
    ],
    [
      'POST /access/v1/search/action',
      'organization',
      askAbout(({ slug }) => ({ action: undefined, context: { organization: slug } })),
    ],
  ]

  test.each(inBodies)(
    '[FT-OM-17] has ids that are answered like ids that nobody has, in a body: %s, %s',
    async (name, _what, bodyFor) => {
      const route = routes.find((each) => nameOf(each) === name)!
      const nobody = unknownWorld(globex)
      for (const caller of ['access token', 'application credential']) {
        if (caller !== 'access token' && route.access !== 'application') continue
        const at = (theirs: World) =>
          call(app, route, addressOf(route, paramsOf(acme)), callers[caller]!(acme), bodyFor(theirs))
        // An answer may repeat the id it was asked about.
        const told = (answer: Answer, theirs: World) =>
          JSON.stringify(comparable(answer)).replaceAll(theirs.lead, 'LEAD').replaceAll(theirs.slug, 'SLUG')
        const foreign = await at(globex)
        expect(told(foreign, globex), caller).toEqual(told(await at(nobody), nobody))
        expect(foreign.status).toBeLessThan(500)
      }
    },
  )

  /** A world of the same shape that is nowhere. */
  function unknownWorld(like: World): World {
    const id = () => newId(app.clock.now())
    const wire = { user: toWire('usr', id()), member: toWire('mem', id()), organization: toWire('org', id()) }
    const member = { ...like.victim.member, email: 'nobody@nowher.test', wire }
    return {
      ...like,
      slug: 'nowher',
      wire: wire.organization,
      lead: 'lead-of-nowher',
      victim: { ...like.victim, accessToken: 'a.b.c', member },
    }
  }
})

describe('a restricted action tried by hand', () => {
  const changing = routes.filter(
    (route) =>
      route.method !== 'GET' &&
      (isOfOrganization(route) ||
        route.path.startsWith('/platform') ||
        nameOf(route) === 'POST /api/v1/organizations'),
  )

  test.each(named(changing))(
    '[FT-AC-21] [FT-OM-20] [PS-17] is refused, changes nothing and is in the log: %s',
    async (_name, route) => {
      const before = await snapshot(superuser, { except: AUDIT })
      const params = { ...paramsOf(acme), ...(route.path.startsWith('/platform') ? { id: acme.wire } : {}) }
      const headers = { authorization: `Bearer ${acme.lowly.accessToken}`, 'user-agent': 'by hand' }
      const answer = await call(app, route, addressOf(route, params), headers, bodyOf(route, acme))
      expect(answer).toMatchObject({
        status: 403,
        body: { code: 'forbidden', permission: expect.stringMatching(/^[\w-]+:[\w-]+$/) },
      })
      expect(await snapshot(superuser, { except: AUDIT })).toEqual(before)
      const { rows, personal } = await newestEvents(app, 'acme', 1)
      expect(rows[0]).toMatchObject({
        type: 'decisions.denied',
        outcome: 'denied',
        actorKind: 'user',
        actorId: acme.lowly.member.userId,
        requestId: answer.headers['x-request-id'],
        leaf: { reason: answer.body.reason, data: { permission: answer.body.permission } },
      })
      expect(personal[0]).toMatchObject({ ip: { value: '127.0.0.1' }, userAgent: { value: 'by hand' } })
    },
  )

  test('every route that takes a body has one in support/routes.ts, and no more', () => {
    expect(Object.keys(bodies).sort()).toEqual(
      routes
        .filter(({ body }) => body)
        .map(nameOf)
        .sort(),
    )
  })
})

/** Sends bytes as they are; answers everything that comes back. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
  })
}

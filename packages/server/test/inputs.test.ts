/**
 * Input that no route was made for, generated from the router's list: refused as the client's fault, within a bound,
 * with nothing changed.
 *
 * Threats: a failure that can be provoked at will, a body that costs more to read than to send, values that the
 * database or the log cannot hold, prototype pollution, traversal.
 */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, startApp, type TestApp } from './support/app.ts'
import { malformedBodies, strangeQueries, strangeSegments, wrongValues } from './support/attack-inputs.ts'
import { connectAs, snapshot } from './support/attack-snapshot.ts'
import {
  addressOf,
  bodyOf,
  call,
  callers,
  createWorld,
  nameOf,
  paramsOf,
  routes,
  type World,
} from './support/routes.ts'

/** Milliseconds in which even a loaded machine has refused what needs no work. */
const BOUND = 5_000

let app: TestApp
let superuser: pg.Client
let world: World

beforeAll(async () => {
  app = await startApp({ policy: 'sales-agent' })
  await app.audit.start()
  superuser = await connectAs(app.database.superuserUrl)
  world = await createWorld(app, 'acme')
})

afterAll(async () => {
  await superuser.end()
  await app.stop()
})

const named = (list: typeof routes) => list.map((route) => [nameOf(route), route] as const)

function expectRefusal(answer: Answer, what: string): void {
  const seen = `${what}: ${answer.status} ${JSON.stringify(answer.body)?.slice(0, 300)}`
  expect(answer.status, seen).toBeGreaterThanOrEqual(400)
  expect(answer.status, seen).toBeLessThan(500)
  expect(answer.headers['content-type'], seen).toMatch(/^application\/problem\+json/)
  // What was sent does not come back at length.
  expect(answer.raw.body.length, seen).toBeLessThan(20_000)
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const result = await work()
  expect(performance.now() - start, `${what} took`).toBeLessThan(BOUND)
  return result
}

/** Every table as it is, without what a refusal rightly writes: the log, and the count of wrong passwords. */
const tables = () =>
  snapshot(superuser, {
    ignoreColumns: ['failed_sign_ins', 'last_failed_at'],
    except: [
      'audit_events',
      'audit_personal',
      'audit_pending',
      'audit_logs',
      'audit_leaves',
      'audit_nodes',
      'audit_checkpoints',
      'audit_keys',
    ],
  })

function headersFor(route: (typeof routes)[number]): Record<string, string> {
  return route.access === 'anyone' ? {} : callers['access token']!(world)
}

describe('a body', () => {
  const withBody = routes.filter(({ body }) => body !== undefined)

  test.each(named(withBody))(
    'that cannot be what it should be is refused and changes nothing: %s',
    async (_name, route) => {
      const before = await tables()
      const address = addressOf(route, paramsOf(world))
      for (const [what, body, headers] of malformedBodies(bodyOf(route, world)!)) {
        if (what === 'nothing' && route.body!.safeParse(undefined).success) continue
        const answer = await timed(what, () =>
          callRaw(
            route,
            address,
            { ...headersFor(route), 'content-type': 'application/json', ...headers },
            body,
          ),
        )
        expectRefusal(answer, what)
      }
      expect(await tables()).toEqual(before)
    },
  )

  /** AuthZEN 1.0 section 5: fields that a decision point does not know are not an error. */
  const strict = withBody.filter(({ check }) => check === undefined)

  test.each(named(strict))('with a field that is not declared is refused: %s', async (_name, route) => {
    const before = await tables()
    for (const field of ['unknown', 'isAdmin', 'organizationId', 'id', 'status']) {
      const body = { ...bodyOf(route, world), [field]: 'x' }
      expectRefusal(await call(app, route, addressOf(route, paramsOf(world)), headersFor(route), body), field)
    }
    expect(await tables()).toEqual(before)
  })

  test.each(named(withBody))(
    'with a value of another type or size is refused or understood, never a failure: %s',
    async (_name, route) => {
      const valid = bodyOf(route, world)!
      const address = addressOf(route, paramsOf(world))
      for (const field of Object.keys(valid)) {
        for (const [what, value] of wrongValues) {
          const before = await tables()
          const answer = await timed(`${field}: ${what}`, () =>
            call(app, route, address, headersFor(route), { ...valid, [field]: value }),
          )
          if (answer.status < 300) continue
          expectRefusal(answer, `${field}: ${what}`)
          expect(await tables(), `${field}: ${what} was refused`).toEqual(before)
        }
      }
    },
  )

  function callRaw(
    route: (typeof routes)[number],
    address: string,
    headers: Record<string, string>,
    payload: string | Buffer,
  ): Promise<Answer> {
    return app.inject({ method: route.method as 'POST', url: address, headers, payload }).then((raw) => ({
      status: raw.statusCode,
      body: raw.body === '' ? '' : raw.json(),
      headers: raw.headers,
      raw,
    }))
  }
})

describe('an address', () => {
  const withParams = routes.filter(({ path }) => /:|\*/.test(path))

  test.each(named(withParams))(
    'with anything in the place of a name or id is refused or understood, never a failure: %s',
    async (_name, route) => {
      const own = { ...paramsOf(world), ...(route.path.startsWith('/platform') ? { id: world.wire } : {}) }
      const params = [...route.path.matchAll(/:(\w+)|\*/g)].map((match) => match[1] ?? '*')
      const headers = headersFor(route)
      for (const param of params) {
        for (const segment of strangeSegments) {
          const address = addressOf(route, { ...own, [param]: segment })
          const answer = await timed(address, () => call(app, route, address, headers, bodyOf(route, world)))
          // The application names its own resources: most texts are a good id for one.
          if (answer.status < 300 && param === 'id') continue
          if (answer.status < 300 && route.method === 'GET' && param === 'type') continue
          expectRefusal(answer, address.slice(0, 200))
        }
      }
    },
  )

  test.each(named(routes.filter(({ method }) => method === 'GET')))(
    'with any query is refused or understood, never a failure: %s',
    async (_name, route) => {
      for (const query of strangeQueries) {
        const address = addressOf(route, paramsOf(world)) + query
        const answer = await timed(query, () => call(app, route, address, headersFor(route)))
        if (answer.status >= 300) expectRefusal(answer, query.slice(0, 100))
      }
    },
  )
})

describe('the server', () => {
  test('is well after all of this: no prototype was changed, and it still answers', async () => {
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined()
    expect((await app.request('GET', '/me', { as: world.admin })).status).toBe(200)
    expect((await app.request('GET', '/readyz')).status).toBe(200)
  })
})

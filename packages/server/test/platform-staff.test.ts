/**
 * The platform's staff in the organizations, generated from the router's list: where the policy lets them act directly
 * everything they set off stands in both logs; where it takes a support access they find nothing.
 *
 * Threats: an act of the staff that the platform's auditor, or the organization's, does not see; a route that lets staff
 * in without an opened support access; a role of the platform that some route gives.
 */
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from './support/app.ts'
import { openSessionOf, type SignedIn } from './support/attack-sessions.ts'
import { drive, type Stage } from './support/mutations.ts'
import { quickPolicy } from './support/policies.ts'
import {
  addressOf,
  bodies,
  bodyOf,
  call,
  createWorld,
  isOfOrganization,
  nameOf,
  paramsOf,
  routes,
  type World,
} from './support/routes.ts'

/** The policy of the worlds, with a role above them. */
function policyWith(platformAccess: 'direct' | 'support'): string {
  const root =
    '  root: { scope: platform, allow: ["*:*"], assign: ["*"], assignedBy: console, privileged: true }\n'
  return quickPolicy('sales-agent')
    .replace(/platformAccess: \w+/, `platformAccess: ${platformAccess}`)
    .replace(/^roles:\n/m, `roles:\n${root}`)
    .replace(/^( {2}by: \[)/m, '$1root, ')
}

const named = (list: typeof routes) => list.map((route) => [nameOf(route), route] as const)
const ofOrganizations = routes.filter(isOfOrganization)

async function staffOf(app: TestApp): Promise<SignedIn> {
  return openSessionOf(app, await app.platformMember({ email: 'staff@platform.test', role: 'root' }))
}

describe('where a support access is needed, staff without one', () => {
  let app: TestApp
  let world: World
  let staff: SignedIn
  beforeAll(async () => {
    app = await startApp({ policy: policyWith('support') })
    await app.audit.start()
    world = await createWorld(app, 'acme')
    staff = await staffOf(app)
  })
  afterAll(() => app.stop())

  test.each(named(ofOrganizations))('[FT-AC-19] [FT-AC-20] find nothing: %s', async (_name, route) => {
    const headers = { authorization: `Bearer ${staff.accessToken}` }
    for (const organization of [world.slug, world.wire]) {
      const address = addressOf(route, { ...paramsOf(world), organization })
      const answer = await call(app, route, address, headers, bodyOf(route, world))
      expect([answer.status, answer.body.code]).toEqual([404, 'organizations.not_found'])
    }
  })
})

describe('where staff act directly', () => {
  let app: TestApp
  let staff: SignedIn
  let count = 0
  beforeAll(async () => {
    app = await startApp({ policy: policyWith('direct') })
    await app.audit.start()
    staff = await staffOf(app)
    await app.organization('elsewhere')
  })
  afterAll(() => app.stop())

  interface Leaf {
    readonly id: string
    readonly type: string
    readonly actor: { readonly id?: string }
    readonly counterpart?: { readonly organization: string; readonly event: string }
  }
  async function logged(organization: string, requestId: string): Promise<Leaf[]> {
    const { id } = await app.organization(organization)
    return app.ownerDb.transaction(`org:${id}`, async (tx) => {
      const { rows } = await sql<{ leaf: string }>`
        select leaf from audit_events where organization_id = ${id} and request_id = ${requestId} order by id`.execute(
        tx,
      )
      return rows.map(({ leaf }) => JSON.parse(leaf) as Leaf)
    })
  }

  /** As the world's administrator would do it in support/mutations.ts, but by the staff. */
  async function driveAsStaff(route: (typeof routes)[number]) {
    const stage = {
      app,
      world: async () => ({ ...(await createWorld(app, `world-${++count}`)), admin: staff }),
    } as unknown as Stage
    return drive(stage, route)
  }

  // What an owner hands over is an owner's, not the platform's.
  const acts = ofOrganizations.filter(
    ({ method, base, path }) => method !== 'GET' && base !== '' && !path.endsWith('/transfer-ownership'),
  )
  test.each(named(acts))(
    '[FT-AC-19] [PS-02] both logs have it, each naming the other: %s',
    async (_name, route) => {
      const driven = await driveAsStaff(route)
      // A route whose entry has an app of its own is driven there.
      if (driven.app !== app) return driven.app.stop()
      const requestId = driven.answer.headers['x-request-id'] as string
      const there = await logged(`world-${count}`, requestId)
      const here = await logged('platform', requestId)
      expect(there, JSON.stringify(driven.answer.body)).not.toEqual([])
      for (const event of there) {
        expect(event.actor.id, event.type).toBe(staff.member.userId)
        const twin = here.find(({ id }) => id === event.counterpart?.event)
        expect(twin, event.type).toMatchObject({ type: event.type, counterpart: { event: event.id } })
      }
    },
  )

  describe('a role of the platform', () => {
    /** Wherever a body names roles. */
    const naming = (route: (typeof routes)[number], world: World) => {
      const body = route.body && bodies[nameOf(route)]?.(world)
      if (!body) return undefined
      if ('roles' in body) return { ...body, roles: ['root'] }
      return 'role' in body ? { ...body, role: 'root' } : undefined
    }

    test('[BM-07] is given by no route: not by an owner, not by the staff who hold it, not to oneself', async () => {
      const world = await createWorld(app, `world-${++count}`)
      const before = await holders()
      const tried: string[] = []
      for (const route of routes) {
        const body = naming(route, world)
        if (!body) continue
        tried.push(nameOf(route))
        for (const who of [world.admin, staff, world.victim]) {
          const headers = { authorization: `Bearer ${who.accessToken}` }
          const answer = await call(app, route, addressOf(route, paramsOf(world)), headers, body)
          expect(answer.status, `${nameOf(route)}: ${JSON.stringify(answer.body)}`).toBeGreaterThanOrEqual(
            400,
          )
          expect(answer.status, nameOf(route)).toBeLessThan(500)
        }
      }
      expect(tried).toEqual(
        expect.arrayContaining(
          [
            'POST /members',
            'PATCH /members/:member',
            'POST /members/:member/move',
            'POST /members/:member/role-change',
            'POST /invites',
          ].map((each) => each.replace(' ', ' /api/v1/organizations/:organization')),
        ),
      )
      expect(await holders()).toEqual(before)
    })

    /** Who holds it, and whom an invite would give it. */
    async function holders() {
      const client = new pg.Client({ connectionString: app.database.superuserUrl })
      await client.connect()
      const { rows } = await client.query(
        `select user_id::text as holder from user_roles where role = 'root' and ended_at is null
         union all select id::text from invites where 'root' = any (roles)
         union all select id::text from offboardings where 'root' = any (roles)`,
      )
      await client.end()
      return rows
    }
  })
})

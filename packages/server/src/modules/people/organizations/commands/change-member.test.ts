import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'

let app: TestApp

function memberPath(member: TestMember, rest = ''): string {
  return `/organizations/${member.organization}/members/${member.wire.member}${rest}`
}

/** Types of the events that `work` leaves in an organization's log. */
async function eventsOf(slug: string, work: () => Promise<unknown>): Promise<string[]> {
  const before = await app.events(slug)
  await work()
  return (await app.events(slug)).slice(before.length)
}

let count = 0
function newMember(slug: string, role: string): Promise<TestMember> {
  count++
  return app.member(slug, { email: `member-${count}@example.com`, roles: [role] })
}

async function signedIn(slug: string, role: string): Promise<{ member: TestMember; tokens: Tokens }> {
  const member = await newMember(slug, role)
  return { member, tokens: await app.signIn(member.email) }
}

async function rolesOf(member: TestMember, as: Tokens): Promise<string[]> {
  return (await app.request('GET', memberPath(member), { as })).body.roles
}

/** By actor: whose holders it administers, and which roles it gives. As the documents have it. */
interface Reach {
  readonly administers: readonly string[]
  readonly gives: readonly string[]
}

/** Every actor tries to deactivate every role, and to give every role; each cell asserts answer, effect and log. */
function matrix(
  policy: string,
  reach: Readonly<Record<string, Reach>>,
  ids: { administer: string; give: string },
): void {
  const roles = Object.keys(reach)
  const lowest = roles.at(-1)!

  describe(`who may act on whom in ${policy}`, () => {
    const actors = new Map<string, Tokens>()
    let watcher: Tokens

    beforeAll(async () => {
      app = await startApp({ policy })
      for (const role of roles) actors.set(role, (await signedIn('acme', role)).tokens)
      watcher = actors.get(roles[0]!)!
    })
    afterAll(() => app.stop())

    for (const actor of roles) {
      for (const target of roles) {
        const allowed = reach[actor]!.administers.includes(target)
        test(`${ids.administer} ${actor} ${allowed ? 'deactivates' : 'does not deactivate'} ${target}`, async () => {
          const member = await newMember('acme', target)
          let status = 0
          const events = await eventsOf('acme', async () => {
            status = (await app.request('POST', memberPath(member, '/deactivate'), { as: actors.get(actor) }))
              .status
          })
          const after = await app.request('GET', memberPath(member), { as: watcher })
          expect(status).toBe(allowed ? 200 : 403)
          expect(after.body.status).toBe(allowed ? 'deactivated' : 'active')
          expect(events.filter((type) => type === 'members.deactivated')).toHaveLength(allowed ? 1 : 0)
          if (!allowed)
            expect(events).toEqual([expect.stringMatching(/^(decisions\.denied|members\.refused)$/)])
        })

        const given = reach[actor]!.gives.includes(target) && reach[actor]!.administers.includes(lowest)
        const title = `${ids.give} ${actor} ${given ? 'gives' : 'does not give'} ${target} to ${lowest}`
        if (target !== lowest) {
          test(title, async () => {
            const member = await newMember('acme', lowest)
            let status = 0
            const events = await eventsOf('acme', async () => {
              const body = { roles: [target] }
              status = (await app.request('PATCH', memberPath(member), { as: actors.get(actor), body }))
                .status
            })
            expect(status).toBe(given ? 200 : 403)
            expect(await rolesOf(member, watcher)).toEqual([given ? target : lowest])
            const refusals = /^(decisions\.denied|members\.refused|roles\.assignment_refused)$/
            expect(events).toEqual([given ? 'roles.changed' : expect.stringMatching(refusals)])
          })
        }
      }
    }
  })
}

const everybody = ['tenant_admin', 'admin', 'staff', 'accountant', 'customer']
const belowAdmin = ['staff', 'accountant', 'customer']
matrix(
  'business-manager',
  {
    tenant_admin: { administers: everybody, gives: everybody },
    admin: { administers: belowAdmin, gives: belowAdmin },
    staff: { administers: [], gives: [] },
    accountant: { administers: [], gives: [] },
    customer: { administers: [], gives: [] },
  },
  { administer: '[BM-09]', give: '[BM-08] [BM-14]' },
)

const all = ['owner', 'admin', 'scientist', 'technician', 'viewer']
const belowOwner = all.slice(1)
matrix(
  'flask-track',
  {
    owner: { administers: all, gives: all },
    admin: { administers: belowOwner, gives: belowOwner },
    scientist: { administers: [], gives: [] },
    technician: { administers: [], gives: [] },
    viewer: { administers: [], gives: [] },
  },
  { administer: '[FT-OM-06] [FT-AC-14]', give: '[FT-OM-20]' },
)

describe('change member', () => {
  let admin: { member: TestMember; tokens: Tokens }

  beforeAll(async () => {
    app = await startApp({ policy: 'business-manager' })
    admin = await signedIn('acme', 'tenant_admin')
  })
  afterAll(() => app.stop())

  test('[BM-15] a new role holds from the very next request on, and the log has the previous and the new one', async () => {
    const { member, tokens } = await signedIn('acme', 'staff')
    expect((await app.request('GET', '/organizations/acme/members', { as: tokens })).status).toBe(403)
    const answer = await app.request('PATCH', memberPath(member), {
      as: admin.tokens,
      body: { roles: ['admin'] },
    })
    expect(answer).toMatchObject({ status: 200, body: { roles: ['admin'] } })
    expect((await app.request('GET', '/organizations/acme/members', { as: tokens })).status).toBe(200)

    await app.request('PATCH', memberPath(member), { as: admin.tokens, body: { roles: ['staff'] } })
    expect((await app.request('GET', '/organizations/acme/members', { as: tokens })).status).toBe(403)
    const { body } = await app.request('GET', `/organizations/acme/audit/events?type=roles.changed&limit=2`, {
      as: admin.tokens,
    })
    expect(body.items[0]).toMatchObject({
      actor: { kind: 'user', id: admin.member.wire.user },
      target: { type: 'member', id: member.wire.member },
      before: { roles: ['admin'] },
      after: { roles: ['staff'] },
    })
  })

  test('[BM-05] the log names the administrator who acted and the member who was affected', async () => {
    const { member } = await signedIn('acme', 'customer')
    await app.request('PATCH', memberPath(member), {
      as: admin.tokens,
      body: { roles: ['staff'], name: 'Grace Hopper' },
    })
    const { body } = await app.request('GET', '/organizations/acme/audit/events?limit=2', {
      as: admin.tokens,
    })
    expect(body.items.map((event: { type: string }) => event.type)).toEqual([
      'members.renamed',
      'roles.changed',
    ])
    for (const event of body.items) {
      expect(event.actor).toMatchObject({ kind: 'user', id: admin.member.wire.user })
      expect(event.target).toEqual({ type: 'member', id: member.wire.member })
      expect(event.data).toMatchObject({ user: member.userId })
    }
    expect(body.items[0]).toMatchObject({
      before: { name: member.email.split('@')[0] },
      after: { name: 'Grace Hopper' },
    })
  })

  test('[BM-03] a member has exactly one role', async () => {
    const { member } = await signedIn('acme', 'customer')
    const two = await app.request('PATCH', memberPath(member), {
      as: admin.tokens,
      body: { roles: ['staff', 'accountant'] },
    })
    expect(two).toMatchObject({ status: 422, body: { code: 'roles.one_only' } })
    const none = await app.request('PATCH', memberPath(member), { as: admin.tokens, body: { roles: [] } })
    expect(none.status).toBe(422)
    expect(await rolesOf(member, admin.tokens)).toEqual(['customer'])
  })

  test('[BM-03] there is no way to give a single permission', async () => {
    const { member } = await signedIn('acme', 'customer')
    for (const body of [{ permissions: ['refund:pos'] }, { roles: ['refund:pos'] }]) {
      expect((await app.request('PATCH', memberPath(member), { as: admin.tokens, body })).status).toBe(422)
    }
    expect(await rolesOf(member, admin.tokens)).toEqual(['customer'])
  })

  test('[BM-07] [FT-OM-20] a platform role cannot be given through the API, and the attempt is in the log', async () => {
    const { member } = await signedIn('acme', 'customer')
    const events = await eventsOf('acme', async () => {
      const answer = await app.request('PATCH', memberPath(member), {
        as: admin.tokens,
        body: { roles: ['super_admin'] },
      })
      expect(answer).toMatchObject({ status: 403, body: { code: 'roles.operator_only' } })
    })
    expect(events).toEqual(['roles.assignment_refused'])
  })

  test('[BM-14] nobody raises themselves', async () => {
    const { member, tokens } = await signedIn('acme', 'admin')
    for (const role of ['tenant_admin', 'accountant']) {
      expect(
        (await app.request('PATCH', memberPath(member), { as: tokens, body: { roles: [role] } })).status,
      ).toBe(403)
    }
    expect(await rolesOf(member, tokens)).toEqual(['admin'])
  })

  test('[BM-14] roles raised for an hour give nothing for good', async () => {
    const { member, tokens } = await signedIn('acme', 'staff')
    await app.ownerDb.transaction(`org:${member.organizationId}`, async (tx) => {
      const { id } = await tx.selectFrom('policyVersions').select('id').executeTakeFirstOrThrow()
      await tx
        .insertInto('userRoles')
        .values({
          organizationId: member.organizationId,
          id: crypto.randomUUID(),
          memberId: member.memberId,
          userId: member.userId,
          role: 'tenant_admin',
          source: 'elevation',
          policyVersionId: id,
          assignedBy: 'system:test',
          assignedAt: app.clock.now(),
          expiresAt: new Date(app.clock.now().getTime() + 3_600_000),
        })
        .execute()
    })
    const answer = await app.request('PATCH', memberPath(member), {
      as: tokens,
      body: { roles: ['tenant_admin'] },
    })
    expect(answer).toMatchObject({ status: 403, body: { code: 'roles.above_your_own' } })
  })

  test('a role the policy does not know is refused with those it knows', async () => {
    const { member } = await signedIn('acme', 'customer')
    const answer = await app.request('PATCH', memberPath(member), {
      as: admin.tokens,
      body: { roles: ['boss'] },
    })
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'roles.unknown', role: 'boss', roles: everybody },
    })
  })

  test('[BM-04] a member of another tenant does not exist, nor does their tenant', async () => {
    const stranger = await newMember('globex', 'customer')
    const body = { roles: ['staff'] }
    const events = await eventsOf('globex', async () => {
      const there = await app.request('PATCH', memberPath(stranger), { as: admin.tokens, body })
      expect(there).toMatchObject({ status: 404, body: { code: 'organizations.not_found' } })
      const here = `/organizations/acme/members/${stranger.wire.member}`
      expect(await app.request('PATCH', here, { as: admin.tokens, body })).toMatchObject({
        status: 404,
        body: { code: 'members.not_found' },
      })
    })
    expect(events).toEqual([])
  })

  test('[BM-04] the platform administrator acts in every tenant, and both logs have it', async () => {
    await app.platformMember({ email: 'root@example.com', role: 'super_admin' })
    const root = await app.signIn('root@example.com')
    const member = await newMember('globex', 'customer')
    let there: string[] = []
    const platform = await eventsOf('platform', async () => {
      there = await eventsOf('globex', async () => {
        const answer = await app.request('PATCH', memberPath(member), {
          as: root,
          body: { roles: ['tenant_admin'] },
        })
        expect(answer).toMatchObject({ status: 200, body: { roles: ['tenant_admin'] } })
      })
    })
    expect([there, platform]).toEqual([['roles.changed'], ['roles.changed']])
  })
})

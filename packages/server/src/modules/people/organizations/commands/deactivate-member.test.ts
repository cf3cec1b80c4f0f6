import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send, startApp, type TestApp, type TestMember, type Tokens } from '#test/app'

let app: TestApp
let count = 0

function path(member: TestMember, rest = ''): string {
  return `/organizations/${member.organization}/members/${member.wire.member}${rest}`
}

async function signedIn(slug: string, role: string): Promise<{ member: TestMember; tokens: Tokens }> {
  const member = await app.member(slug, { email: `member-${++count}@example.com`, roles: [role] })
  return { member, tokens: await app.signIn(member.email, { organization: slug }) }
}

async function eventsOf(slug: string, work: () => Promise<unknown>): Promise<string[]> {
  const before = await app.events(slug)
  await work()
  return (await app.events(slug)).slice(before.length)
}

describe('deactivate and reactivate, several memberships an account', () => {
  let owner: { member: TestMember; tokens: Tokens }

  beforeAll(async () => {
    app = await startApp({ policy: 'flask-track' })
    owner = await signedIn('lab', 'owner')
  })
  afterAll(() => app.stop())

  test('[FT-AC-23] [BM-17] access token, refresh token and session end at once, on every node', async () => {
    const sibling = await app.sibling()
    const { member, tokens } = await signedIn('lab', 'scientist')
    expect((await send(sibling, 'GET', '/organizations/lab', { as: tokens })).status).toBe(200)
    const events = await eventsOf('lab', async () => {
      const answer = await app.request('POST', path(member, '/deactivate'), { as: owner.tokens })
      expect(answer).toMatchObject({ status: 200, body: { status: 'deactivated' } })
    })
    expect(events).toEqual(['members.deactivated', 'sessions.ended'])
    for (const node of [app, sibling]) {
      expect((await send(node, 'GET', '/organizations/lab', { as: tokens })).status).toBe(401)
      const body = { refreshToken: tokens.refreshToken }
      expect((await send(node, 'POST', '/auth/refresh', { body })).status).toBe(401)
      expect((await send(node, 'GET', '/me', { headers: { cookie: tokens.cookie } })).status).toBe(401)
    }
    const login = { email: member.email, password: member.password }
    expect((await app.request('POST', '/auth/login', { body: login })).status).toBe(401)
  })

  test('[FT-OM-10] reactivation brings the roles back, not the sessions; both are in the log', async () => {
    const { member, tokens } = await signedIn('lab', 'scientist')
    await app.request('POST', path(member, '/deactivate'), { as: owner.tokens })
    const events = await eventsOf('lab', async () => {
      const answer = await app.request('POST', path(member, '/reactivate'), { as: owner.tokens })
      expect(answer).toMatchObject({
        status: 200,
        body: { status: 'active', roles: ['scientist'], deactivatedAt: null },
      })
    })
    expect(events).toEqual(['members.reactivated'])
    expect((await app.request('GET', '/organizations/lab', { as: tokens })).status).toBe(401)
    const again = await app.signIn(member.email)
    expect((await app.request('GET', '/organizations/lab', { as: again })).status).toBe(200)
  })

  test('[FT-OM-10] twice is as good as once, and recorded once', async () => {
    const { member } = await signedIn('lab', 'viewer')
    await app.request('POST', path(member, '/deactivate'), { as: owner.tokens })
    const events = await eventsOf('lab', async () => {
      expect((await app.request('POST', path(member, '/deactivate'), { as: owner.tokens })).status).toBe(200)
    })
    expect(events).toEqual([])
  })

  test('[FT-AC-08] [FT-OM-03] it ends this membership and leaves the one in another organization alone', async () => {
    const { member, tokens } = await signedIn('lab', 'viewer')
    const elsewhere = await app.member('other-lab', { email: member.email, roles: ['viewer'] })
    const there = await app.signIn(member.email, { organization: 'other-lab' })
    const events = await eventsOf('other-lab', async () => {
      expect((await app.request('POST', path(member, '/deactivate'), { as: owner.tokens })).status).toBe(200)
    })
    expect(events).toEqual([])
    expect((await app.request('GET', '/organizations/lab', { as: tokens })).status).toBe(401)
    expect((await app.request('GET', '/organizations/other-lab', { as: there })).status).toBe(200)
    expect((await app.request('GET', '/organizations/lab', { as: there })).status).toBe(404)
    expect(elsewhere.userId).toBe(member.userId)
  })

  test('[FT-OM-16] [FT-OM-15] what a member did stays theirs after the end, with time, request and both states', async () => {
    const { member, tokens } = await signedIn('lab', 'admin')
    const { member: target } = await signedIn('lab', 'viewer')
    const change = await app.request('PATCH', path(target), { as: tokens, body: { roles: ['technician'] } })
    await app.request('POST', path(member, '/deactivate'), { as: owner.tokens })
    const { body } = await app.request(
      'GET',
      `/organizations/lab/audit/events?target=${target.wire.member}`,
      { as: owner.tokens },
    )
    expect(body.items[0]).toMatchObject({
      type: 'roles.changed',
      at: app.clock.now().toISOString(),
      actor: { kind: 'user', id: member.wire.user, member: member.wire.member },
      target: { type: 'member', id: target.wire.member },
      requestId: change.headers['x-request-id'],
      before: { roles: ['viewer'] },
      after: { roles: ['technician'] },
    })
    const history = await app.request('GET', path(target, '/assignments'), { as: owner.tokens })
    expect(history.body.items[0]).toMatchObject({
      role: 'technician',
      assignedBy: `user:${member.wire.user}`,
    })
  })

  test('a member of another organization is not found', async () => {
    const { member } = await signedIn('third-lab', 'viewer')
    const answer = await app.request('POST', `/organizations/lab/members/${member.wire.member}/deactivate`, {
      as: owner.tokens,
    })
    expect(answer).toMatchObject({ status: 404, body: { code: 'members.not_found' } })
  })
})

describe('deactivate and reactivate, one membership an account', () => {
  let owner: { member: TestMember; tokens: Tokens }

  beforeAll(async () => {
    app = await startApp({ policy: 'business-manager' })
    owner = await signedIn('farm', 'tenant_admin')
  })
  afterAll(() => app.stop())

  test('[BM-17] the account goes with the membership and comes back with it', async () => {
    const { member, tokens } = await signedIn('farm', 'staff')
    const events = await eventsOf('farm', async () => {
      const answer = await app.request('POST', path(member, '/deactivate'), { as: owner.tokens })
      expect(answer.body).toMatchObject({ status: 'deactivated', accountStatus: 'deactivated' })
    })
    expect(events).toEqual(['members.deactivated', 'sessions.ended', 'identity.account_deactivated'])
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(401)
    const back = await app.request('POST', path(member, '/reactivate'), { as: owner.tokens })
    expect(back.body).toMatchObject({ status: 'active', accountStatus: 'active' })
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(401)
    expect((await app.request('GET', '/me', { as: await app.signIn(member.email) })).status).toBe(200)
  })

  test('[BM-17] a token of the deactivated member is refused whatever it says', async () => {
    const { member, tokens } = await signedIn('farm', 'admin')
    await app.request('POST', path(member, '/deactivate'), { as: owner.tokens })
    // The token itself is good for 7 days under this policy.
    app.clock.advance(60)
    expect((await app.request('GET', '/organizations/farm/members', { as: tokens })).status).toBe(401)
  })

  test('[BM-17] an administrator who is demoted while acting cannot finish', async () => {
    const { member, tokens } = await signedIn('farm', 'admin')
    const targets = await Promise.all(
      Array.from({ length: 8 }, () =>
        app.member('farm', { email: `t-${++count}@example.com`, roles: ['staff'] }),
      ),
    )
    const [demotion, ...answers] = await Promise.all([
      app.request('PATCH', path(member), { as: owner.tokens, body: { roles: ['customer'] } }),
      ...targets.map((target) => app.request('POST', path(target, '/deactivate'), { as: tokens })),
    ])
    expect(demotion.status).toBe(200)
    expect(answers.every(({ status }) => status === 200 || status === 403)).toBe(true)
    const order = (await app.events('farm')).slice((await app.events('farm')).lastIndexOf('roles.changed'))
    expect(order.filter((type) => type === 'members.deactivated')).toEqual([])
  })
})

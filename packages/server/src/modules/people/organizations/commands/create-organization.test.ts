import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCtx } from '#platform/context'
import { startApp, type TestApp, type Tokens } from '#test/app'

let app: TestApp
let root: Tokens

beforeAll(async () => {
  app = await startApp({ policy: 'flask-track' })
  await app.platformMember({ email: 'staff@platform.example', role: 'platform_staff' })
  await app.member('lab', { email: 'owner@example.com', roles: ['owner'] })
  root = await app.signIn('staff@platform.example')
})
afterAll(() => app.stop())

async function eventsOf(slug: string, work: () => Promise<unknown>): Promise<string[]> {
  const before = await app.events(slug)
  await work()
  return (await app.events(slug)).slice(before.length)
}

const north = { name: 'North Lab', slug: 'north-lab', owner: { email: 'north@example.com', name: 'N' } }

describe('organizations, from the platform', () => {
  test('[FT-OM-01] an organization is created with its owner; each of the two logs has its own event', async () => {
    const events = await eventsOf('platform', async () => {
      const answer = await app.request('POST', '/organizations', { as: root, body: north })
      expect(answer).toMatchObject({ status: 201, body: { slug: 'north-lab', status: 'active' } })
      const login = { email: 'north@example.com', password: answer.body.temporaryPassword }
      expect((await app.request('POST', '/auth/login', { body: login })).body.status).toBe(
        'password_change_required',
      )
    })
    expect(events).toEqual(['organizations.created'])
    const { rows } = await app.database.owner.query('select platform_organization() as id')
    const own = await app.ownerDb.transaction(`org:${rows[0].id}`, (tx) =>
      tx.selectFrom('auditEvents').select('type').where('type', 'like', 'members.%').execute(),
    )
    expect(own).toEqual([])
  })

  test('refuses a slug that is taken, and leaves no account behind', async () => {
    const body = { ...north, owner: { email: 'second@example.com' } }
    const answer = await app.request('POST', '/organizations', { as: root, body })
    expect(answer).toMatchObject({ status: 409, body: { code: 'organizations.slug_taken' } })
    expect(
      (await app.request('POST', '/organizations', { as: root, body: { ...body, slug: 'second-lab' } }))
        .status,
    ).toBe(201)
  })

  test('the owner of a new one may be somebody who has an account', async () => {
    const body = { name: 'Third Lab', slug: 'third-lab', owner: { email: 'owner@example.com' } }
    const answer = await app.request('POST', '/organizations', { as: root, body })
    expect(answer).toMatchObject({ status: 201, body: { temporaryPassword: null } })
    const there = await app.signIn('owner@example.com', { organization: 'third-lab' })
    expect((await app.request('GET', '/organizations/third-lab', { as: there })).status).toBe(200)
  })

  test('[FT-OM-03] members see the organizations they belong to, the platform that all exist, and reaches into none', async () => {
    const own = await app.request('GET', '/organizations', {
      as: await app.signIn('owner@example.com', { organization: 'lab' }),
    })
    expect(own.body.items.map((item: { slug: string }) => item.slug).toSorted()).toEqual(['lab', 'third-lab'])
    expect(own.body.items[0].membership.status).toBe('active')
    const all = await app.request('GET', '/organizations?limit=2', { as: root })
    const rest = await app.request('GET', `/organizations?cursor=${all.body.nextCursor}`, { as: root })
    const slugs = [...all.body.items, ...rest.body.items].map((item: { slug: string }) => item.slug)
    expect(slugs.toSorted()).toEqual(['lab', 'north-lab', 'second-lab', 'third-lab'])
    expect((await app.request('GET', '/organizations/lab', { as: root })).status).toBe(404)
    expect((await app.request('GET', '/organizations/lab/members', { as: root })).status).toBe(404)
  })

  test('a suspended organization admits none of its members until it is restored; both logs have both', async () => {
    const owner = await app.signIn('owner@example.com', { organization: 'lab' })
    const { wire } = await app.organization('lab')
    let platform: string[] = []
    const events = await eventsOf('lab', async () => {
      platform = await eventsOf('platform', async () => {
        expect(
          (await app.request('POST', `/api/v1/platform/organizations/${wire}/suspend`, { as: root })).status,
        ).toBe(204)
        expect(
          (await app.request('POST', `/api/v1/platform/organizations/${wire}/suspend`, { as: root })).status,
        ).toBe(204)
        expect((await app.request('GET', '/organizations/lab', { as: owner })).status).toBe(401)
        expect(
          (await app.request('POST', `/api/v1/platform/organizations/${wire}/activate`, { as: root })).status,
        ).toBe(204)
        expect((await app.request('GET', '/organizations/lab', { as: owner })).status).toBe(200)
      })
    })
    expect([events, platform]).toEqual([
      ['organizations.suspended', 'organizations.activated'],
      ['organizations.suspended', 'organizations.activated'],
    ])
  })

  test('a command that was let in before the suspension does not commit after it', async () => {
    const owner = await app.member('halted', { email: 'owner@halted.example', roles: ['owner'] })
    const { accessToken } = await app.signIn(owner.email)
    const principal = await app.services.ports.principalOfBearer(accessToken, app.clock.now())
    const ctx = createCtx(app.services, {
      requestId: 'test',
      client: { ip: '', userAgent: '' },
      actor: principal!.actor,
      organizationId: owner.organizationId,
      principal,
      policy: principal!.policy,
    })
    await ctx.authorize('update:organization')
    await app.request('POST', `/api/v1/platform/organizations/${owner.wire.organization}/suspend`, {
      as: root,
    })
    await expect(ctx.tx(async () => 'committed')).rejects.toMatchObject({ code: 'unauthorized' })
  })

  test('members of organizations create, suspend and restore none', async () => {
    const owner = await app.signIn('owner@example.com', { organization: 'lab' })
    const { wire } = await app.organization('lab')
    const events = await eventsOf('lab', async () => {
      expect(
        (await app.request('POST', '/organizations', { as: owner, body: { ...north, slug: 'mine' } })).status,
      ).toBe(403)
      expect(
        (await app.request('POST', `/api/v1/platform/organizations/${wire}/suspend`, { as: owner })).status,
      ).toBe(403)
    })
    expect(events).toEqual(['decisions.denied', 'decisions.denied'])
  })
})

describe('an organization changes its own settings', () => {
  test('[FT-OM-13] name and settings are changed by administrators alone, recorded with before and after', async () => {
    const admin = await app.member('lab', { email: 'admin@example.com', roles: ['admin'] })
    const viewer = await app.member('lab', { email: 'viewer@example.com', roles: ['viewer'] })
    const as = await app.signIn(admin.email)
    const change = {
      name: 'Lab One',
      settings: { contacts: { security: 'security@lab.example' }, locale: 'he', timeZone: 'Asia/Jerusalem' },
    }
    const refused = await app.request('PATCH', '/organizations/lab', {
      as: await app.signIn(viewer.email),
      body: change,
    })
    expect(refused.status).toBe(403)
    const answer = await app.request('PATCH', '/organizations/lab', { as, body: change })
    expect(answer).toMatchObject({ status: 200, body: { name: 'Lab One', settings: change.settings } })
    const unchanged = await eventsOf('lab', () =>
      app.request('PATCH', '/organizations/lab', { as, body: change }),
    )
    expect(unchanged).toEqual([])
    const removed = await app.request('PATCH', '/organizations/lab', {
      as,
      body: { settings: { contacts: { security: null }, locale: null } },
    })
    expect(removed.body.settings).toEqual({ timeZone: 'Asia/Jerusalem' })
    const { body } = await app.request('GET', '/organizations/lab/audit/events?type=organizations.changed', {
      as,
    })
    expect(body.items[1]).toMatchObject({
      before: { name: 'lab Ltd', settings: {} },
      after: change,
      actor: { id: admin.wire.user },
    })
    expect(
      (await app.request('PATCH', '/organizations/lab', { as, body: { slug: 'north-lab' } })).body.code,
    ).toBe('organizations.slug_taken')
    expect(
      (
        await app.request('PATCH', '/organizations/lab', {
          as,
          body: { settings: { timeZone: 'Mars/Olympus' } },
        })
      ).status,
    ).toBe(422)
  })
})

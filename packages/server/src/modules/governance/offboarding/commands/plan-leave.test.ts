import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { send, startApp, type TestApp, type TestMember, type Tokens } from '#test/app'

const HOUR = 3_600
let app: TestApp
let admin: TestMember
let asAdmin: Tokens
let slug: string
let count = 0

beforeAll(async () => {
  app = await startApp({ policy: 'business-manager' })
})
afterAll(() => app.stop())

beforeEach(async () => {
  slug = `farm-${++count}`
  admin = await app.member(slug, { email: `admin@${slug}.test`, roles: ['tenant_admin'] })
  asAdmin = await app.signIn(admin.email)
  const settings = { timeZone: 'Asia/Jerusalem' }
  expect(
    (await app.request('PATCH', `/organizations/${slug}`, { as: asAdmin, body: { settings } })).status,
  ).toBe(200)
})

const leaver = (roles = ['staff']) => app.member(slug, { email: `leaver@${slug}.test`, roles })
const path = (who: TestMember) => `/organizations/${slug}/members/${who.wire.member}`
const plan = (who: TestMember, body: object, as = asAdmin) =>
  app.request('POST', `${path(who)}/leave-date`, { as, body })
const tomorrow = () => new Date(app.clock.now().getTime() + 24 * HOUR * 1000).toISOString().slice(0, 10)
const states = async () => {
  const { body } = await app.request('GET', `/organizations/${slug}/offboardings`, { as: asAdmin })
  return body.items.map(({ state }: { state: string }) => state)
}
async function left() {
  return (await app.events(slug)).slice(2)
}

describe('a last day', () => {
  test('[BM-18] ends all access at the end of the day in the organization’s time zone, though no job has run', async () => {
    const who = await leaver()
    const tokens = await app.signIn(who.email)
    const planned = await plan(who, { date: tomorrow() })
    expect(planned).toMatchObject({
      status: 200,
      body: { kind: 'leave', state: 'open', automatic: true, effectiveOn: tomorrow(), raisedAt: null },
    })
    const end = new Date(planned.body.effectiveAt)
    expect(end.getUTCHours()).toBe(22)
    expect(new Date(planned.body.dueAt).getTime() - end.getTime()).toBe(24 * HOUR * 1000)

    const seconds = (end.getTime() - app.clock.now().getTime()) / 1000
    app.clock.advance(seconds - 1)
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(200)
    const sibling = await app.sibling()
    app.clock.advance(1)
    // The attack: everything the leaver has in hand, on whichever server, one instant later.
    for (const server of [app, sibling]) {
      expect((await send(server, 'GET', '/me', { as: tokens })).status).toBe(401)
      const body = { refreshToken: tokens.refreshToken }
      expect((await send(server, 'POST', '/auth/refresh', { body })).status).toBe(401)
      const cookie = { cookie: tokens.cookie }
      expect((await send(server, 'GET', '/me', { headers: cookie })).status).toBe(401)
    }
    const again = await app.request('POST', '/auth/login', {
      body: { email: who.email, password: who.password },
    })
    expect(again).toMatchObject({ status: 401, body: { code: 'sessions.invalid_credentials' } })
    expect(await app.events(slug)).not.toContain('members.deactivated')
  })

  test.each(['termination', 'incident'])(
    '[PS-10] with the occasion %s takes effect in the request',
    async (occasion) => {
      const who = await leaver()
      const tokens = await app.signIn(who.email)
      const planned = await plan(who, { date: '2026-12-31', occasion, reason: 'see the file' })
      expect(planned).toMatchObject({ status: 200, body: { state: 'done', automatic: true } })
      expect((await app.request('GET', '/me', { as: tokens })).status).toBe(401)
      expect(await left()).toEqual([
        'sessions.signed_in',
        'offboarding.leave_planned',
        ...['members.deactivated', 'sessions.ended', 'identity.account_deactivated'],
      ])
    },
  )

  test('with an occasion that the policy does not name waits for its day', async () => {
    const who = await leaver()
    const tokens = await app.signIn(who.email)
    expect((await plan(who, { date: '2026-12-31', occasion: 'leave' })).body.state).toBe('open')
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(200)
  })

  test('that is over deactivates now', async () => {
    const who = await leaver()
    expect((await plan(who, { date: '2026-03-01' })).body.state).toBe('done')
    expect((await app.request('GET', path(who), { as: asAdmin })).body).toMatchObject({
      status: 'deactivated',
      accessEndsAt: null,
    })
  })

  test('is replaced by another, and taken back; the member then stays', async () => {
    const who = await leaver()
    const tokens = await app.signIn(who.email)
    await plan(who, { date: '2026-03-20' })
    app.clock.advance(1)
    const second = await plan(who, { date: tomorrow() })
    expect(await states()).toEqual(['cancelled', 'open'])
    const remove = () => app.request('DELETE', `${path(who)}/leave-date`, { as: asAdmin })
    expect((await remove()).status).toBe(204)
    expect((await remove()).body.code).toBe('offboarding.not_planned')
    app.clock.advance((new Date(second.body.effectiveAt).getTime() - app.clock.now().getTime()) / 1000)
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(200)
    expect(await states()).toEqual(['cancelled', 'cancelled'])
    expect((await left()).filter((type) => type.startsWith('offboarding'))).toEqual([
      ...['offboarding.leave_planned', 'offboarding.leave_planned', 'offboarding.leave_cancelled'],
    ])
  })

  test('of a member who is deactivated before counts as done, and as open when they are taken back', async () => {
    const who = await leaver()
    await plan(who, { date: '2026-12-31', automatic: false })
    await app.request('POST', `${path(who)}/deactivate`, { as: asAdmin })
    expect(await states()).toEqual(['done'])
    await app.request('POST', `${path(who)}/reactivate`, { as: asAdmin })
    expect(await states()).toEqual(['open'])
  })

  test('is set for nobody above, for nobody who is deactivated, never for oneself, nor from elsewhere', async () => {
    const staff = await leaver()
    const asStaff = await app.signIn(staff.email)
    const manager = await app.member(slug, { email: `manager@${slug}.test`, roles: ['admin'] })
    const asManager = await app.signIn(manager.email)
    const gone = await app.member(slug, { email: `gone@${slug}.test`, roles: ['staff'] })
    await app.request('POST', `${path(gone)}/deactivate`, { as: asAdmin })
    const stranger = await app.member(`other-${slug}`, { email: `stranger@${slug}.test`, roles: ['staff'] })
    const date = '2026-12-31'
    for (const [who, as, status, code] of [
      [manager, asStaff, 403, 'forbidden'],
      [admin, asManager, 403, 'members.above_you'],
      [manager, asManager, 403, 'members.yourself'],
      [gone, asAdmin, 409, 'members.inactive'],
      [stranger, asAdmin, 404, 'members.not_found'],
    ] as const) {
      expect(await plan(who, { date }, as)).toMatchObject({ status, body: { code } })
    }
    for (const wrong of ['2026-02-30', '31.12.2026', '1999-12-31', '9999-12-31'])
      expect((await plan(staff, { date: wrong })).body.code).toBe('invalid_input')
    expect(await states()).toEqual([])
  })

  test('[FT-OM-05] leaves no organization without an owner: whoever is to go is none to count on', async () => {
    const second = await app.member(slug, { email: `second@${slug}.test`, roles: ['tenant_admin'] })
    const asSecond = await app.signIn(second.email)
    expect((await plan(second, { date: '2026-12-31' })).status).toBe(200)
    expect((await plan(admin, { date: '2026-12-31' }, asSecond)).body.code).toBe('roles.last_owner')
    expect((await app.request('POST', `${path(admin)}/deactivate`, { as: asSecond })).body.code).toBe(
      'roles.last_owner',
    )
  })

  test('set 20 times at once over two servers is one, and the rest are replaced', async () => {
    const who = await leaver()
    const sibling = await app.sibling()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 ? sibling : app, 'POST', `${path(who)}/leave-date`, {
          as: asAdmin,
          body: { date: '2026-12-31' },
        }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect((await states()).sort()).toEqual([...Array(19).fill('cancelled'), 'open'])
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'

const HOUR = 3_600
let app: TestApp
let slug: string
let asAdmin: Tokens
let count = 0

beforeAll(async () => {
  app = await startApp({ policy: 'business-manager' })
})
afterAll(() => app.stop())

beforeEach(async () => {
  slug = `farm-${++count}`
  const admin = await app.member(slug, { email: `admin@${slug}.test`, roles: ['tenant_admin'] })
  asAdmin = await app.signIn(admin.email)
})

const someone = (roles = ['staff']) => app.member(slug, { email: `p${++count}@${slug}.test`, roles })
const path = (who: TestMember) => `/organizations/${slug}/members/${who.wire.member}`
const today = () => app.clock.now().toISOString().slice(0, 10)
const plan = (who: TestMember, body: object) =>
  app.request('POST', `${path(who)}/leave-date`, { as: asAdmin, body: { date: today(), ...body } })
const offboardings = async () =>
  (await app.request('GET', `/organizations/${slug}/offboardings`, { as: asAdmin })).body.items
const mailsSent = async () =>
  app.ownerDb.transaction('mail', (tx) => tx.selectFrom('mails').select('kind').orderBy('id').execute())

/** From the day's end on, and on another server as well. */
async function runEverywhere(servers: readonly Pick<TestApp, 'jobs'>[]): Promise<void> {
  await Promise.all(servers.map(({ jobs }) => jobs.runOnce()))
}

describe('the watch over deadlines', () => {
  test('[BM-18] deactivates who leaves by themselves, within the deadline, as a rule of the policy', async () => {
    const who = await someone()
    const tokens = await app.signIn(who.email)
    await plan(who, {})
    await app.jobs.runOnce()
    expect((await app.request('GET', path(who), { as: asAdmin })).body.status).toBe('active')
    app.clock.advance(15 * HOUR)
    await runEverywhere([app, await app.sibling()])
    expect((await app.request('GET', path(who), { as: asAdmin })).body).toMatchObject({
      status: 'deactivated',
      accountStatus: 'deactivated',
    })
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(401)
    expect(await offboardings()).toMatchObject([{ state: 'done', raisedAt: null }])
    const events = await app.events(slug)
    expect(events.filter((type) => type === 'members.deactivated')).toHaveLength(1)
    expect(events).toContain('sessions.ended')
    const deactivated = await app.request(
      'GET',
      `/organizations/${slug}/audit/events?type=members.deactivated`,
      { as: asAdmin },
    )
    expect(deactivated.body.items[0]).toMatchObject({
      actor: { kind: 'system', id: 'offboarding' },
      reason: 'last_day',
    })
    // Taken back, they stay: their last day is over and done with.
    await app.request('POST', `${path(who)}/reactivate`, { as: asAdmin })
    await app.jobs.runOnce()
    expect((await app.request('GET', path(who), { as: asAdmin })).body).toMatchObject({
      status: 'active',
      accessEndsAt: null,
    })
    expect(await offboardings()).toMatchObject([{ state: 'done' }])
  })

  test('[BM-18] raises an overdue leaver once, in the log and by mail to those who may deactivate', async () => {
    const who = await someone()
    // May too, and is told; the leaver's own kind may not.
    await app.member(slug, { email: `manager@${slug}.test`, roles: ['admin'] })
    const planned = await plan(who, { automatic: false })
    const before = (await mailsSent()).length
    app.clock.advance((new Date(planned.body.dueAt).getTime() - app.clock.now().getTime()) / 1000 - 1)
    await app.jobs.runOnce()
    expect(await offboardings()).toMatchObject([{ state: 'open', raisedAt: null }])
    app.clock.advance(1)
    const servers = [app, await app.sibling()]
    for (let i = 0; i < 10; i++) await runEverywhere(servers)
    expect(await offboardings()).toMatchObject([
      { state: 'overdue', raisedAt: app.clock.now().toISOString() },
    ])
    expect((await app.events(slug)).filter((type) => type === 'offboarding.overdue')).toHaveLength(1)
    expect((await mailsSent()).slice(before).map(({ kind }) => kind)).toEqual(
      Array(2).fill('offboarding.leave_overdue'),
    )
    // Late is done too.
    await app.request('POST', `${path(who)}/deactivate`, { as: asAdmin })
    expect(await offboardings()).toMatchObject([{ state: 'done' }])
  })

  test('[BM-18] raises a role that was not changed the same day', async () => {
    const who = await someone()
    const body = { effectiveOn: today(), roles: ['accountant'] }
    asAdmin = await app.signIn(`admin@${slug}.test`)
    const planned = await app.request('POST', `${path(who)}/role-change`, { as: asAdmin, body })
    expect(planned.status).toBe(200)
    const seconds = (new Date(planned.body.dueAt).getTime() - app.clock.now().getTime()) / 1000
    app.clock.advance(seconds - 1)
    await app.jobs.runOnce()
    expect(await app.events(slug)).not.toContain('offboarding.overdue')
    app.clock.advance(1)
    await runEverywhere([app, await app.sibling()])
    expect((await app.events(slug)).filter((type) => type === 'offboarding.overdue')).toHaveLength(1)
    expect((await mailsSent()).map(({ kind }) => kind)).toContain('offboarding.role_change_overdue')
  })

  test('leaves a plan alone that was taken back', async () => {
    const who = await someone()
    await plan(who, { automatic: false })
    await app.request('DELETE', `${path(who)}/leave-date`, { as: asAdmin })
    app.clock.advance(100 * HOUR)
    await app.jobs.runOnce()
    asAdmin = await app.signIn(`admin@${slug}.test`)
    expect(await offboardings()).toMatchObject([{ state: 'cancelled' }])
    expect(await app.events(slug)).not.toContain('offboarding.overdue')
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ORIGIN, send, startApp, type TestApp, type TestMember, type Tokens } from '#test/app'

let app: TestApp
let slug: string
let owner: TestMember
let asOwner: Tokens
let count = 0

beforeAll(async () => {
  app = await startApp({ policy: 'business-manager' })
})
afterAll(() => app.stop())

beforeEach(async () => {
  slug = `farm-${++count}`
  owner = await app.member(slug, { email: `owner@${slug}.test`, roles: ['tenant_admin'] })
  asOwner = await app.signIn(owner.email)
})

const path = (who: TestMember) => `/organizations/${slug}/members/${who.wire.member}`
const act = (action: string, who: TestMember, as = asOwner) =>
  app.request('POST', `${path(who)}/${action}`, { as, body: { reason: 'Exported customer data' } })
const someone = (role: string, name = role) =>
  app.member(slug, { email: `${name}@${slug}.test`, roles: [role] })

describe('suspended privileges', () => {
  test('[BM-26] grant nothing from the next request on, are shown, and come back after the review', async () => {
    const admin = await someone('admin')
    const as = await app.signIn(admin.email)
    const list = () => app.request('GET', `/organizations/${slug}/members`, { as })
    expect((await list()).status).toBe(200)
    const before = (await app.events(slug)).length

    const suspended = await act('suspend-privileges', admin)
    expect(suspended).toMatchObject({
      status: 200,
      body: { status: 'active', roles: ['admin'], privilegesSuspendedAt: app.clock.now().toISOString() },
    })
    expect(await list()).toMatchObject({ status: 403, body: { reason: 'not_granted' } })
    // They stay signed in, and what is not privileged is theirs: nobody is thrown out.
    expect((await app.request('GET', '/me', { as })).status).toBe(200)
    // Twice is as good as once.
    await act('suspend-privileges', admin)
    expect((await act('restore-privileges', admin)).body.privilegesSuspendedAt).toBeNull()
    await act('restore-privileges', admin)
    expect((await list()).status).toBe(200)
    expect((await app.events(slug)).slice(before)).toEqual([
      'members.privileges_suspended',
      'decisions.denied',
      'members.privileges_restored',
    ])
  })

  test('[BM-26] rotate the cookie: the session goes on under another secret', async () => {
    const admin = await someone('admin')
    const { cookie } = await app.signIn(admin.email)
    await act('suspend-privileges', admin)
    const headers = { cookie, origin: ORIGIN }
    const next = await app.request('GET', '/me', { headers })
    expect(next.raw.cookies.map(({ name }) => name)).toContain('__Host-writ_session')
  })

  test('are nobody’s own to restore, nor anybody’s to touch above themselves, nor from elsewhere', async () => {
    const admin = await someone('admin')
    const other = await someone('admin', 'second-admin')
    const staff = await someone('staff')
    const [asAdmin, asStaff] = [await app.signIn(admin.email), await app.signIn(staff.email)]
    const stranger = await app.member(`other-${slug}`, { email: `stranger@${slug}.test`, roles: ['admin'] })
    expect((await act('suspend-privileges', owner)).body.code).toBe('members.yourself')
    expect((await act('suspend-privileges', owner, asAdmin)).body.code).toBe('members.above_you')
    expect((await act('suspend-privileges', other, asAdmin)).body.code).toBe('members.above_you')
    expect((await act('suspend-privileges', admin, asStaff)).body.code).toBe('forbidden')
    expect((await act('suspend-privileges', stranger)).body.code).toBe('members.not_found')
    await act('suspend-privileges', admin)
    // The attack: whoever is under review gives themselves back, or has a colleague below do it.
    expect((await act('restore-privileges', admin, asAdmin)).status).toBe(403)
    expect((await act('restore-privileges', admin, asStaff)).status).toBe(403)
  })

  test('[FT-OM-05] do not leave an organization without an owner, also when two suspend each other', async () => {
    expect((await act('suspend-privileges', await someone('tenant_admin', 'second'))).status).toBe(200)
    const third = await someone('tenant_admin', 'third')
    const asThird = await app.signIn(third.email)
    const sibling = await app.sibling()
    const answers = await Promise.all([
      act('suspend-privileges', third),
      send(sibling, 'POST', `${path(owner)}/suspend-privileges`, {
        as: asThird,
        body: { reason: 'You first' },
      }),
    ])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('stop a command that was let in before', async () => {
    const admin = await someone('admin')
    const as = await app.signIn(admin.email)
    const victims = await Promise.all(Array.from({ length: 10 }, (_, i) => someone('staff', `staff-${i}`)))
    const [suspended, ...answers] = await Promise.all([
      act('suspend-privileges', admin),
      ...victims.map((who) => app.request('POST', `${path(who)}/deactivate`, { as })),
    ])
    expect(suspended.status).toBe(200)
    const done = answers.filter(({ status }) => status === 200).length
    // In the log's order: nothing of theirs comes after.
    const events = await app.events(slug)
    const at = events.indexOf('members.privileges_suspended')
    expect(events.slice(at).filter((type) => type === 'members.deactivated')).toHaveLength(0)
    expect(events.filter((type) => type === 'members.deactivated')).toHaveLength(done)
  })
})

describe('an account that is ended for a violation', () => {
  test('[BM-26] is out at once, with the account, and has no role to come back to', async () => {
    const admin = await someone('admin')
    const tokens = await app.signIn(admin.email)
    expect(await act('end-account', admin)).toMatchObject({
      status: 200,
      body: { status: 'deactivated', accountStatus: 'deactivated', roles: [] },
    })
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(401)
    expect((await app.request('POST', `${path(admin)}/reactivate`, { as: asOwner })).body).toMatchObject({
      status: 'active',
      roles: [],
    })
    const again = await app.signIn(admin.email)
    expect((await app.request('GET', `/organizations/${slug}/members`, { as: again })).status).toBe(403)
  })

  test('is not the last owner’s, nor one’s own', async () => {
    const second = await someone('tenant_admin', 'second')
    const asSecond = await app.signIn(second.email)
    expect((await act('end-account', owner)).body.code).toBe('members.yourself')
    await act('suspend-privileges', second)
    expect((await act('end-account', owner, asSecond)).status).toBe(403)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newId } from '#platform/ids'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'

let app: TestApp
let admin: TestMember
let asAdmin: Tokens
let count = 0

beforeAll(async () => {
  app = await startApp({ policy: 'business-manager' })
  admin = await app.member('farm', { email: 'admin@example.com', roles: ['admin'] })
  await app.member('farm', { email: 'owner@example.com', roles: ['tenant_admin'] })
  asAdmin = await app.signIn(admin.email)
})
afterAll(() => app.stop())

const ACKNOWLEDGED = '?acknowledge=history-stays'

function newMember(role: string): Promise<TestMember> {
  return app.member('farm', { email: `member-${++count}@example.com`, roles: [role] })
}

function path(member: TestMember, rest = ''): string {
  return `/organizations/${member.organization}/members/${member.wire.member}${rest}`
}

async function eventsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = await app.events('farm')
  await work()
  return (await app.events('farm')).slice(before.length)
}

describe('delete member', () => {
  test('[BM-19] warns that deactivation is preferred, and does nothing until that is acknowledged', async () => {
    const member = await newMember('staff')
    const events = await eventsOf(async () => {
      const answer = await app.request('DELETE', path(member), { as: asAdmin })
      expect(answer).toMatchObject({ status: 409, body: { code: 'members.deletion_needs_acknowledgement' } })
      expect(answer.body.detail).toContain('Deactivate instead')
    })
    expect(events).toEqual([])
    expect((await app.request('GET', path(member), { as: asAdmin })).status).toBe(200)
  })

  test('[BM-19] the account is gone for good, its history stays', async () => {
    const member = await newMember('staff')
    const tokens = await app.signIn(member.email)
    const events = await eventsOf(async () => {
      expect((await app.request('DELETE', path(member, ACKNOWLEDGED), { as: asAdmin })).status).toBe(204)
    })
    expect(events).toEqual(['sessions.ended', 'roles.ended', 'identity.account_deleted', 'members.deleted'])
    expect((await app.request('GET', path(member), { as: asAdmin })).status).toBe(404)
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(401)
    const login = { email: member.email, password: member.password }
    expect((await app.request('POST', '/auth/login', { body: login })).status).toBe(401)
    const { rows } = await app.database.owner.query('select 1 from users where id = $1', [member.userId])
    expect(rows).toEqual([])

    const asOwner = await app.signIn('owner@example.com')
    const { body } = await app.request(
      'GET',
      `/organizations/farm/audit/events?target=${member.wire.member}`,
      { as: asOwner },
    )
    expect(body.items[0]).toMatchObject({
      type: 'members.deleted',
      actor: { id: admin.wire.user },
      before: { email: member.email, roles: ['staff'] },
    })
    const history = await app.request('GET', path(member, '/assignments'), { as: asAdmin })
    expect(history.body.items).toMatchObject([{ role: 'staff', endedBy: `user:${admin.wire.user}` }])
  })

  test('[BM-19] nobody deletes themselves, and the attempt is in the log', async () => {
    const events = await eventsOf(async () => {
      const answer = await app.request('DELETE', path(admin, ACKNOWLEDGED), { as: asAdmin })
      expect(answer).toMatchObject({ status: 403, body: { code: 'members.yourself' } })
    })
    expect(events).toEqual(['members.refused'])
  })

  test('[BM-19] staff delete nobody, administrators nobody above them', async () => {
    const staff = await newMember('staff')
    const asStaff = await app.signIn(staff.email)
    const customer = await newMember('customer')
    expect((await app.request('DELETE', path(customer, ACKNOWLEDGED), { as: asStaff })).status).toBe(403)
    const above = await newMember('tenant_admin')
    const events = await eventsOf(async () => {
      const answer = await app.request('DELETE', path(above, ACKNOWLEDGED), { as: asAdmin })
      expect(answer).toMatchObject({ status: 403, body: { code: 'members.above_you' } })
    })
    expect(events).toEqual(['members.refused'])
  })

  test('20 deletions at once delete once', async () => {
    const member = await newMember('customer')
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => app.request('DELETE', path(member, ACKNOWLEDGED), { as: asAdmin })),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      204,
      ...Array.from({ length: 19 }, () => 404),
    ])
  })

  test('whose role is above is not erased from the log either', async () => {
    const above = await newMember('tenant_admin')
    const erase = (user: string) =>
      app.request('POST', '/organizations/farm/audit/erasures', { as: asAdmin, body: { user } })
    const events = await eventsOf(async () => {
      expect(await erase(above.wire.user)).toMatchObject({
        status: 403,
        body: { code: 'members.above_you' },
      })
      expect((await erase((await newMember('staff')).wire.user)).status).toBe(200)
    })
    expect(events).toEqual(['members.refused', 'audit.personal_erased'])
  })
})

describe('an account in two organizations', () => {
  test('loses the membership and stays an account', async () => {
    const labs = await startApp({ policy: 'flask-track' })
    const owner = await labs.member('lab', { email: 'owner@example.com', roles: ['owner'] })
    const member = await labs.member('lab', { email: 'both@example.com', roles: ['viewer'] })
    await labs.member('other-lab', { email: 'both@example.com', roles: ['viewer'] })
    const answer = await labs.request('DELETE', path(member, ACKNOWLEDGED), {
      as: await labs.signIn(owner.email),
    })
    expect(answer.status).toBe(204)
    const there = await labs.signIn(member.email)
    expect((await labs.request('GET', '/organizations/other-lab', { as: there })).status).toBe(200)
    expect(await labs.events('lab')).not.toContain('identity.account_deleted')
    await labs.stop()
  })

  // The account would otherwise go, and with it a membership of which the other organization has just been told.
  test('that another organization is taking in at this moment stays, too', async () => {
    const labs = await startApp({ policy: 'flask-track' })
    await labs.member('lab', { email: 'owner@example.com', roles: ['owner'] })
    const member = await labs.member('lab', { email: 'leaving@example.com', roles: ['viewer'] })
    const { id: organizationId } = await labs.organization('other-lab')
    const as = await labs.signIn('owner@example.com')
    const now = labs.clock.now()
    let deleted: ReturnType<typeof labs.request> | undefined
    await labs.ownerDb.transaction(`attach:${organizationId}:${member.userId}`, async (tx) => {
      await tx
        .insertInto('members')
        .values({ organizationId, id: newId(now), userId: member.userId, createdAt: now })
        .execute()
      deleted = labs.request('DELETE', path(member, ACKNOWLEDGED), { as })
      await waitedFor(labs)
    })
    expect((await deleted)?.status).toBe(204)
    expect(await labs.events('lab')).not.toContain('identity.account_deleted')
    await labs.signIn(member.email, { organization: 'other-lab' })
    await labs.stop()
  })
})

/** Until somebody waits for a lock that another transaction holds. */
async function waitedFor({ database }: TestApp): Promise<void> {
  for (;;) {
    const { rowCount } = await database.owner.query(
      'select from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()',
    )
    if (rowCount) return
  }
}

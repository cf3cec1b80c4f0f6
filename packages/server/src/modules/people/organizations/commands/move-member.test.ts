import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { send, startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { openSessionOf } from '#test/attack-sessions'

let app: TestApp
let staff: TestMember
let asStaff: Tokens
let from: string
let to: string
let count = 0

beforeAll(async () => {
  app = await startApp({ policy: 'business-manager' })
  staff = await app.platformMember({ email: 'staff@platform.test', role: 'super_admin' })
  asStaff = await app.signIn(staff.email)
})
afterAll(() => app.stop())

beforeEach(async () => {
  count++
  from = `north-${count}`
  to = `south-${count}`
  await app.member(from, { email: `owner@${from}.test`, roles: ['tenant_admin'] })
  await app.member(to, { email: `owner@${to}.test`, roles: ['tenant_admin'] })
})

const grounds = { reason: 'Works at the other farm now', reference: 'HR-2026-17' }
const someone = (role = 'staff') => app.member(from, { email: `person@${from}.test`, roles: [role] })
const path = (who: TestMember, organization = from) =>
  `/organizations/${organization}/members/${who.wire.member}`
const move = (
  who: TestMember,
  body: object = {},
  as: Tokens = asStaff,
  server: Pick<TestApp, 'http'> = app,
) =>
  send(server as TestApp, 'POST', `${path(who)}/move`, {
    as,
    body: { organization: to, ...grounds, ...body },
  })

describe('a move to another organization', () => {
  test('[BM-16] ends what the person had, begins anew with the default role, and keeps the history', async () => {
    const who = await someone('admin')
    const tokens = await app.signIn(who.email)
    const answer = await move(who)
    expect(answer).toMatchObject({
      status: 200,
      body: {
        organization: { slug: to },
        member: { userId: who.wire.user, email: who.email, roles: ['customer'] },
      },
    })
    expect(answer.body.member.id).not.toBe(who.wire.member)
    // Everything of before is dead, by token, cookie and refresh token.
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(401)
    expect((await app.request('GET', '/me', { headers: { cookie: tokens.cookie } })).status).toBe(401)
    const refresh = await app.request('POST', '/auth/refresh', {
      body: { refreshToken: tokens.refreshToken },
    })
    expect(refresh.status).toBe(401)
    // The old organization has no such member; the new one is theirs, with the same account and password.
    expect((await app.request('GET', path(who), { as: asStaff })).status).toBe(404)
    const again = await app.signIn(who.email)
    expect((await app.request('GET', '/me', { as: again })).body).toMatchObject({
      organization: { slug: to },
      roles: ['customer'],
      user: { id: who.wire.user },
    })
    const { id } = await app.organization(from)
    const held = await app.ownerDb.transaction(`org:${id}`, (tx) =>
      tx.selectFrom('userRoles').select(['role', 'endedBy']).where('userId', '=', who.userId).execute(),
    )
    expect(held).toEqual([{ role: 'admin', endedBy: `user:${staff.userId}` }])
  })

  test('[BM-16] is in the logs of both organizations and of the platform, with reason and reference', async () => {
    const who = await someone()
    await openSessionOf(app, who)
    const before = (await app.events()).length
    await move(who, { role: 'accountant' })
    expect(await app.events(from)).toEqual(['sessions.ended', 'roles.ended', 'members.moved'])
    expect(await app.events(to)).toEqual(['members.added', 'roles.changed', 'members.moved'])
    for (const slug of [from, to]) {
      const as = await app.signIn(`owner@${slug}.test`)
      const { body } = await app.request('GET', `/organizations/${slug}/audit/events?type=members.moved`, {
        as,
      })
      expect(body.items).toHaveLength(1)
      expect(body.items[0]).toMatchObject({
        actor: { kind: 'user', id: staff.wire.user },
        before: { roles: ['staff'] },
        after: { roles: ['accountant'] },
        data: { user: who.userId, reference: grounds.reference },
        personal: { statement: grounds.reason },
        counterpart: { organization: staff.wire.organization },
      })
    }
    expect((await app.events()).slice(before).filter((type) => type === 'members.moved')).toHaveLength(2)
  })

  test('[BM-16] needs a reason and a reference, and each that is missing is named', async () => {
    const who = await someone()
    for (const [body, missing] of [
      [{ reason: undefined }, ['reason']],
      [{ reference: undefined }, ['reference']],
      [{ reason: undefined, reference: undefined }, ['reason', 'reference']],
      [{ reason: '   ' }, ['reason']],
    ] as const) {
      const answer = await move(who, body)
      expect([answer.status, answer.body.errors.map((error: { path: string }) => error.path)]).toEqual([
        422,
        missing,
      ])
    }
    expect((await app.request('GET', path(who), { as: asStaff })).status).toBe(200)
  })

  test('[BM-16] is the platform’s alone: an owner moves nobody, not to where they are an owner too', async () => {
    const who = await someone()
    const as = await app.signIn(`owner@${from}.test`)
    const before = await app.events(from)
    expect(await move(who, {}, as)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    expect((await app.events(from)).slice(before.length)).toEqual(['decisions.denied'])
  })

  test('takes no owner away who is the last, nobody who is deactivated, and goes nowhere', async () => {
    const owner = await app.signIn(`owner@${from}.test`)
    const me = (await app.request('GET', '/me', { as: owner })).body
    const last = { wire: { member: me.member.id } } as TestMember
    expect((await move(last)).body.code).toBe('roles.last_owner')
    const who = await someone()
    expect((await move(who, { organization: from })).body.code).toBe('members.moved_nowhere')
    expect((await move(who, { organization: 'nobody-here' })).body.code).toBe('organizations.not_found')
    expect((await move(who, { organization: 'platform' })).body.code).toBe('organizations.not_found')
    const { wire } = await app.organization(to)
    await app.request('POST', `/api/v1/platform/organizations/${wire}/suspend`, { as: asStaff })
    expect((await move(who)).body.code).toBe('members.moved_nowhere')
    await app.request('POST', `/api/v1/platform/organizations/${wire}/activate`, { as: asStaff })
    await app.request('POST', `${path(who)}/deactivate`, { as: asStaff })
    expect((await move(who)).body.code).toBe('members.inactive')
  })

  test('[BM-07] gives no role of the platform, and none that is unknown', async () => {
    const who = await someone()
    expect((await move(who, { role: 'super_admin' })).body.code).toBe('roles.operator_only')
    expect((await move(who, { role: 'nobody' })).body.code).toBe('roles.unknown')
    // Undone as a whole: the person is where they were.
    expect((await app.request('GET', path(who), { as: asStaff })).body.roles).toEqual(['staff'])
  })

  test('asked for 20 times at once over two servers happens once', async () => {
    const who = await someone()
    const sibling = await app.sibling()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => move(who, {}, asStaff, i % 2 ? sibling : app)),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(19).fill(404)])
    expect((await app.events(to)).filter((type) => type === 'members.added')).toHaveLength(1)
  })

  test('there and back is two moves, with a membership of its own each time', async () => {
    const who = await someone()
    const there = (await move(who)).body.member.id
    const back = await app.request('POST', `/organizations/${to}/members/${there}/move`, {
      as: asStaff,
      body: { organization: from, ...grounds },
    })
    expect(back.status).toBe(200)
    expect([who.wire.member, there]).not.toContain(back.body.member.id)
  })
})

import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { PASSWORD, send, startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { quickPolicy } from '#test/policies'

let app: TestApp
let owner: TestMember
let admin: TestMember
let asOwner: Tokens
let asAdmin: Tokens
let count = 0

const INVITES = '/organizations/lab/invites'
const address = () => `invitee-${++count}@example.com`

async function eventsOf(slug: string, work: () => Promise<unknown>): Promise<string[]> {
  const before = await app.events(slug)
  await work()
  return (await app.events(slug)).slice(before.length)
}

/** Invites and reads the token from the mail. */
async function invited(email: string, role = 'scientist', as = asAdmin) {
  const { status, body } = await app.request('POST', INVITES, { as, body: { email, role } })
  expect([status, body.code]).toEqual([201, undefined])
  const mail = (await app.mails()).findLast(({ to }) => to === email)!
  return { id: body.id as string, token: new URL(mail.url!).searchParams.get('token')! }
}

const accept = (token: string, more: object = {}) =>
  app.request('POST', '/invites/accept', { body: { token, name: 'New Person', password: PASSWORD, ...more } })
const look = (token: string) => app.request('POST', '/invites/look', { body: { token } })
const seen = async (id: string) => (await app.request('GET', `${INVITES}/${id}`, { as: asOwner })).body
const memberPath = ({ wire }: TestMember) => `/organizations/lab/members/${wire.member}`

/** Until another connection to the same database does. */
async function waitsForALock(client: pg.Client): Promise<void> {
  await vi.waitFor(async () => {
    const { rows } = await client.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    expect(rows).toHaveLength(1)
  })
}

beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('flask-track') })
  owner = await app.member('lab', { email: 'owner@example.com', roles: ['owner'] })
  admin = await app.member('lab', { email: 'admin@example.com', name: 'Admin', roles: ['admin'] })
  asOwner = await app.signIn(owner.email)
  asAdmin = await app.signIn(admin.email)
})
afterAll(() => app.stop())

describe('a person without an account', () => {
  test('[FT-OM-11] sees what is offered, sets name and password, and is an active member with the role', async () => {
    const email = address()
    const { id, token } = await invited(email)
    expect(await look(token)).toMatchObject({
      status: 200,
      body: { organization: { slug: 'lab' }, email, roles: ['Scientist'], hasAccount: false },
    })
    const events = await eventsOf('lab', async () => {
      const answer = await accept(token)
      expect(answer).toMatchObject({ status: 201, body: { organization: { slug: 'lab' }, email } })
      // Nobody is signed in by a link.
      expect(answer.body).not.toHaveProperty('accessToken')
      expect(answer.raw.cookies).toEqual([])
    })
    expect(events).toEqual(['identity.account_created', 'members.added', 'roles.changed', 'invites.accepted'])
    const as = await app.signIn(email)
    expect((await app.request('GET', '/me', { as })).body).toMatchObject({
      user: { email, name: 'New Person' },
      roles: ['scientist'],
    })
    const { items } = (await app.request('GET', `/organizations/lab/members?q=${email}`, { as: asAdmin }))
      .body
    expect(items).toMatchObject([
      { status: 'active', invitation: 'accepted', emailVerified: true, roles: ['scientist'] },
    ])
    expect(await seen(id)).toMatchObject({ state: 'accepted', memberId: items[0].id })
  })

  test('the assignment names the inviter as who gave the role', async () => {
    const email = address()
    await accept((await invited(email)).token)
    const { id } = await app.organization('lab')
    const row = await app.ownerDb.transaction(`org:${id}`, (tx) =>
      tx
        .selectFrom('userRoles as r')
        .innerJoin('users as u', 'u.id', 'r.userId')
        .select(['r.assignedBy', 'r.source'])
        .where('u.email', '=', email)
        .executeTakeFirstOrThrow(),
    )
    expect(row).toEqual({ assignedBy: `user:${admin.userId}`, source: 'assigned' })
  })

  test('a password that the policy refuses leaves the link unspent', async () => {
    const { token } = await invited(address())
    const weak = await accept(token, { password: 'short' })
    expect(weak).toMatchObject({ status: 422, body: { code: 'identity.weak_password' } })
    expect((await accept(token)).status).toBe(201)
  })

  test('[FT-OM-12] a link works once: of 20 at once on two servers one makes the member', async () => {
    const email = address()
    const { token } = await invited(email)
    const other = await app.sibling()
    const body = { token, name: 'New Person', password: PASSWORD }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => send(i % 2 ? app : other, 'POST', '/invites/accept', { body })),
    )
    const made = answers.filter(({ status }) => status === 201)
    expect(made).toHaveLength(1)
    for (const { status, body: refused } of answers.filter((answer) => !made.includes(answer))) {
      expect([409, 422]).toContain(status)
      expect(['invites.link_dead', 'invites.sign_in_first']).toContain(refused.code)
    }
    expect((await accept(token)).body.code).toBe('invites.link_dead')
    const { items } = (await app.request('GET', `/organizations/lab/members?q=${email}`, { as: asAdmin }))
      .body
    expect(items).toHaveLength(1)
  })

  test('[FT-OM-12] a link expires after the time that the policy gives it, to the second', async () => {
    const { token } = await invited(address())
    const late = await invited(address())
    app.clock.advance(7 * 86_400 - 1)
    expect((await look(token)).status).toBe(200)
    app.clock.advance(1)
    for (const answer of [await look(late.token), await accept(late.token)])
      expect(answer).toMatchObject({ status: 422, body: { code: 'invites.link_dead' } })
    asOwner = await app.signIn(owner.email)
    asAdmin = await app.signIn(admin.email)
    expect((await seen(late.id)).state).toBe('expired')
  })

  test('a link of a suspended organization is dead while it is', async () => {
    await app.member('closing', { email: 'closing@example.com', roles: ['owner'] })
    const as = await app.signIn('closing@example.com')
    const email = address()
    await app.request('POST', '/organizations/closing/invites', { as, body: { email, role: 'viewer' } })
    const token = new URL((await app.mails()).findLast(({ to }) => to === email)!.url!).searchParams.get(
      'token',
    )!
    const { id } = await app.organization('closing')
    const set = (status: string) =>
      app.ownerDb.transaction(`org:${id}`, (tx) =>
        tx.updateTable('organizations').set({ status }).where('id', '=', id).execute(),
      )
    await set('suspended')
    expect((await look(token)).body.code).toBe('invites.link_dead')
    expect((await accept(token)).body.code).toBe('invites.link_dead')
    await set('active')
    expect((await accept(token)).status).toBe(201)
  })

  test('is not told apart: wrong, spent, revoked and replaced links are answered alike', async () => {
    const spent = await invited(address())
    await accept(spent.token)
    const revoked = await invited(address())
    await app.request('DELETE', `${INVITES}/${revoked.id}`, { as: asAdmin })
    const replaced = await invited(address())
    app.clock.advance(60)
    await app.request('POST', `${INVITES}/${replaced.id}/resend`, { as: asAdmin })
    const events = await eventsOf('lab', async () => {
      const answers = await Promise.all(
        ['writ_inv_none', spent.token, revoked.token, replaced.token].map((token) => accept(token)),
      )
      const bodies = answers.map(({ body }) => ({ ...body, requestId: '' }))
      expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1)
    })
    expect(events).toEqual([])
  })
})

describe('the inviter', () => {
  const refused = async (token: string, id: string, reason: string) => {
    const events = await eventsOf('lab', async () => {
      const answer = await accept(token)
      expect(answer).toMatchObject({ status: 403, body: { code: 'invites.not_offered' } })
      // What became of the inviter is the organization's to know.
      expect(answer.body).not.toHaveProperty('reason')
    })
    expect(events).toEqual(['invites.refused', 'invites.revoked'])
    expect(await seen(id)).toMatchObject({ state: 'revoked', revokedBecause: reason })
    // It does not come back with the inviter's rights.
    expect((await accept(token)).body.code).toBe('invites.link_dead')
  }

  async function inviter(role = 'admin') {
    const member = await app.member('lab', { email: `inviter-${++count}@example.com`, roles: [role] })
    return { member, tokens: await app.signIn(member.email) }
  }

  // An administrator who is about to lose the role could otherwise leave doors open behind them.
  test('[FT-OM-11] who was demoted since offers nothing any more', async () => {
    const { member, tokens } = await inviter()
    const { id, token } = await invited(address(), 'admin', tokens)
    await app.request('PATCH', memberPath(member), { as: asOwner, body: { roles: ['scientist'] } })
    await refused(token, id, 'not_granted')
  })

  test('[FT-OM-11] who may still invite, but gives that role no more, does not give it by an old invite', async () => {
    const { member, tokens } = await inviter('owner')
    const { id, token } = await invited(address(), 'owner', tokens)
    await app.request('PATCH', memberPath(member), { as: asOwner, body: { roles: ['admin'] } })
    await refused(token, id, 'roles.above_your_own')
  })

  test('who was deactivated since offers nothing any more', async () => {
    const { member, tokens } = await inviter()
    const { id, token } = await invited(address(), 'viewer', tokens)
    await app.request('POST', `${memberPath(member)}/deactivate`, { as: asOwner })
    await refused(token, id, 'membership_inactive')
  })

  test('who was deleted since offers nothing any more', async () => {
    const { member, tokens } = await inviter()
    const { id, token } = await invited(address(), 'viewer', tokens)
    await app.request('DELETE', `${memberPath(member)}?acknowledge=history-stays`, { as: asOwner })
    await refused(token, id, 'inviter_gone')
  })

  test('whose last day is over, or whose privileges are suspended, offers nothing any more', async () => {
    const { id: organization } = await app.organization('lab')
    for (const [change, reason] of [
      [{ accessEndsAt: app.clock.now() }, 'membership_inactive'],
      [{ privilegesSuspendedAt: app.clock.now() }, 'not_granted'],
    ] as const) {
      const { member, tokens } = await inviter()
      const { id, token } = await invited(address(), 'viewer', tokens)
      await app.ownerDb.transaction(`org:${organization}`, (tx) =>
        tx.updateTable('members').set(change).where('id', '=', member.memberId).execute(),
      )
      await refused(token, id, reason)
    }
  })

  // Accepting in the very moment: what is read of the inviter must not be taken back before the member is made.
  test('[attack] who is being demoted while it is accepted is waited for, and then offers nothing', async () => {
    const { member, tokens } = await inviter()
    const { token } = await invited(address(), 'admin', tokens)
    const client = new pg.Client({ connectionString: app.database.superuserUrl })
    await client.connect()
    try {
      await client.query('begin')
      await client.query('update members set revision = revision + 1 where id = $1', [member.memberId])
      await client.query("update user_roles set ended_at = now(), ended_by = 'test' where member_id = $1", [
        member.memberId,
      ])
      const accepting = accept(token)
      await waitsForALock(client)
      await client.query('commit')
      expect(await accepting).toMatchObject({ status: 403, body: { code: 'invites.not_offered' } })
    } finally {
      await client.end()
    }
  })
})

describe('one organization an account', () => {
  let farms: TestApp
  beforeAll(async () => {
    farms = await startApp({ policy: quickPolicy('sales-agent') })
    await farms.member('acme', { email: 'admin@example.com', roles: ['admin'] })
  })
  afterAll(() => farms.stop())

  test('an account of another organization does not join by an invite either', async () => {
    const as = await farms.signIn('admin@example.com')
    const person = await farms.member('globex', { email: 'elsewhere@example.com', roles: ['user'] })
    const made = await farms.request('POST', '/organizations/acme/invites', {
      as,
      body: { email: person.email },
    })
    expect(made.status).toBe(201)
    const token = new URL((await farms.mails()).at(-1)!.url!).searchParams.get('token')
    const answer = await farms.request('POST', '/me/invites/accept', {
      as: await farms.signIn(person.email),
      body: { token },
    })
    expect(answer).toMatchObject({ status: 409, body: { code: 'members.account_exists' } })
  })
})

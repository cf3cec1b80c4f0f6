import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
const acceptAs = (as: Tokens, token: string) =>
  app.request('POST', '/me/invites/accept', { as, body: { token } })
const look = (token: string) => app.request('POST', '/invites/look', { body: { token } })
const seen = async (id: string) => (await app.request('GET', `${INVITES}/${id}`, { as: asOwner })).body
const memberPath = ({ wire }: TestMember) => `/organizations/lab/members/${wire.member}`

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

  test('demoted while it is accepted: either the member was made before, or the invite is refused', async () => {
    for (let i = 0; i < 5; i++) {
      const { member, tokens } = await inviter()
      const { token } = await invited(address(), 'admin', tokens)
      const [accepted, demoted] = await Promise.all([
        accept(token),
        app.request('PATCH', memberPath(member), { as: asOwner, body: { roles: ['viewer'] } }),
      ])
      expect(demoted.status).toBe(200)
      expect([201, 403]).toContain(accepted.status)
    }
  })
})

describe('a person with an account', () => {
  // Mailbox and token are one factor: an account with a second one would be joined, or renamed, without it.
  test('[attack] the token alone opens no account that exists: no password, no name, no session', async () => {
    const person = await app.member('other-lab', { email: address(), name: 'Their Name', roles: ['viewer'] })
    const { id, token } = await invited(person.email)
    expect((await look(token)).body.hasAccount).toBe(true)
    const events = await eventsOf('lab', async () => {
      const answer = await accept(token, { password: 'Attackers-Choice-9' })
      expect(answer).toMatchObject({ status: 409, body: { code: 'invites.sign_in_first' } })
    })
    expect(events).toEqual([])
    expect((await seen(id)).state).toBe('pending')
    await app.signIn(person.email, { organization: 'other-lab' })
  })

  test('[FT-OM-11] accepts signed in, in whatever organization, and keeps password and name', async () => {
    const person = await app.member('other-lab', { email: address(), name: 'Their Name', roles: ['viewer'] })
    const { token } = await invited(person.email)
    const as = await app.signIn(person.email)
    const events = await eventsOf('lab', async () => {
      expect(await acceptAs(as, token)).toMatchObject({
        status: 201,
        body: { organization: { slug: 'lab' } },
      })
    })
    expect(events).toEqual(['members.added', 'roles.changed', 'invites.accepted'])
    // The session is for the organization it was opened in.
    expect((await app.request('GET', '/organizations/lab', { as })).status).toBe(404)
    const there = await app.signIn(person.email, { organization: 'lab' })
    expect((await app.request('GET', '/me', { as: there })).body).toMatchObject({
      user: { name: 'Their Name' },
      roles: ['scientist'],
    })
  })

  // A link that was forwarded, or read over a shoulder.
  test('[FT-OM-12] [attack] the invite is for the invited address only', async () => {
    const { id, token } = await invited(address())
    const mallory = await app.member('other-lab', { email: address(), roles: ['viewer'] })
    const as = await app.signIn(mallory.email)
    expect(await acceptAs(as, token)).toMatchObject({ status: 403, body: { code: 'invites.other_address' } })
    expect((await seen(id)).state).toBe('pending')
    expect((await accept(token)).status).toBe(201)
  })

  // Mallory has an account made for the victim's address and keeps its password; the victim is then invited by somebody
  // else. Joining with that account would let Mallory in beside them.
  test('[attack] pre-registration hijack: an account over the address that nobody has proven takes no invite', async () => {
    const victim = address()
    await app.member('hostile', { email: 'mallory@hostile.test', roles: ['owner'] })
    const asMallory = await app.signIn('mallory@hostile.test')
    const made = await app.request('POST', '/organizations/hostile/members', {
      as: asMallory,
      body: { email: victim, password: 'Mallorys-Choice-9' },
    })
    expect(made.status).toBe(201)
    const first = await app.request('POST', '/auth/login', {
      body: { email: victim, password: 'Mallorys-Choice-9' },
    })
    const changed = await app.request('POST', '/auth/password/change', {
      body: { challenge: first.body.challenge, newPassword: 'Mallorys-Second-9' },
    })
    const asFake = changed.body as Tokens
    const { id, token } = await invited(victim)
    // Signed in, but the address is owed: nothing else is open to them.
    expect((await acceptAs(asFake, token)).status).toBe(403)
    expect(await accept(token)).toMatchObject({ status: 409, body: { code: 'invites.sign_in_first' } })
    expect((await seen(id)).state).toBe('pending')

    // The victim proves the mailbox. What Mallory had of the account is gone before anything is joined with it.
    await app.request('POST', '/auth/password/forgot', { body: { email: victim } })
    const { url } = (await app.mails()).findLast(({ to }) => to === victim)!
    const reset = { token: new URL(url!).searchParams.get('token'), newPassword: 'Victims-Own-Lantern-3' }
    expect((await app.request('POST', '/auth/password/reset', { body: reset })).status).toBe(204)
    expect((await app.request('GET', '/me', { as: asFake })).status).toBe(401)
    await expect(app.signIn(victim, { password: 'Mallorys-Second-9' })).rejects.toThrow('401')
    const as = await app.signIn(victim, { password: reset.newPassword })
    expect((await acceptAs(as, token)).status).toBe(201)
  })

  test('[attack] the same where the policy asks nobody to verify the address', async () => {
    const lax = await startApp({
      policy: quickPolicy('flask-track').replace('verifyEmail: true', 'verifyEmail: false'),
    })
    try {
      const boss = await lax.member('lab', { email: 'boss@example.com', roles: ['owner'] })
      await lax.member('hostile', { email: 'mallory@hostile.test', roles: ['owner'] })
      const body = { email: 'victim@example.com', password: 'Mallorys-Choice-9', name: 'V' }
      await lax.request('POST', '/organizations/hostile/members', {
        as: await lax.signIn('mallory@hostile.test'),
        body,
      })
      const { challenge } = (
        await lax.request('POST', '/auth/login', { body: { email: body.email, password: body.password } })
      ).body
      const fake = await lax.request('POST', '/auth/password/change', {
        body: { challenge, newPassword: 'Mallorys-Second-9' },
      })
      await lax.request('POST', INVITES, {
        as: await lax.signIn(boss.email),
        body: { email: body.email, role: 'scientist' },
      })
      const url = (await lax.mails()).findLast(({ kind }) => kind === 'invites.invitation')!.url!
      const token = new URL(url).searchParams.get('token')
      const answer = await lax.request('POST', '/me/invites/accept', {
        as: fake.body.accessToken,
        body: { token },
      })
      expect(answer).toMatchObject({ status: 403, body: { code: 'invites.address_unproven' } })
    } finally {
      await lax.stop()
    }
  })

  test('of 20 acceptances at once on two servers one makes the member', async () => {
    const person = await app.member('other-lab', { email: address(), roles: ['viewer'] })
    const { token } = await invited(person.email)
    const as = await app.signIn(person.email)
    const other = await app.sibling()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 ? app : other, 'POST', '/me/invites/accept', { as, body: { token } }),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ body }) => body.code === 'invites.link_dead')).toHaveLength(19)
  })

  // Deactivated by the organization, with a link kept from before.
  test('[attack] who was deactivated in the organization does not come back by an invite', async () => {
    const person = await app.member('other-lab', { email: address(), roles: ['viewer'] })
    const { id, token } = await invited(person.email)
    const as = await app.signIn(person.email)
    // Beside the API, and before the trigger of members could close it: as a race would leave it.
    const member = await app.member('lab', { email: person.email, roles: ['viewer'] })
    const { id: organization } = await app.organization('lab')
    await app.ownerDb.transaction(`org:${organization}`, async (tx) => {
      await tx
        .updateTable('members')
        .set({ status: 'deactivated' })
        .where('id', '=', member.memberId)
        .execute()
      await tx
        .updateTable('invites')
        .set({ revokedAt: null, revokedBy: null, revokedBecause: null })
        .where('email', '=', person.email)
        .execute()
    })
    expect(await acceptAs(as, token)).toMatchObject({
      status: 403,
      body: { code: 'invites.membership_ended' },
    })
    expect(await seen(id)).toMatchObject({ state: 'revoked', revokedBecause: 'member_deactivated' })
  })

  test('whose sessions were ended meanwhile accepts nothing', async () => {
    const person = await app.member('other-lab', { email: address(), roles: ['viewer'] })
    const { token } = await invited(person.email)
    const as = await app.signIn(person.email)
    await app.request('POST', '/auth/logout-everywhere', { as })
    expect((await acceptAs(as, token)).status).toBe(401)
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

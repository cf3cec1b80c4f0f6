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

beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('flask-track') })
  owner = await app.member('lab', { email: 'owner@example.com', roles: ['owner'] })
  admin = await app.member('lab', { email: 'admin@example.com', name: 'Admin', roles: ['admin'] })
  asOwner = await app.signIn(owner.email)
  asAdmin = await app.signIn(admin.email)
})
afterAll(() => app.stop())

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

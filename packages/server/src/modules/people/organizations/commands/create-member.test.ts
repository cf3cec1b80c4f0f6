import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { quickPolicy } from '#test/policies'

let app: TestApp

async function eventsOf(slug: string, work: () => Promise<unknown>): Promise<string[]> {
  const before = await app.events(slug)
  await work()
  return (await app.events(slug)).slice(before.length)
}

describe('create member', () => {
  let asAdmin: Tokens

  beforeAll(async () => {
    app = await startApp({ policy: 'business-manager' })
    await app.member('farm', { email: 'admin@example.com', roles: ['admin'] })
    await app.member('other-farm', { email: 'elsewhere@example.com', roles: ['staff'] })
    asAdmin = await app.signIn('admin@example.com')
  })
  afterAll(() => app.stop())

  const create = (body: object, as = asAdmin) =>
    app.request('POST', '/organizations/farm/members', { as, body })

  test('[FT-AC-02] makes an account with the default role and a temporary password, answered once', async () => {
    let created = {} as { id: string; temporaryPassword: string }
    const events = await eventsOf('farm', async () => {
      const answer = await create({ email: 'New.Person@Example.com', name: 'New Person' })
      expect(answer).toMatchObject({
        status: 201,
        body: { roles: ['customer'], status: 'active', mustChangePassword: true },
      })
      created = answer.body
    })
    expect(events).toEqual(['identity.account_created', 'members.added', 'roles.changed'])
    const { body } = await app.request('GET', `/organizations/farm/members/${created.id}`, { as: asAdmin })
    expect(body).toMatchObject({ email: 'New.Person@Example.com', invitation: 'pending', lastActiveAt: null })
    expect(body).not.toHaveProperty('temporaryPassword')
    const login = { email: 'new.person@example.com', password: created.temporaryPassword }
    expect((await app.request('POST', '/auth/login', { body: login })).body.status).toBe(
      'password_change_required',
    )
  })

  test('gives the roles that are asked for and keeps a given password temporary where the policy says so', async () => {
    const answer = await create({ email: 'cook@example.com', roles: ['staff'], password: PASSWORD })
    expect(answer).toMatchObject({
      status: 201,
      body: { roles: ['staff'], temporaryPassword: null, mustChangePassword: true },
    })
  })

  test('[BM-14] [BM-08] refuses a role above the creator, makes nothing and records the attempt', async () => {
    const events = await eventsOf('farm', async () => {
      for (const role of ['tenant_admin', 'admin']) {
        const answer = await create({ email: 'too-high@example.com', roles: [role] })
        expect(answer.status).toBe(403)
      }
    })
    expect(events).toEqual(['roles.assignment_refused', 'roles.assignment_refused'])
    expect(
      (await app.request('GET', '/organizations/farm/members?q=too-high', { as: asAdmin })).body.items,
    ).toEqual([])
  })

  test('refuses an address that is a member already, in whatever spelling, or belongs to another tenant', async () => {
    const again = await create({ email: ' ADMIN@example.com' })
    expect(again).toMatchObject({ status: 409, body: { code: 'members.already_member' } })
    const elsewhere = await create({ email: 'elsewhere@example.com' })
    expect(elsewhere).toMatchObject({ status: 409, body: { code: 'members.account_exists' } })
  })

  test('20 at once with one address make one account', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => create({ email: 'once@example.com', password: PASSWORD })),
    )
    const statuses = answers.map(({ status }) => status).toSorted()
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 409)])
    const { body } = await app.request('GET', '/organizations/farm/members?q=once@', { as: asAdmin })
    expect(body.items).toHaveLength(1)
  })

  test('refuses input that is wrong, field by field', async () => {
    const { status, body } = await create({ email: 'nobody', name: 'x'.repeat(201), roles: [], admin: true })
    expect(status).toBe(422)
    expect(body.errors.map((error: { path: string }) => error.path).toSorted()).toEqual([
      'admin',
      'email',
      'name',
      'roles',
    ])
  })

  test('resets a password within reach, and ends what the account holds', async () => {
    const member = await app.member('farm', { email: 'forgot@example.com', roles: ['staff'] })
    const tokens = await app.signIn(member.email)
    const path = `/organizations/farm/members/${member.wire.member}/reset-password`
    const events = await eventsOf('farm', async () => {
      const answer = await app.request('POST', path, { as: asAdmin })
      expect(answer.status).toBe(200)
      const login = { email: member.email, password: answer.body.temporaryPassword }
      expect((await app.request('POST', '/auth/login', { body: login })).body.status).toBe(
        'password_change_required',
      )
    })
    expect(events.slice(0, 2)).toEqual(['identity.password_reset', 'sessions.ended'])
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(401)
    const above = await app.member('farm', { email: 'boss@example.com', roles: ['tenant_admin'] })
    const refused = await app.request(
      'POST',
      `/organizations/farm/members/${above.wire.member}/reset-password`,
      { as: asAdmin },
    )
    expect(refused).toMatchObject({ status: 403, body: { code: 'members.above_you' } })
  })

  // With a stolen session an account could otherwise be made with a role that the session may not give any more.
  test('[FT-AC-14] giving a role with the account takes what giving it later does: the permission, and a fresh sign-in', async () => {
    await app.member('farm', { email: 'till@example.com', roles: ['staff'] })
    const asStaff = await app.signIn('till@example.com')
    app.clock.advance(31 * 60)
    const events = await eventsOf('farm', async () => {
      expect(await create({ email: 'stale@example.com', roles: ['staff'] })).toMatchObject({
        status: 403,
        body: { code: 'forbidden', reason: 'fresh_sign_in_required', permission: 'assign:roles' },
      })
      expect(await create({ email: 'stale@example.com', roles: ['staff'] }, asStaff)).toMatchObject({
        status: 403,
        body: { code: 'forbidden', reason: 'not_granted' },
      })
    })
    expect(events).toEqual(['decisions.denied', 'decisions.denied'])
    const plain = await create(
      { email: 'stale@example.com', roles: ['customer'], password: PASSWORD },
      asStaff,
    )
    expect(plain).toMatchObject({ status: 201, body: { roles: ['customer'] } })
  })
})

describe('create member, several memberships an account', () => {
  let owner: TestMember
  let asOwner: Tokens

  beforeAll(async () => {
    app = await startApp({ policy: 'flask-track' })
    owner = await app.member('lab', { email: 'owner@example.com', roles: ['owner'] })
    asOwner = await app.signIn(owner.email)
  })
  afterAll(() => app.stop())

  const create = (body: object) => app.request('POST', '/organizations/lab/members', { as: asOwner, body })

  /** Follows the invite that was mailed last to somebody who is signed in. */
  const accept = async (as: Tokens, email: string) => {
    const { url } = (await app.mails()).findLast(({ to }) => to === email)!
    const body = { token: new URL(url!).searchParams.get('token') }
    return app.request('POST', '/me/invites/accept', { as, body })
  }

  // Any administrator knows addresses; an account is its owner's.
  test('[FT-AC-08] [attack] an account that exists is asked, not taken in; accepting, it keeps password and name', async () => {
    const person = await app.member('other-lab', {
      email: 'both@example.com',
      name: 'Their Name',
      roles: ['viewer'],
    })
    const asked = {
      email: person.email,
      name: 'Another Name',
      password: 'Another-Password-1',
      roles: ['scientist'],
    }
    const events = await eventsOf('lab', async () => {
      expect(await create(asked)).toMatchObject({
        status: 201,
        body: { status: 'invited', invite: { email: person.email, roles: ['scientist'] } },
      })
      expect(await create(asked)).toMatchObject({ status: 409, body: { code: 'invites.pending_already' } })
    })
    expect(events).toEqual(['invites.created'])
    await expect(app.signIn(person.email, { organization: 'lab' })).rejects.toThrow('401')
    expect((await accept(await app.signIn(person.email), person.email)).status).toBe(201)
    const here = await app.signIn(person.email, { organization: 'lab' })
    const there = await app.signIn(person.email, { organization: 'other-lab' })
    expect((await app.request('GET', '/me', { as: here })).body).toMatchObject({
      user: { name: 'Their Name' },
      roles: ['scientist'],
    })
    expect((await app.request('GET', '/organizations/lab/members', { as: here })).status).toBe(403)
    expect((await app.request('GET', '/organizations/lab', { as: there })).status).toBe(404)
    expect((await app.request('GET', '/organizations/other-lab', { as: here })).status).toBe(404)
  })

  // The one who was let in by create:members, and not by create:invites, is asked about that.
  test('[attack] who may create accounts no more when the person accepts has asked in vain', async () => {
    const helper = await app.member('lab', { email: 'helper@example.com', roles: ['admin'] })
    const person = await app.member('other-lab', { email: 'asked@example.com', roles: ['viewer'] })
    const as = await app.signIn(helper.email)
    const body = { email: person.email }
    await app.request('POST', '/organizations/lab/members', { as, body })
    await app.request('PATCH', `/organizations/lab/members/${helper.wire.member}`, {
      as: asOwner,
      body: { roles: ['scientist'] },
    })
    expect(await accept(await app.signIn(person.email), person.email)).toMatchObject({
      status: 403,
      body: { code: 'invites.not_offered' },
    })
  })

  // An organization would otherwise learn when the owner of an account was at work elsewhere.
  test('of an account of several organizations it is not shown when it signs in elsewhere', async () => {
    const { wire } = await app.member('lab', { email: 'busy@example.com', roles: ['viewer'] })
    await app.member('other-lab', { email: 'busy@example.com', roles: ['viewer'] })
    await app.signIn('busy@example.com', { organization: 'other-lab' })
    const one = await app.request('GET', `/organizations/lab/members/${wire.member}`, { as: asOwner })
    const all = await app.request('GET', '/organizations/lab/members?q=busy', { as: asOwner })
    for (const shown of [one.body, all.body.items[0]])
      expect(shown).toMatchObject({ lastSignInAt: null, lastActiveAt: null })
  })

  test('an account that belongs elsewhere too is neither renamed nor given a new password', async () => {
    const here = await app.member('lab', { email: 'shared@example.com', roles: ['viewer'] })
    await app.member('other-lab', { email: 'shared@example.com', roles: ['viewer'] })
    const path = `/organizations/lab/members/${here.wire.member}`
    const renamed = await app.request('PATCH', path, { as: asOwner, body: { name: 'Mallory' } })
    expect(renamed).toMatchObject({ status: 403, body: { code: 'identity.belongs_elsewhere' } })
    const reset = await app.request('POST', `${path}/reset-password`, { as: asOwner })
    expect(reset).toMatchObject({ status: 403, body: { code: 'identity.belongs_elsewhere' } })
    await app.signIn(here.email, { organization: 'lab' })
  })

  // Any administrator may ask any address: with rules of a hostile organization its owner would be locked out of
  // every other one, for years, by three wrong guesses.
  test('[attack] an organization binds an account from the moment its owner accepts, and not before', async () => {
    const person = await app.member('home-lab', { email: 'victim@example.com', roles: ['viewer'] })
    await app.member('hostile', { email: 'mallory@example.com', roles: ['owner'] })
    const as = await app.signIn('mallory@example.com')
    const settings = {
      'authentication.lockout.after': 3,
      'authentication.lockout.for': '3650d',
      'authentication.password.minLength': 64,
    }
    await app.request('PATCH', '/organizations/hostile/policy-settings', { as, body: { settings } })
    const asked = await app.request('POST', '/organizations/hostile/members', {
      as,
      body: { email: person.email },
    })
    expect(asked.body.status).toBe('invited')
    const guess = () =>
      app.request('POST', '/auth/login', { body: { email: person.email, password: 'Wrong-Harbour-47' } })
    for (let i = 0; i < 4; i++) await guess()
    const there = await app.signIn(person.email, { organization: 'home-lab' })
    const body = { currentPassword: PASSWORD, newPassword: 'Brand-New-Lantern-9' }
    const changed = await app.request('POST', '/me/password', { as: there, body })
    expect(changed.status).toBe(200)
    expect((await accept(changed.body, person.email)).status).toBe(201)
    for (let i = 0; i < 3; i++) await guess()
    const locked = { email: person.email, password: body.newPassword, organization: 'home-lab' }
    expect((await app.request('POST', '/auth/login', { body: locked })).status).toBe(401)
  })

  test('an organization that the operator or a founding made an account part of binds it from its first session there on', async () => {
    const person = await app.member('first-lab', { email: 'founder@example.com', roles: ['viewer'] })
    await app.member('strict', { email: 'boss@example.com', roles: ['owner'] })
    const as = await app.signIn('boss@example.com')
    const settings = { 'authentication.lockout.after': 3, 'authentication.lockout.for': '3650d' }
    await app.request('PATCH', '/organizations/strict/policy-settings', { as, body: { settings } })
    const { memberId, organizationId } = await app.member('strict', {
      email: person.email,
      roles: ['viewer'],
    })
    await app.ownerDb.transaction(`org:${organizationId}`, (tx) =>
      tx.updateTable('members').set({ isAwaited: true }).where('id', '=', memberId).execute(),
    )
    const guess = () =>
      app.request('POST', '/auth/login', { body: { email: person.email, password: 'Wrong-Harbour-47' } })
    for (let i = 0; i < 4; i++) await guess()
    await app.signIn(person.email, { organization: 'first-lab' })
    await app.signIn(person.email, { organization: 'strict' })
    for (let i = 0; i < 3; i++) await guess()
    await expect(app.signIn(person.email, { organization: 'first-lab' })).rejects.toThrow('401')
  })
})

describe('what a new account begins with', () => {
  /** Under provisioning settings, and with the mails that were written. */
  async function under(provisioning: string, person: object = {}) {
    const policy = quickPolicy('sales-agent').replace(
      /temporaryPassword: true[\s\S]*?completeProfile: encouraged/,
      provisioning,
    )
    const own = await startApp({ policy })
    await own.member('acme', { email: 'admin@example.com', roles: ['admin'] })
    const as = await own.signIn('admin@example.com')
    const body = { email: 'new@example.com', name: 'New', ...person }
    const { body: created } = await own.request('POST', '/organizations/acme/members', { as, body })
    return { own, as, created, mails: await own.mails() }
  }

  test('[SA-08] a temporary password that is shown once, and an activation mail in the organization’s name', async () => {
    const { own, created, mails } = await under(
      'temporaryPassword: true\n  verifyEmail: true\n  activationMail: true',
      { locale: 'he' },
    )
    expect(created).toMatchObject({ roles: ['user'], mustChangePassword: true, emailVerified: false })
    expect(created.temporaryPassword).toMatch(/^[\w-]{20,}$/)
    expect(mails).toMatchObject([{ kind: 'organizations.activation', to: 'new@example.com', language: 'he' }])
    expect(mails[0]!.subject).toContain('acme Ltd')
    expect(mails[0]!.url).toMatch(/^http:\/\/localhost:8484\/activate\?token=writ_link_/)
    // A mail is read by whoever reads the mailbox: the password is not in it.
    expect(mails[0]!.text).not.toContain(created.temporaryPassword)
    await own.stop()
  })

  test('no password where the policy has the person choose it by the mail; nobody signs in before', async () => {
    const { own, created, mails } = await under(
      'temporaryPassword: false\n  verifyEmail: true\n  activationMail: true',
    )
    expect(created).toMatchObject({
      temporaryPassword: null,
      mustChangePassword: false,
      invitation: 'pending',
    })
    expect(mails).toHaveLength(1)
    for (const password of ['', 'null', 'undefined', 'Quiet-Harbour-47'].filter((text) => text !== '')) {
      const login = await own.request('POST', '/auth/login', { body: { email: 'new@example.com', password } })
      expect(login.status).toBe(401)
    }
    await own.stop()
  })

  test('a temporary password also where the policy has none, if no mail would let the person choose one', async () => {
    const { own, created, mails } = await under(
      'temporaryPassword: false\n  verifyEmail: false\n  activationMail: false',
    )
    expect(created.temporaryPassword).not.toBeNull()
    expect(mails).toEqual([])
    await own.stop()
  })

  test('[FT-OM-04] [SA-08] the list shows who has not come yet, whose address is not proven and whose profile is not complete', async () => {
    const { own, as, created } = await under(
      'temporaryPassword: true\n  verifyEmail: true\n  activationMail: true',
      { name: '' },
    )
    const shown = async () =>
      (await own.request('GET', `/organizations/acme/members/${created.id}`, { as })).body
    expect(await shown()).toMatchObject({
      email: 'new@example.com',
      status: 'active',
      roles: ['user'],
      invitation: 'pending',
      emailVerified: false,
      profileComplete: false,
      secondFactor: false,
      lastActiveAt: null,
      privilegesSuspendedAt: null,
      accessEndsAt: null,
    })
    await own.stop()
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, PASSWORD, send, startApp, type TestApp } from '#test/app'
import { openSessionOf } from '#test/attack-sessions'
import { quickPolicy } from '#test/policies'
import { enrolPasskey, enrolTotp } from '#test/second-factors'
import type { App } from '../../../../app.ts'

const NEW = 'Calm-Lantern-58'
let app: TestApp
let sibling: App
beforeAll(async () => {
  app = await startApp({
    policy: quickPolicy('flask-track').replace(/lockout: \{[^}]*\}/, 'lockout: { after: 5, for: 30m }'),
  })
  sibling = await app.sibling()
})
afterAll(() => app.stop())

let number = 0
/** A member with an authenticator app. */
async function enrolled({ role = 'viewer' } = {}) {
  const slug = `lab-${++number}`
  const email = `person-${number}@example.com`
  const member = await app.member(slug, { email, roles: [role] })
  const tokens = await app.signIn(email)
  const totp = await enrolTotp(app, tokens.accessToken)
  return { slug, email, member, tokens, totp, organization: slug }
}

const logIn = (email: string, more: Record<string, unknown> = {}, server: App = app) =>
  send(server, 'POST', '/auth/login', { body: { email, password: PASSWORD, ...more } })
const prove = (challenge: string, code: string, method = 'totp', server: App = app) =>
  send(server, 'POST', '/auth/mfa', { body: { challenge, method, code } })

async function temporary(userId: string): Promise<void> {
  await app.ownerDb.transaction(`account:${userId}`, (tx) =>
    tx.updateTable('users').set({ mustChangePassword: true }).where('id', '=', userId).execute(),
  )
}

describe('a sign-in of an account with a second factor', () => {
  test('asks for it whatever the role, tells nothing else, and goes on with a code', async () => {
    const { slug, email, totp } = await enrolled()
    const before = (await app.events(slug)).length
    const asked = await logIn(email)
    expect(asked.body).toEqual({
      status: 'mfa_required',
      challenge: expect.any(String),
      methods: ['totp', 'recovery_code'],
    })
    expect(asked.headers['set-cookie']).toBeUndefined()
    const done = await prove(asked.body.challenge, totp.code())
    expect(done).toMatchObject({ status: 200, body: { status: 'signed_in', owes: null } })
    const { body } = await app.request('GET', '/me', { as: done.body.accessToken })
    expect(body).toMatchObject({
      secondFactor: { enrolled: true, satisfied: true, required: false, recommended: false },
      session: { methods: ['password', 'totp'] },
    })
    expect((await app.events(slug)).slice(before)).toEqual([
      'sessions.second_factor_asked',
      'sessions.signed_in',
    ])
  })

  test('takes a recovery code, once', async () => {
    const { email, totp } = await enrolled()
    const [code] = totp.recoveryCodes as [string]
    const first = (await logIn(email)).body.challenge
    expect((await prove(first, code, 'recovery_code')).body.status).toBe('signed_in')
    const second = (await logIn(email)).body.challenge
    expect((await prove(second, code, 'recovery_code')).status).toBe(401)
  })

  test('takes a passkey that is asked for the challenge of this very sign-in', async () => {
    const { email, tokens, totp } = await enrolled()
    // The session proves the factor it has before it adds another.
    await app.request('POST', '/auth/step-up', {
      as: tokens.accessToken,
      body: { method: 'totp', code: totp.code() },
    })
    const { authenticator } = await enrolPasskey(app, tokens.accessToken)
    const { challenge, methods } = (await logIn(email)).body
    expect(methods).toEqual(['totp', 'passkey', 'recovery_code'])
    const question = (await app.request('POST', '/auth/mfa/passkey', { body: { challenge } })).body
    const passkey = { challenge: question.challenge, response: authenticator.get(question.options) }
    const done = await app.request('POST', '/auth/mfa', { body: { challenge, method: 'passkey', passkey } })
    expect(done.body.status).toBe('signed_in')
    // The answer to a question is good once.
    const again = (await logIn(email)).body.challenge
    const replayed = await app.request('POST', '/auth/mfa', {
      body: { challenge: again, method: 'passkey', passkey },
    })
    expect(replayed).toMatchObject({ status: 401, body: { code: 'sessions.invalid_second_factor' } })
  })

  test('is not spent by a wrong code, and gives one answer for wrong, used, locked and unknown', async () => {
    const { slug, email, totp } = await enrolled()
    const { challenge } = (await logIn(email)).body
    const good = totp.code()
    const wrong = String((Number(good) + 1) % 1_000_000).padStart(6, '0')
    const answers = [await prove(challenge, wrong), await prove(challenge, 'no-such-code', 'recovery_code')]
    expect((await prove(challenge, good)).body.status).toBe('signed_in')
    const next = (await logIn(email)).body.challenge
    answers.push(await prove(next, good))
    for (let i = 0; i < 5; i++) answers.push(await prove(next, wrong))
    app.clock.advance(60)
    // Right, and the factor is locked.
    answers.push(await prove(next, totp.code()))
    const told = new Set(
      answers.map(({ status, body: { requestId: _, ...body } }) => JSON.stringify({ status, body })),
    )
    expect([...told]).toHaveLength(1)
    expect([...told][0]).toContain('sessions.invalid_second_factor')
    expect(await app.events(slug)).toContain('factors.locked')
    expect(await app.events(slug)).toContain('sessions.sign_in_failed')
  })

  // A challenge that could be answered twice would turn one proof into two sessions.
  test('is finished once, 20 times at once on two servers', async () => {
    const { slug, email, totp } = await enrolled()
    const { challenge } = (await logIn(email)).body
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => {
        const code = totp.recoveryCodes[i % 10]!
        return prove(challenge, code, 'recovery_code', i % 2 ? sibling : app)
      }),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await app.events(slug)).filter((type) => type === 'sessions.signed_in')).toHaveLength(2)
  })

  test('is over after ten minutes, and when the account’s tokens end', async () => {
    const { email, totp, tokens } = await enrolled()
    const late = (await logIn(email)).body.challenge
    app.clock.advance(600)
    expect((await prove(late, totp.code())).body.code).toBe('sessions.invalid_challenge')
    const ended = (await logIn(email)).body.challenge
    await app.request('POST', '/auth/logout-everywhere', { as: tokens.accessToken })
    app.clock.advance(30)
    expect((await prove(ended, totp.code())).body.code).toBe('sessions.invalid_challenge')
  })
})

// Each path that ends in a session, or renews one, tried by somebody who has the password and not the factor.
describe('a second factor is not skipped', () => {
  test('by a challenge of another step', async () => {
    const { email, slug } = await enrolled()
    const { challenge } = (await logIn(email)).body
    const named = await app.request('POST', '/auth/organization', { body: { challenge, organization: slug } })
    const changed = await app.request('POST', '/auth/password/change', {
      body: { challenge, newPassword: NEW, organization: slug },
    })
    for (const { status, body } of [named, changed])
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'sessions.invalid_challenge' })
  })

  test('by a temporary password: the factor comes before the new one', async () => {
    const { email, slug, member, totp } = await enrolled()
    await temporary(member.userId)
    const asked = (await logIn(email, { organization: slug })).body
    expect(asked.status).toBe('mfa_required')
    const owed = (await prove(asked.challenge, totp.code())).body
    expect(owed).toEqual({ status: 'password_change_required', challenge: expect.any(String) })
    const done = await app.request('POST', '/auth/password/change', {
      body: { challenge: owed.challenge, newPassword: NEW },
    })
    expect(done.body.status).toBe('signed_in')
    const { body } = await app.request('GET', '/me', { as: done.body.accessToken })
    expect(body.session.methods).toEqual(['password', 'totp'])
  })

  // The challenge was given before the factor was there; what is owed is judged when it is answered.
  test('by a temporary password whose change was asked for before the factor was enrolled', async () => {
    const email = `early-${++number}@example.com`
    const { userId } = await app.member('early', { email, roles: ['viewer'] })
    const { accessToken } = await app.signIn(email)
    await temporary(userId)
    const { challenge } = (await logIn(email)).body
    await app.ownerDb.transaction(`account:${userId}`, (tx) =>
      tx.updateTable('users').set({ mustChangePassword: false }).where('id', '=', userId).execute(),
    )
    await enrolTotp(app, accessToken)
    await temporary(userId)
    const done = await app.request('POST', '/auth/password/change', { body: { challenge, newPassword: NEW } })
    expect(done.body.status).toBe('mfa_required')
  })

  test('by naming the organization: where one belongs is told after the factor alone', async () => {
    const { email, slug, totp } = await enrolled()
    await app.member(`${slug}-too`, { email, roles: ['viewer'] })
    for (const organization of [undefined, slug, `${slug}-too`, 'nowhere']) {
      const asked = await logIn(email, organization === undefined ? {} : { organization })
      expect(asked.body, organization).toEqual({
        status: 'mfa_required',
        challenge: expect.any(String),
        methods: ['totp', 'recovery_code'],
      })
    }
    const { challenge } = (await logIn(email, { organization: 'nowhere' })).body
    const asked = (await prove(challenge, totp.code())).body
    expect(asked.status).toBe('organization_required')
    expect(asked.organizations).toHaveLength(2)
    const foreign = await app.request('POST', '/auth/organization', {
      body: { challenge: asked.challenge, organization: 'nowhere' },
    })
    expect(foreign).toMatchObject({ status: 404, body: { code: 'sessions.organization_not_found' } })
    const done = await app.request('POST', '/auth/organization', {
      body: { challenge: asked.challenge, organization: `${slug}-too` },
    })
    expect(done.body).toMatchObject({ status: 'signed_in', organization: { slug: `${slug}-too` } })
    const { body } = await app.request('GET', '/me', { as: done.body.accessToken })
    expect(body.secondFactor.satisfied).toBe(true)
  })
})

describe('a role that demands a second factor', () => {
  let strict: TestApp
  let other: App
  beforeAll(async () => {
    strict = await startApp({
      policy: quickPolicy('flask-track').replace(
        /mfa: \{[^}]*\}/,
        'mfa: { methods: [totp, passkey], required: [admin] }',
      ),
    })
    other = await strict.sibling()
  })
  afterAll(() => strict.stop())

  test('[PS-06] opens a session in which nothing but enrolment is reached, also by its refresh token and on another server', async () => {
    await strict.member('lab', { email: 'new@example.com', roles: ['admin'] })
    const opened = await strict.request('POST', '/auth/login', {
      body: { email: 'new@example.com', password: PASSWORD },
    })
    expect(opened.body).toMatchObject({ status: 'mfa_enrolment_required', owes: 'second_factor_enrolment' })
    expect(opened.headers['set-cookie']).toBeDefined()
    const refreshed = await strict.request('POST', '/auth/refresh', {
      body: { refreshToken: opened.body.refreshToken },
    })
    for (const as of [opened.body.accessToken, refreshed.body.accessToken] as string[])
      for (const server of [strict, other])
        for (const [method, path, body] of [
          ['GET', '/organizations/lab/members'],
          ['GET', '/me/sessions'],
          ['POST', '/auth/switch', { organization: 'lab' }],
          ['POST', '/me/password', { currentPassword: PASSWORD, newPassword: NEW }],
        ] as const)
          expect(await send(server, method, path, { as, ...(body ? { body } : {}) }), path).toMatchObject({
            status: 403,
            body: { reason: 'second_factor_enrolment_required' },
          })
    const me = await strict.request('GET', '/me', { as: opened.body.accessToken })
    expect(me.body).toMatchObject({
      owes: 'second_factor_enrolment',
      secondFactor: { enrolled: false, satisfied: false, required: true },
    })
    await enrolTotp(strict, opened.body.accessToken)
    const members = await strict.request('GET', '/organizations/lab/members', { as: opened.body.accessToken })
    expect(members.status).toBe(200)
  })

  test('[PS-06] is owed at once by a session that was opened before, on every server; a factor pays it, a password does not', async () => {
    const member = await strict.member('lab', { email: 'promoted@example.com', roles: ['viewer'] })
    const { memberId, organizationId } = member
    const totp = await enrolTotp(strict, (await strict.signIn(member.email)).accessToken)
    // As one that a restore of the database would bring: it never proved the factor.
    const early = await openSessionOf(strict, member)
    await strict.member('lab-b', { email: 'promoted@example.com', roles: ['viewer'] })
    expect((await strict.request('GET', '/organizations/lab', { as: early })).status).toBe(200)
    await strict.ownerDb.transaction(`org:${organizationId}`, (tx) =>
      tx.updateTable('userRoles').set({ role: 'admin' }).where('memberId', '=', memberId).execute(),
    )
    for (const server of [strict, other]) {
      const as = early.accessToken
      const answer = await send(server, 'GET', '/organizations/lab', { as })
      expect(answer).toMatchObject({ status: 403, body: { reason: 'second_factor_required' } })
      const changed = { currentPassword: PASSWORD, newPassword: NEW }
      for (const [path, body] of [
        ['/me/password', changed],
        ['/auth/switch', { organization: 'lab-b' }],
      ] as const)
        expect((await send(server, 'POST', path, { as, body })).body.reason).toBe('second_factor_required')
      const stepped = await send(server, 'POST', '/auth/step-up', { as, body: { password: PASSWORD } })
      expect(stepped.body.code).toBe('sessions.second_factor_required')
    }
    const refreshed = await strict.request('POST', '/auth/refresh', {
      body: { refreshToken: early.refreshToken },
    })
    const still = await strict.request('GET', '/organizations/lab', { as: refreshed.body.accessToken })
    expect(still.body.reason).toBe('second_factor_required')
    const paid = await strict.request('POST', '/auth/step-up', {
      headers: { cookie: early.cookie, origin: ORIGIN },
      body: { method: 'totp', code: totp.code() },
    })
    expect(paid.status).toBe(200)
    const fresh = `__Host-writ_session=${paid.raw.cookies[0]!.value}`
    for (const server of [strict, other]) {
      const by = (cookie: string) => send(server, 'GET', '/organizations/lab', { headers: { cookie } })
      expect((await by(fresh)).status).toBe(200)
      // Whoever had copied the cookie of before gains nothing from the proof.
      expect((await by(early.cookie)).status).toBe(401)
    }
  })
})

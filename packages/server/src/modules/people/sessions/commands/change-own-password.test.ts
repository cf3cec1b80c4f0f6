import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, send, startApp, type TestApp, type Tokens } from '#test/app'
import { quickPolicy } from '#test/policies'

const NEW = 'Calm-Lantern-58'
let app: TestApp
beforeAll(async () => {
  app = await startApp({
    policy: quickPolicy('flask-track').replace(/lockout: \{[^}]*\}/, 'lockout: { after: 5, for: 30m }'),
  })
})
afterAll(() => app.stop())

let number = 0
async function newPerson() {
  number++
  const [one, two, email] = [`one-${number}`, `two-${number}`, `person-${number}@example.com`]
  await app.member(one, { email, roles: ['viewer'] })
  const { userId } = await app.member(two, { email, roles: ['viewer'] })
  return { one, two, email, userId }
}

const isAlive = async (as: Tokens | string) => (await app.request('GET', '/me', { as })).status === 200
const change = (as: Tokens, currentPassword: string, newPassword: string) =>
  app.request('POST', '/me/password', { as, body: { currentPassword, newPassword } })

describe("changing one's own password", () => {
  test('[SA-03] ends all other sessions and every token in every organization; this session goes on with new ones', async () => {
    const { one, two, email } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    const others = [
      await app.signIn(email, { organization: one }),
      await app.signIn(email, { organization: two }),
    ]
    const answer = await change(here, PASSWORD, NEW)
    expect(answer).toMatchObject({ status: 200, body: { tokenType: 'Bearer' } })
    for (const tokens of [here, ...others]) {
      expect(await isAlive(tokens)).toBe(false)
      expect(
        (await app.request('POST', '/auth/refresh', { body: { refreshToken: tokens.refreshToken } })).status,
      ).toBe(401)
    }
    expect((await app.request('GET', '/me', { headers: { cookie: here.cookie } })).status).toBe(401)
    expect(await isAlive(answer.body.accessToken)).toBe(true)
    expect(
      (await app.request('POST', '/auth/refresh', { body: { refreshToken: answer.body.refreshToken } }))
        .status,
    ).toBe(200)
    expect((await app.events(one)).slice(2, 5)).toEqual([
      'identity.password_changed',
      'sessions.ended',
      'sessions.rotated',
    ])
    expect((await app.events(two)).slice(1, 3)).toEqual(['identity.password_changed', 'sessions.ended'])
    await expect(app.signIn(email, { organization: one })).rejects.toThrow('401')
    await app.signIn(email, { organization: one, password: NEW })
  })

  // A token that was copied just before the change would otherwise bring an access token of the time after it.
  test('[SA-03] a refresh token spent just before is not answered again to the client that spent it', async () => {
    const { one, email } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    const refresh = () => app.request('POST', '/auth/refresh', { body: { refreshToken: here.refreshToken } })
    const refreshed = await refresh()
    const changed = await change(refreshed.body, PASSWORD, NEW)
    expect(await refresh()).toMatchObject({
      status: 401,
      body: { code: 'sessions.invalid_refresh_token' },
    })
    expect(await isAlive(changed.body.accessToken)).toBe(true)
  })

  test('gives a browser a new cookie', async () => {
    const { one, email } = await newPerson()
    const { cookie } = await app.signIn(email, { organization: one })
    const headers = { cookie, 'sec-fetch-site': 'same-origin' }
    const answer = await app.request('POST', '/me/password', {
      headers,
      body: { currentPassword: PASSWORD, newPassword: NEW },
    })
    const fresh = `__Host-writ_session=${answer.raw.cookies[0]!.value}`
    expect((await app.request('GET', '/me', { headers: { cookie: fresh } })).status).toBe(200)
    expect((await app.request('GET', '/me', { headers: { cookie } })).status).toBe(401)
  })

  test('needs the current one, and a wrong one counts toward the lock', async () => {
    const { one, email } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    for (let i = 0; i < 5; i++) {
      expect(await change(here, 'Loud-Harbour-47', NEW)).toMatchObject({
        status: 403,
        body: { code: 'identity.wrong_password' },
      })
    }
    expect(await change(here, PASSWORD, NEW)).toMatchObject({
      status: 403,
      body: { code: 'identity.wrong_password' },
    })
    expect((await app.events(one)).filter((type) => type === 'identity.account_locked')).toHaveLength(1)
    expect(await isAlive(here)).toBe(true)
  })

  test('refuses what the policy refuses, naming every rule, and the same password again', async () => {
    const { one, email } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    const weak = await change(here, PASSWORD, 'qwer')
    expect(weak).toMatchObject({ status: 422, body: { code: 'identity.weak_password' } })
    expect(weak.body.rules.length).toBeGreaterThan(1)
    for (const rule of weak.body.rules)
      expect(rule).toEqual({ rule: expect.any(String), en: expect.any(String), he: expect.any(String) })
    expect(weak.body.errors.map(({ path }: { path: string }) => path)).toEqual(
      weak.body.rules.map(() => 'newPassword'),
    )
    expect((await change(here, PASSWORD, PASSWORD)).body.rules).toMatchObject([{ rule: 'unchanged' }])
    expect(await app.events(one)).toEqual(['sessions.signed_in'])
  })

  test('20 at once change it once', async () => {
    const { one, email } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    const sibling = await app.sibling()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 ? sibling : app, 'POST', '/me/password', {
          as: here,
          body: { currentPassword: PASSWORD, newPassword: `${NEW}-${i}` },
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await app.events(one)).filter((type) => type === 'identity.password_changed')).toHaveLength(1)
  })

  // The old password is proven, then changed by somebody else, then the sign-in goes on: it must not.
  test('a sign-in with the old password that is under way does not outlive the change', async () => {
    const { one, email } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    const results = await Promise.all([
      change(here, PASSWORD, NEW),
      ...Array.from({ length: 6 }, () =>
        app.request('POST', '/auth/login', { body: { email, password: PASSWORD, organization: one } }),
      ),
    ])
    expect(results[0]!.status).toBe(200)
    for (const { status, body } of results.slice(1))
      if (status === 200) expect(await isAlive(body.accessToken)).toBe(false)
  })
})

describe('a temporary password', () => {
  async function temporary(email: string, userId: string) {
    await app.ownerDb.transaction(`account:${userId}`, (tx) =>
      tx.updateTable('users').set({ mustChangePassword: true }).where('id', '=', userId).execute(),
    )
    return app.request('POST', '/auth/login', { body: { email, password: PASSWORD } })
  }
  const finish = (challenge: string, newPassword: string, organization?: string) =>
    app.request('POST', '/auth/password/change', {
      body: { challenge, newPassword, ...(organization ? { organization } : {}) },
    })

  test('opens nothing but the choice of a new one, which signs in', async () => {
    const { one, email, userId } = await newPerson()
    const asked = await temporary(email, userId)
    expect(asked.body).toEqual({ status: 'password_change_required', challenge: expect.any(String) })
    expect(asked.headers['set-cookie']).toBeUndefined()
    expect((await finish(asked.body.challenge, 'qwer')).body.code).toBe('identity.weak_password')
    expect((await finish(asked.body.challenge, PASSWORD)).body.rules).toMatchObject([{ rule: 'unchanged' }])
    const done = await finish(asked.body.challenge, NEW, one)
    expect(done.body.status).toBe('signed_in')
    expect(await isAlive(done.body.accessToken)).toBe(true)
    expect(await app.events(one)).toEqual([
      'sessions.challenged',
      'identity.password_changed',
      'sessions.signed_in',
    ])
    await app.signIn(email, { organization: one, password: NEW })
  })

  test('asks for the organization afterwards where none was named', async () => {
    const { email, userId } = await newPerson()
    const { body } = await temporary(email, userId)
    expect((await finish(body.challenge, NEW)).body).toMatchObject({
      status: 'organization_required',
      organizations: [{}, {}],
    })
  })

  test('its challenge is spent once, also 20 at once, and dies after ten minutes', async () => {
    const { one, email, userId } = await newPerson()
    const { body } = await temporary(email, userId)
    const answers = await Promise.all(Array.from({ length: 20 }, () => finish(body.challenge, NEW, one)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(401)])
    expect((await app.events(one)).filter((type) => type === 'identity.password_changed')).toHaveLength(1)
    const late = await temporaryAgain(email, userId)
    // The account owes a new password again; the spent challenge does not stand for it.
    expect((await finish(body.challenge, 'Other-Lantern-59', one)).status).toBe(401)
    app.clock.advance(600)
    expect(await finish(late, 'Other-Lantern-59', one)).toMatchObject({
      status: 401,
      body: { code: 'sessions.invalid_challenge' },
    })
  })

  // Whoever saw the first temporary password would otherwise choose the next one, ten minutes long.
  test('[SA-03] another reset of the password ends a challenge that is open', async () => {
    const slug = 'resetting'
    const { email: admin } = await app.member(slug, { email: 'admin@resetting.example', roles: ['admin'] })
    const { email, wire } = await app.member(slug, { email: 'new@resetting.example', roles: ['viewer'] })
    const as = await app.signIn(admin)
    async function challenge(): Promise<string> {
      const path = `/organizations/${slug}/members/${wire.member}/reset-password`
      const { temporaryPassword: password } = (await app.request('POST', path, { as })).body
      return (await app.request('POST', '/auth/login', { body: { email, password } })).body.challenge
    }
    const [first, second] = [await challenge(), await challenge()]
    expect(await finish(first, NEW)).toMatchObject({
      status: 401,
      body: { code: 'sessions.invalid_challenge' },
    })
    expect((await finish(second, NEW)).body.status).toBe('signed_in')
  })

  async function temporaryAgain(email: string, userId: string): Promise<string> {
    await app.ownerDb.transaction(`account:${userId}`, (tx) =>
      tx.updateTable('users').set({ mustChangePassword: true }).where('id', '=', userId).execute(),
    )
    const { body } = await app.request('POST', '/auth/login', { body: { email, password: NEW } })
    return body.challenge
  }

  test('no longer works after its time', async () => {
    const { email, userId } = await newPerson()
    expect((await temporary(email, userId)).body.status).toBe('password_change_required')
    app.clock.advance(7 * 86_400)
    expect((await temporary(email, userId)).status).toBe(401)
  })
})

describe('stepping up', () => {
  const stepUp = (as: Tokens, password: string) =>
    app.request('POST', '/auth/step-up', { as, body: { password } })

  test('makes the proof of identity one of now, and gives a browser a new cookie', async () => {
    const { one, email } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    app.clock.advance(700)
    expect((await stepUp(here, PASSWORD)).body).toEqual({ authenticatedAt: app.clock.now().toISOString() })
    expect((await app.request('GET', '/me', { as: here })).body.session.authenticatedAt).toBe(
      app.clock.now().toISOString(),
    )
    const browser = await app.request('POST', '/auth/step-up', {
      headers: { cookie: here.cookie, 'sec-fetch-site': 'same-origin' },
      body: { password: PASSWORD },
    })
    const fresh = `__Host-writ_session=${browser.raw.cookies[0]!.value}`
    expect((await app.request('GET', '/me', { headers: { cookie: fresh } })).status).toBe(200)
    expect((await app.request('GET', '/me', { headers: { cookie: here.cookie } })).status).toBe(401)
    expect(await app.events(one)).toEqual([
      'sessions.signed_in',
      'sessions.stepped_up',
      'sessions.stepped_up',
      'sessions.rotated',
    ])
  })

  test('refuses a wrong password, counts it toward the lock, and leaves the session as it was', async () => {
    const { one, email } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    for (let i = 0; i < 5; i++)
      expect((await stepUp(here, 'Loud-Harbour-47')).body.code).toBe('identity.wrong_password')
    expect((await stepUp(here, PASSWORD)).body.code).toBe('identity.wrong_password')
    await expect(app.signIn(email, { organization: one })).rejects.toThrow('401')
    expect(await isAlive(here)).toBe(true)
    expect((await app.events(one)).filter((type) => type === 'sessions.stepped_up')).toEqual([])
  })
})

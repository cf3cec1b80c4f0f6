import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, PASSWORD, send, startApp, type TestApp } from '#test/app'
import { quickPolicy } from '#test/policies'
import { enrolPasskey, enrolTotp } from '#test/second-factors'
import type { App } from '../../../../app.ts'

let app: TestApp
let sibling: App
beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('flask-track') })
  sibling = await app.sibling()
})
afterAll(() => app.stop())

let number = 0
async function enrolled() {
  const slug = `lab-${++number}`
  const email = `person-${number}@example.com`
  await app.member(slug, { email, roles: ['viewer'] })
  const tokens = await app.signIn(email)
  return { slug, tokens, totp: await enrolTotp(app, tokens.accessToken) }
}
const stepUp = (as: string, body: Record<string, unknown>, server: App = app) =>
  send(server, 'POST', '/auth/step-up', { as, body })
const authenticatedAt = async (as: string) =>
  (await app.request('GET', '/me', { as })).body.session.authenticatedAt

describe('stepping up where the account has a second factor', () => {
  // A copied session and a phished password would otherwise open what the second factor guards.
  test('is refused for a password alone, without looking at it, and leaves the session as it was', async () => {
    const { slug, tokens } = await enrolled()
    const before = await authenticatedAt(tokens.accessToken)
    app.clock.advance(60)
    const hashes = app.services.passwords.computed
    for (const password of [PASSWORD, 'Loud-Harbour-47'])
      expect(await stepUp(tokens.accessToken, { password })).toMatchObject({
        status: 403,
        body: { code: 'sessions.second_factor_required' },
      })
    expect(app.services.passwords.computed).toBe(hashes)
    expect(await authenticatedAt(tokens.accessToken)).toBe(before)
    expect((await app.events(slug)).slice(-2)).toEqual(['sessions.step_up_failed', 'sessions.step_up_failed'])
  })

  test('is not got by changing the password: its session is no fresher for it', async () => {
    const { tokens } = await enrolled()
    const before = await authenticatedAt(tokens.accessToken)
    app.clock.advance(60)
    const body = { currentPassword: PASSWORD, newPassword: 'Calm-Lantern-58' }
    const changed = await app.request('POST', '/me/password', { as: tokens.accessToken, body })
    expect(changed.status).toBe(200)
    expect(await authenticatedAt(changed.body.accessToken)).toBe(before)
  })

  test('takes a code, a recovery code or a passkey, each once, and gives a browser a new cookie', async () => {
    const { slug, tokens, totp } = await enrolled()
    const as = tokens.accessToken
    const code = totp.code()
    expect((await stepUp(as, { method: 'totp', code })).status).toBe(200)
    expect((await stepUp(as, { method: 'totp', code })).body.code).toBe('sessions.invalid_second_factor')
    const recovery = { method: 'recovery_code', code: totp.recoveryCodes[0] }
    expect((await stepUp(as, recovery)).status).toBe(200)
    expect((await stepUp(as, recovery)).body.code).toBe('sessions.invalid_second_factor')
    const { authenticator } = await enrolPasskey(app, as)
    const { challenge, options } = (await app.request('POST', '/auth/step-up/passkey', { as })).body
    const body = { method: 'passkey', passkey: { challenge, response: authenticator.get(options) } }
    const headers = { cookie: (await newSession()).cookie, origin: ORIGIN }
    const stepped = await app.request('POST', '/auth/step-up', { headers, body })
    expect(stepped.status).toBe(200)
    const fresh = `__Host-writ_session=${stepped.raw.cookies[0]!.value}`
    const by = async (cookie: string) => (await app.request('GET', '/me', { headers: { cookie } })).status
    expect([await by(fresh), await by(headers.cookie)]).toEqual([200, 401])
    expect((await app.events(slug)).filter((type) => type === 'sessions.stepped_up')).toHaveLength(3)

    async function newSession() {
      app.clock.advance(60)
      const { challenge } = (
        await app.request('POST', '/auth/login', {
          body: { email: `person-${slug.slice(4)}@example.com`, password: PASSWORD },
        })
      ).body
      const done = await app.request('POST', '/auth/mfa', {
        body: { challenge, method: 'totp', code: totp.code() },
      })
      return { cookie: `__Host-writ_session=${done.raw.cookies[0]!.value}` }
    }
  })

  test('of one code 20 times at once on two servers is one step', async () => {
    const { slug, tokens, totp } = await enrolled()
    const body = { method: 'totp', code: totp.code() }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => stepUp(tokens.accessToken, body, i % 2 ? sibling : app)),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await app.events(slug)).filter((type) => type === 'sessions.stepped_up')).toHaveLength(1)
  })

  test.each([
    [{}, 'password', 'is missing: send it, or "method" with a second factor'],
    [
      { password: PASSWORD, method: 'totp', code: '123456' },
      'password',
      'is too much beside "method": send one of them',
    ],
    [{ method: 'totp' }, 'code', 'is missing: method "totp" takes it'],
    [{ method: 'passkey', code: '123456' }, 'passkey', 'is missing: method "passkey" takes it'],
  ])('says what is missing in %j', async (body, path, message) => {
    const { accessToken } = await app
      .member('forms', {
        email: `form-${++number}@example.com`,
        roles: ['viewer'],
      })
      .then(({ email }) => app.signIn(email))
    expect(await stepUp(accessToken, body)).toMatchObject({
      status: 422,
      body: { code: 'invalid_input', errors: [{ path, message }] },
    })
  })
})

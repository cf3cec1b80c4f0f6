import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, PASSWORD, send, startApp, type TestApp } from '#test/app'
import { openSessionOf, sendWithCookie } from '#test/attack-sessions'
import { prove } from '#test/factor-proofs'
import { enrolPasskey, enrolTotp, totp } from '#test/second-factors'
import type { App } from '../../../../app.ts'

let app: TestApp
let sibling: App
beforeAll(async () => {
  app = await startApp({ policy: 'flask-track' })
  sibling = await app.sibling()
})
afterAll(() => app.stop())

let number = 0
async function newPerson() {
  number++
  const [slug, elsewhere, email] = [`enrol-${number}`, `elsewhere-${number}`, `enrol-${number}@example.com`]
  const member = await app.member(slug, { email, roles: ['viewer'] })
  const there = await app.member(elsewhere, { email, roles: ['viewer'] })
  return {
    ...{ slug, elsewhere, member },
    session: await openSessionOf(app, member),
    open: () => openSessionOf(app, member),
    openThere: () => openSessionOf(app, there),
  }
}

const begin = (as: string) => app.request('POST', '/me/mfa/totp', { as })
const confirm = (as: string, code: string, server: App = app) =>
  send(server, 'POST', '/me/mfa/totp/confirm', { as, body: { code } })
const isAlive = async (as: string) => (await app.request('GET', '/me', { as })).status === 200
const codeOf = (secret: string, steps = 0) => totp(secret, app.clock.now(), steps)

describe('setting up an authenticator app', () => {
  test('gives its secret as text, address and picture, and proves nothing yet', async () => {
    const { session, slug, elsewhere, member } = await newPerson()
    const { status, body } = await begin(session.accessToken)
    expect(status).toBe(200)
    expect(body.secret).toMatch(/^[A-Z2-7]{32}$/)
    const uri = new URL(body.uri)
    expect(uri.protocol).toBe('otpauth:')
    expect(decodeURIComponent(uri.pathname)).toContain(`Flask Track:${member.email}`)
    expect(Object.fromEntries(uri.searchParams)).toMatchObject({
      ...{ issuer: 'Flask Track', secret: body.secret, algorithm: 'SHA1', digits: '6', period: '30' },
    })
    expect(body.qr).toMatch(/^<svg [\s\S]*<\/svg>\s*$/)
    const own = await app.request('GET', '/me/mfa', { as: session.accessToken })
    expect(own.body).toMatchObject({ enrolled: false, totp: null, recoveryCodes: 0 })
    for (const log of [slug, elsewhere]) expect(await app.events(log)).toEqual(['factors.begun'])
  })

  test('the first code makes it a factor, answers ten recovery codes once, ends the other sessions, and is in each log', async () => {
    const { session, open, openThere, slug, elsewhere } = await newPerson()
    const [other, there] = [await open(), await openThere()]
    const { body } = await begin(session.accessToken)
    const confirmed = await confirm(session.accessToken, codeOf(body.secret))
    expect(confirmed.status).toBe(200)
    expect(new Set(confirmed.body.recoveryCodes).size).toBe(10)
    const own = await app.request('GET', '/me/mfa', { as: session.accessToken })
    expect(own.body).toEqual({
      ...{ level: 'optional', enrolled: true, satisfied: true, methods: ['totp', 'passkey'] },
      ...{ passwordless: false, removal: { password: true, secondFactor: false } },
      totp: { enrolledAt: app.clock.now().toISOString(), lastUsedAt: app.clock.now().toISOString() },
      ...{ passkeys: 0, recoveryCodes: 10 },
    })
    for (const { accessToken } of [other, there]) expect(await isAlive(accessToken)).toBe(false)
    const events = ['factors.begun', 'factors.recovery_codes_made', 'factors.enrolled', 'sessions.ended']
    for (const log of [slug, elsewhere]) expect(await app.events(log)).toEqual(events)
  })

  test('spends the first code: it signs nobody in afterwards', async () => {
    const { session, member } = await newPerson()
    const { body } = await begin(session.accessToken)
    const code = codeOf(body.secret)
    await confirm(session.accessToken, code)
    expect(await prove(app, member.userId, { method: 'totp', code })).toMatchObject({ reason: 'used_code' })
  })

  // Attack: whoever planted the cookie before holds it when the session has proven a second factor.
  test('a browser gets a new cookie, and the old one is worth nothing', async () => {
    const { session, slug } = await newPerson()
    const { body } = await begin(session.accessToken)
    const answer = await sendWithCookie(app, 'POST', '/me/mfa/totp/confirm', session.cookie, {
      body: { code: codeOf(body.secret) },
    })
    expect(answer.status).toBe(200)
    const [cookie] = answer.raw.cookies
    expect(cookie).toMatchObject({ name: '__Host-writ_session', httpOnly: true, secure: true })
    expect((await app.request('GET', '/me', { headers: { cookie: session.cookie } })).status).toBe(401)
    const fresh = `${cookie!.name}=${cookie!.value}`
    expect((await app.request('GET', '/me', { headers: { cookie: fresh, origin: ORIGIN } })).status).toBe(200)
    expect(await app.events(slug)).toContain('sessions.rotated')
  })

  test('a wrong code is refused and logged, and another one may follow', async () => {
    const { session, slug } = await newPerson()
    const { body } = await begin(session.accessToken)
    const wrong = codeOf(body.secret, 2)
    expect(await confirm(session.accessToken, wrong)).toMatchObject({
      status: 403,
      body: { code: 'factors.wrong_code' },
    })
    expect(await app.events(slug)).toEqual(['factors.begun', 'factors.change_refused'])
    expect((await confirm(session.accessToken, codeOf(body.secret, 1))).status).toBe(200)
  })

  test('confirmed 20 times at once over two servers is one factor with one set of codes', async () => {
    const { session, slug } = await newPerson()
    const { body } = await begin(session.accessToken)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        confirm(session.accessToken, codeOf(body.secret), i % 2 ? sibling : app),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect([401, 403, 409]).toContain(answer.status)
    expect((await app.events(slug)).filter((type) => type === 'factors.enrolled')).toHaveLength(1)
    const own = await app.request('GET', '/me/mfa', { as: session.accessToken })
    expect(own.body.recoveryCodes).toBe(10)
  })

  test('begun anew, only the newest secret counts', async () => {
    const { session } = await newPerson()
    const first = await begin(session.accessToken)
    const second = await begin(session.accessToken)
    expect((await confirm(session.accessToken, codeOf(first.body.secret))).body.code).toBe(
      'factors.wrong_code',
    )
    expect((await confirm(session.accessToken, codeOf(second.body.secret))).status).toBe(200)
  })

  test('is refused where nothing was begun, where it took too long, and where there is one', async () => {
    const { session } = await newPerson()
    const as = session.accessToken
    expect(await confirm(as, '123456')).toMatchObject({
      status: 409,
      body: { code: 'factors.nothing_to_confirm' },
    })
    const { body } = await begin(as)
    app.clock.advance(600)
    const later = await openTokenAgain(session)
    app.clock.advance(300)
    await app.request('POST', '/auth/step-up', { as: later, body: { password: PASSWORD } })
    expect((await confirm(later, codeOf(body.secret))).body.code).toBe('factors.nothing_to_confirm')
    await enrolTotp(app, later)
    expect(await begin(later)).toMatchObject({ status: 409, body: { code: 'factors.already_enrolled' } })
  })
})

describe('setting up takes', () => {
  // Attack: a session that was left open, or stolen, binds the account to a factor of the thief's.
  test('a fresh sign-in, at the beginning and at the end', async () => {
    const { session, slug } = await newPerson()
    const as = session.accessToken
    const { body } = await begin(as)
    app.clock.advance(15 * 60 - 1)
    const refreshed = await openTokenAgain(session)
    app.clock.advance(2)
    for (const answer of [await begin(refreshed), await confirm(refreshed, codeOf(body.secret))])
      expect(answer).toMatchObject({
        status: 403,
        body: { code: 'forbidden', reason: 'fresh_sign_in_required', withinSeconds: 900 },
      })
    const events = await app.events(slug)
    expect(events.filter((type) => type === 'factors.change_refused')).toHaveLength(2)
  })

  // Attack: a password alone, from a session that never proved the factor there is, adds a factor of its own.
  test('the second factor, where there is one', async () => {
    const { session, open } = await newPerson()
    await enrolPasskey(app, session.accessToken)
    const { accessToken } = await open()
    const answer = await begin(accessToken)
    expect(answer).toMatchObject({
      status: 403,
      body: { code: 'forbidden', reason: 'second_factor_required' },
    })
    expect((await begin(session.accessToken)).status).toBe(200)
  })

  // Attack: two sessions of one account set up a factor each, and the slower one adds to the faster one's.
  test('a session that was not ended by a factor that was set up meanwhile', async () => {
    const { session, open } = await newPerson()
    const other = await open()
    const { body } = await begin(other.accessToken)
    await enrolPasskey(app, session.accessToken)
    expect((await confirm(other.accessToken, codeOf(body.secret))).status).toBe(401)
  })

  test('no recovery codes with a further factor: those there are hold', async () => {
    const { session } = await newPerson()
    const { recoveryCodes } = await enrolPasskey(app, session.accessToken)
    expect(recoveryCodes).toHaveLength(10)
    const { body } = await begin(session.accessToken)
    const confirmed = await confirm(session.accessToken, codeOf(body.secret))
    expect(confirmed.body).toEqual({ recoveryCodes: null })
  })
})

test('what was begun by somebody else is not confirmed by me', async () => {
  const [ada, eve] = [await newPerson(), await newPerson()]
  const { body } = await begin(ada.session.accessToken)
  expect((await confirm(eve.session.accessToken, codeOf(body.secret))).body.code).toBe(
    'factors.nothing_to_confirm',
  )
})

/** An access token of the same session, which goes on without a new sign-in. */
async function openTokenAgain({ refreshToken }: { refreshToken: string }): Promise<string> {
  const { body } = await app.request('POST', '/auth/refresh', { body: { refreshToken } })
  return body.accessToken
}

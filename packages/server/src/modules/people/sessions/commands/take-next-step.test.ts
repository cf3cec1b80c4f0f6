import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, send, startApp, type TestApp } from '#test/app'
import { quickPolicy } from '#test/policies'
import { enrolPasskey, enrolTotp } from '#test/second-factors'
import type { App } from '../../../../app.ts'

let app: TestApp
let sibling: App
beforeAll(async () => {
  app = await startApp({
    policy: quickPolicy('flask-track').replace('methods: [password,', 'methods: [password, passkey,'),
  })
  sibling = await app.sibling()
})
afterAll(() => app.stop())

let number = 0
/** Somebody with an authenticator app who belongs to two organizations; the second takes only passkeys beside a password. */
async function inTwo({ strict = false } = {}) {
  const n = ++number
  const [first, second, email] = [`first-${n}`, `second-${n}`, `two-${n}@example.com`]
  await app.member(first, { email, roles: ['viewer'] })
  const there = await app.member(second, { email, roles: ['viewer'] })
  const tokens = await app.signIn(email, { organization: first })
  const totp = await enrolTotp(app, tokens.accessToken)
  if (strict) {
    const overrides = JSON.stringify({
      'authentication.mfa.methods': ['passkey'],
      'authentication.mfa.required': ['viewer'],
      'authentication.methods': ['password', 'accessToken'],
    })
    await app.ownerDb.transaction(`org:${there.organizationId}`, (tx) =>
      tx.updateTable('organizations').set({ overrides }).where('id', '=', there.organizationId).execute(),
    )
  }
  return { first, second, email, totp, tokens }
}

const post = (path: string, body: unknown, server: App = app) => send(server, 'POST', path, { body })
/** Up to the question which organization it is to be. */
async function asked(email: string, code: string): Promise<string> {
  const { challenge } = (await post('/auth/login', { email, password: PASSWORD })).body
  const { body } = await post('/auth/mfa', { challenge, method: 'totp', code })
  expect(body.status).toBe('organization_required')
  return body.challenge
}

describe('a second factor that the organization does not take', () => {
  test('is refused where the sign-in names the organization', async () => {
    const { second, email, totp } = await inTwo({ strict: true })
    const login = { email, password: PASSWORD, organization: second }
    const { challenge } = (await post('/auth/login', login)).body
    const answer = await post('/auth/mfa', { challenge, method: 'totp', code: totp.code() })
    expect(answer.body.code).toBe('sessions.invalid_second_factor')
  })

  // The organization is named after the proof, which was made under the policy that is the same for all.
  test('proves nothing where the organization is chosen afterwards', async () => {
    const { second, email, totp } = await inTwo({ strict: true })
    const challenge = await asked(email, totp.code())
    const { body } = await post('/auth/organization', { challenge, organization: second })
    expect(body.owes).toBe('second_factor')
    const as = body.accessToken
    const me = await app.request('GET', '/me', { as })
    expect(me.body).toMatchObject({
      owes: 'second_factor',
      secondFactor: { enrolled: true, satisfied: false, required: true },
    })
    const read = await app.request('GET', `/organizations/${second}`, { as })
    expect(read).toMatchObject({ status: 403, body: { reason: 'second_factor_required' } })
    // Nor does it pay there.
    app.clock.advance(60)
    const paid = await app.request('POST', '/auth/step-up', {
      as,
      body: { method: 'totp', code: totp.code() },
    })
    expect(paid.body.code).toBe('sessions.invalid_second_factor')
    // What the organization takes does.
    const [code] = totp.recoveryCodes
    const recovered = await app.request('POST', '/auth/step-up', {
      as,
      body: { method: 'recovery_code', code },
    })
    expect(recovered.status).toBe(200)
    expect((await app.request('GET', '/me', { as })).body.owes).toBeNull()
  })

  test('proves nothing where a session goes on there', async () => {
    const { second, tokens } = await inTwo({ strict: true })
    const { body } = await app.request('POST', '/auth/switch', {
      as: tokens,
      body: { organization: second },
    })
    expect(body.owes).toBe('second_factor')
    expect((await app.request('GET', `/organizations/${second}`, { as: body.accessToken })).status).toBe(403)
  })
})

describe('a factor that is removed', () => {
  test('carries no sign-in further that was half done with it', async () => {
    const { first, email, totp, tokens } = await inTwo()
    const challenge = await asked(email, totp.code())
    const removed = await app.request('POST', '/me/mfa/totp/remove', {
      as: tokens.accessToken,
      body: { password: PASSWORD },
    })
    expect(removed.status).toBe(204)
    const answer = await post('/auth/organization', { challenge, organization: first })
    expect(answer).toMatchObject({ status: 401, body: { code: 'sessions.invalid_challenge' } })
  })

  // The key was stolen: its owner takes it away while the thief is asked where to go.
  test('as a passkey, neither, whichever server is asked', async () => {
    const { first, tokens } = await inTwo()
    const { authenticator, id } = await enrolPasskey(app, tokens.accessToken)
    const { challenge: question, options } = (await post('/auth/passkey/begin', undefined)).body
    const asked = await post('/auth/passkey', { challenge: question, response: authenticator.get(options) })
    expect(asked.body.status).toBe('organization_required')
    const removed = await app.request('POST', `/me/passkeys/${id}/remove`, {
      as: tokens.accessToken,
      body: { password: PASSWORD },
    })
    expect(removed.status).toBe(204)
    const { challenge } = asked.body
    const answer = await post('/auth/organization', { challenge, organization: first }, sibling)
    expect(answer).toMatchObject({ status: 401, body: { code: 'sessions.invalid_challenge' } })
  })
})

describe('a sign-in half done', () => {
  // Whoever signs everybody else out means those who are about to come in, too.
  test('ends with the other sessions', async () => {
    const { first, email, totp, tokens } = await inTwo()
    const challenge = await asked(email, totp.code())
    expect((await app.request('DELETE', '/me/sessions', { as: tokens })).status).toBe(200)
    const answer = await post('/auth/organization', { challenge, organization: first })
    expect(answer).toMatchObject({ status: 401, body: { code: 'sessions.invalid_challenge' } })
  })

  // Each would be answered by a newer challenge: ten minutes more, as often as one likes.
  test('wins no time by naming an organization that does not take what was proven', async () => {
    const { first, second, tokens } = await inTwo({ strict: true })
    const { authenticator } = await enrolPasskey(app, tokens.accessToken)
    await app.member(`third-${number}`, { email: `two-${number}@example.com`, roles: ['viewer'] })
    const { challenge: question, options } = (await post('/auth/passkey/begin', undefined)).body
    const answer = { challenge: question, response: authenticator.get(options) }
    const { challenge, organizations } = (await post('/auth/passkey', answer)).body
    expect(organizations.map(({ slug }: { slug: string }) => slug)).toEqual([first, `third-${number}`])
    const refused = await post('/auth/organization', { challenge, organization: second })
    expect(refused).toMatchObject({ status: 404, body: { code: 'sessions.organization_not_found' } })
    expect((await post('/auth/organization', { challenge, organization: first })).body.status).toBe(
      'signed_in',
    )
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send, startApp, type TestApp } from '#test/app'
import { openSessionOf } from '#test/attack-sessions'
import { type Flaws, SoftwareAuthenticator } from '#test/authenticator'
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
async function newPerson() {
  number++
  const slug = `register-${number}`
  const member = await app.member(slug, {
    email: `register-${number}@example.com`,
    name: 'Ada',
    roles: ['viewer'],
  })
  const session = await openSessionOf(app, member)
  return { slug, member, session, as: session.accessToken, open: () => openSessionOf(app, member) }
}

const begin = async (as: string) => app.request('POST', '/me/passkeys', { as })
const finish = (as: string, body: object, server: App = app) =>
  send(server, 'POST', '/me/passkeys/finish', { as, body: { name: 'Key', ...body } })

describe('adding a passkey', () => {
  test('asks for one that is discoverable, of this site, for this account, and not again for one that is known', async () => {
    const { as, member } = await newPerson()
    const { body } = await begin(as)
    expect(body.options).toMatchObject({
      challenge: body.challenge,
      rp: { id: 'localhost', name: 'Flask Track' },
      user: { name: member.email, displayName: 'Ada' },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
      excludeCredentials: [],
    })
    expect(Buffer.from(body.options.user.id, 'base64url').toString('hex')).toBe(
      member.userId.replaceAll('-', ''),
    )
    await enrolPasskey(app, as)
    expect((await begin(as)).body.options.excludeCredentials).toHaveLength(1)
  })

  test('as the first factor yields recovery codes, proves this session and ends the others', async () => {
    const { as, open, slug } = await newPerson()
    const other = await open()
    const { recoveryCodes } = await enrolPasskey(app, as)
    expect(recoveryCodes).toHaveLength(10)
    const own = await app.request('GET', '/me/mfa', { as })
    expect(own.body).toMatchObject({ enrolled: true, satisfied: true, passkeys: 1, totp: null })
    expect((await app.request('GET', '/me', { as: other.accessToken })).status).toBe(401)
    expect(await app.events(slug)).toEqual([
      ...['factors.begun', 'factors.recovery_codes_made', 'factors.enrolled', 'sessions.ended'],
    ])
  })

  // A phishing site that passes our question on, another site's key, another question, an answer made for something else.
  test.each<[string, Flaws]>([
    ['of another origin', { origin: 'https://evil.example' }],
    ['for another relying party', { rpId: 'evil.example' }],
    ['to another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
    ['made for a sign-in', { type: 'webauthn.get' }],
  ])('is refused where the answer is %s, and the log has it', async (_what, flaws) => {
    const { as, slug } = await newPerson()
    const { challenge, options } = (await begin(as)).body
    const response = new SoftwareAuthenticator().create(options, flaws)
    expect(await finish(as, { challenge, response })).toMatchObject({
      status: 403,
      body: { code: 'factors.passkey_refused' },
    })
    expect(await app.events(slug)).toEqual(['factors.begun', 'factors.change_refused'])
    expect((await app.request('GET', '/me/passkeys', { as })).body.items).toEqual([])
  })

  test('answers a question once: sent 20 times at once over two servers, one key is added', async () => {
    const { as } = await newPerson()
    const { challenge, options } = (await begin(as)).body
    const response = new SoftwareAuthenticator().create(options)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => finish(as, { challenge, response }, i % 2 ? sibling : app)),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect((await app.request('GET', '/me/passkeys', { as })).body.items).toHaveLength(1)
  })

  test('takes too long after five minutes', async () => {
    const { as } = await newPerson()
    const { challenge, options } = (await begin(as)).body
    app.clock.advance(300)
    const response = new SoftwareAuthenticator().create(options)
    expect((await finish(as, { challenge, response })).body.code).toBe('factors.passkey_refused')
  })

  // Attack: Eve asks, and has Ada's browser answer: Ada's key would open Eve's account, or Eve's Ada's.
  test('answers only a question that was asked of the same account', async () => {
    const [ada, eve] = [await newPerson(), await newPerson()]
    const { challenge, options } = (await begin(eve.as)).body
    const response = new SoftwareAuthenticator().create(options)
    expect((await finish(ada.as, { challenge, response })).body.code).toBe('factors.passkey_refused')
    expect((await app.request('GET', '/me/passkeys', { as: ada.as })).body.items).toEqual([])
  })

  test('answers no question of a sign-in or of a proof', async () => {
    const { as } = await newPerson()
    await enrolPasskey(app, as)
    const asked = await app.request('POST', '/auth/step-up/passkey', { as })
    const { options } = (await begin(as)).body
    const response = new SoftwareAuthenticator().create({ ...options, challenge: asked.body.challenge })
    expect((await finish(as, { challenge: asked.body.challenge, response })).body.code).toBe(
      'factors.passkey_refused',
    )
  })

  // Attack: the id of somebody's key, registered to another account, so that a sign-in without a name finds the wrong one.
  test('is refused for a key that is registered, to whomever', async () => {
    const [ada, eve] = [await newPerson(), await newPerson()]
    const { challenge, options } = (await begin(ada.as)).body
    const authenticator = new SoftwareAuthenticator()
    await finish(ada.as, { challenge, response: authenticator.create(options) })
    const evesQuestion = (await begin(eve.as)).body
    const response = authenticator.recreate(evesQuestion.options)
    const answer = await finish(eve.as, { challenge: evesQuestion.challenge, response })
    expect(answer).toMatchObject({ status: 409, body: { code: 'factors.passkey_known' } })
    expect((await app.request('GET', '/me/passkeys', { as: ada.as })).body.items).toHaveLength(1)
  })

  // Attack: a password alone opens a session beside the factor there is, and adds a key of the thief's.
  test('takes the second factor, where there is one, and a fresh sign-in', async () => {
    const { as, open, session } = await newPerson()
    await enrolTotp(app, as)
    const { accessToken } = await open()
    expect(await begin(accessToken)).toMatchObject({
      status: 403,
      body: { reason: 'second_factor_required' },
    })
    app.clock.advance(14 * 60)
    const { body } = await app.request('POST', '/auth/refresh', {
      body: { refreshToken: session.refreshToken },
    })
    app.clock.advance(5 * 60)
    expect(await begin(body.accessToken)).toMatchObject({
      status: 403,
      body: { reason: 'fresh_sign_in_required' },
    })
  })

  test('ends at twenty', async () => {
    const { as } = await newPerson()
    const authenticator = new SoftwareAuthenticator()
    for (let i = 0; i < 20; i++) await enrolPasskey(app, as, { authenticator, name: `Key ${i}` })
    expect(await begin(as)).toMatchObject({
      status: 409,
      body: { code: 'factors.too_many_passkeys', most: 20 },
    })
  })

  test.each([
    ['without a name', { name: ' ' }],
    ['named to look like another', { name: 'Key\u202e' }],
    ['with a field that is not WebAuthn’s', { extra: true }],
  ])('is invalid %s', async (_what, change) => {
    const { as } = await newPerson()
    const { challenge, options } = (await begin(as)).body
    const response = new SoftwareAuthenticator().create(options)
    expect((await finish(as, { challenge, response, ...change })).status).toBe(422)
    expect((await finish(as, { challenge, response })).status).toBe(201)
  })
})

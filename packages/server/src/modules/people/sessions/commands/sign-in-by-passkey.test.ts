/**
 * Signing in by a passkey alone.
 *
 * Threats: a passkey as a way past the second factor, past a password that must be changed, past the policy; an answer
 * that is used twice, or whose user nobody verified.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, PASSWORD, send, startApp, type TestApp } from '#test/app'
import type { Flaws } from '#test/authenticator'
import { quickPolicy } from '#test/policies'
import { enrolPasskey } from '#test/second-factors'
import type { App } from '../../../../app.ts'

const SOURCE = quickPolicy('flask-track').replace(/lockout: \{[^}]*\}/, 'lockout: { after: 5, for: 30m }')
const PERMITTING = SOURCE.replace('methods: [password,', 'methods: [password, passkey,')

let app: TestApp
let sibling: App
beforeAll(async () => {
  app = await startApp({ policy: PERMITTING })
  sibling = await app.sibling()
})
afterAll(() => app.stop())

let number = 0
async function enrolled() {
  const slug = `lab-${++number}`
  const email = `person-${number}@example.com`
  const member = await app.member(slug, { email, roles: ['viewer'] })
  const { accessToken } = await app.signIn(email)
  const { authenticator } = await enrolPasskey(app, accessToken)
  return { slug, email, member, authenticator, accessToken }
}
type Enrolled = Awaited<ReturnType<typeof enrolled>>

async function answerOf({ authenticator }: Enrolled, flaws: Flaws = {}) {
  const { challenge, options } = (await app.request('POST', '/auth/passkey/begin')).body
  // Nothing of anybody is told before the answer.
  expect(options.allowCredentials ?? []).toEqual([])
  expect(options.userVerification).toBe('required')
  return { challenge, response: authenticator.get(options, flaws) }
}
const signIn = (body: Record<string, unknown>, server: App = app) =>
  send(server, 'POST', '/auth/passkey', { body, headers: { origin: ORIGIN } })

describe('a sign-in by a passkey', () => {
  test('is one of both factors, with a cookie and the device known', async () => {
    const ada = await enrolled()
    const done = await signIn(await answerOf(ada))
    expect(done).toMatchObject({ status: 200, body: { status: 'signed_in', user: { email: ada.email } } })
    expect(done.raw.cookies.map(({ name }) => name)).toEqual(['__Host-writ_session', '__Host-writ_device'])
    const { body } = await app.request('GET', '/me', { as: done.body.accessToken })
    expect(body).toMatchObject({ secondFactor: { satisfied: true }, session: { methods: ['passkey'] } })
    const events = await app.events(ada.slug)
    expect(events.slice(-2)).toEqual(['sessions.signed_in', 'sessions.device_known'])
  })

  // Lockout used against a victim, again: no password is looked at here.
  test('gets in while somebody’s guesses keep the account locked', async () => {
    const ada = await enrolled()
    for (let i = 0; i < 6; i++)
      await app.request('POST', '/auth/login', { body: { email: ada.email, password: `Guess-Number-${i}` } })
    expect((await signIn(await answerOf(ada))).body.status).toBe('signed_in')
  })

  test('is asked for the organization, and goes on in it with both factors', async () => {
    const ada = await enrolled()
    await app.member(`${ada.slug}-too`, { email: ada.email, roles: ['viewer'] })
    const asked = (await signIn(await answerOf(ada))).body
    expect(asked).toMatchObject({ status: 'organization_required', organizations: [{}, {}] })
    const body = { challenge: asked.challenge, organization: `${ada.slug}-too` }
    const done = await app.request('POST', '/auth/organization', { body })
    const me = await app.request('GET', '/me', { as: done.body.accessToken })
    expect(me.body).toMatchObject({
      organization: { slug: `${ada.slug}-too` },
      session: { methods: ['passkey'] },
    })
    // What was proven goes along into the next organization, no less and no more.
    const switched = await app.request('POST', '/auth/switch', {
      as: done.body.accessToken,
      body: { organization: ada.slug },
    })
    const there = await app.request('GET', '/me', { as: switched.body.accessToken })
    expect(there.body).toMatchObject({
      secondFactor: { satisfied: true },
      session: { methods: ['passkey'] },
    })
  })

  test('does not get around a temporary password', async () => {
    const ada = await enrolled()
    await app.ownerDb.transaction(`account:${ada.member.userId}`, (tx) =>
      tx.updateTable('users').set({ mustChangePassword: true }).where('id', '=', ada.member.userId).execute(),
    )
    expect((await signIn(await answerOf(ada))).body.status).toBe('password_change_required')
  })

  test('is one session for one answer, 20 times at once on two servers', async () => {
    const ada = await enrolled()
    const answer = await answerOf(ada)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => signIn(answer, i % 2 ? sibling : app)),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  // The passkey is proven, then taken away by somebody who helps its owner, then the sign-in goes on: it must not.
  test('that is under way does not outlive a reset of the second factors', async () => {
    const ada = await enrolled()
    const { email } = await app.member(ada.slug, { email: `owner-${++number}@example.com`, roles: ['owner'] })
    const as = await app.signIn(email)
    const proofs = await Promise.all(Array.from({ length: 8 }, () => answerOf(ada)))
    const path = `/organizations/${ada.slug}/members/${ada.member.wire.member}/reset-mfa`
    const [reset, ...answers] = await Promise.all([
      app.request('POST', path, { as }),
      ...proofs.map((proof, i) => signIn(proof, i % 2 ? sibling : app)),
    ])
    expect(reset!.status).toBe(204)
    for (const { status, body } of answers)
      if (status === 200) expect((await app.request('GET', '/me', { as: body.accessToken })).status).toBe(401)
  })

  test('is refused alike whatever is wrong, and says why in the log', async () => {
    const ada = await enrolled()
    const gone = await enrolled()
    await app.ownerDb.transaction(`org:${gone.member.organizationId}`, (tx) =>
      tx.updateTable('users').set({ status: 'deactivated' }).where('id', '=', gone.member.userId).execute(),
    )
    const left = await enrolled()
    await app.ownerDb.transaction(`org:${left.member.organizationId}`, (tx) =>
      tx
        .updateTable('members')
        .set({ status: 'deactivated' })
        .where('id', '=', left.member.memberId)
        .execute(),
    )
    const unverified = await signIn(await answerOf(ada, { userVerified: false }))
    const elsewhere = await signIn(await answerOf(ada, { origin: 'https://writ.example.evil' }))
    const stale = await answerOf(ada)
    app.clock.advance(300)
    const answers = [
      unverified,
      elsewhere,
      await signIn(stale),
      await signIn(await answerOf(gone)),
      await signIn(await answerOf(left)),
    ]
    const told = new Set(
      answers.map(({ status, body: { requestId: _, ...body } }) => JSON.stringify({ status, body })),
    )
    expect([...told]).toHaveLength(1)
    expect([...told][0]).toContain('sessions.invalid_passkey')
    for (const { slug } of [ada, gone, left])
      expect(await app.events(slug)).toContain('sessions.sign_in_failed')
    expect(await app.request('GET', '/me', { as: gone.accessToken })).toMatchObject({ status: 401 })
  })

  test('[FT-AC-04] is not there where the policy does not name it, though passkeys are second factors', async () => {
    const closed = await startApp({ policy: SOURCE })
    try {
      const begun = await closed.request('POST', '/auth/passkey/begin')
      expect(begun).toMatchObject({ status: 403, body: { code: 'sessions.method_not_permitted' } })
      const answer = await answerOf(await enrolled())
      const tried = await closed.request('POST', '/auth/passkey', { body: answer })
      expect(tried).toMatchObject({ status: 403, body: { code: 'sessions.method_not_permitted' } })
    } finally {
      await closed.stop()
    }
  })

  // An account's passkey proves the second factor with fewer demands than a sign-in: one may not stand for the other.
  test('does not take the answer to a question that was asked as a second factor', async () => {
    const ada = await enrolled()
    const { challenge } = (
      await app.request('POST', '/auth/login', { body: { email: ada.email, password: PASSWORD } })
    ).body
    const question = (await app.request('POST', '/auth/mfa/passkey', { body: { challenge } })).body
    const answer = { challenge: question.challenge, response: ada.authenticator.get(question.options) }
    expect((await signIn(answer)).body.code).toBe('sessions.invalid_passkey')
  })
})

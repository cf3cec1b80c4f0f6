import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, send, startApp, type TestApp } from '#test/app'
import { openSessionOf, sendWithCookie } from '#test/attack-sessions'
import { verdict } from '#test/factor-proofs'
import { quickPolicy } from '#test/policies'
import { enrolPasskey, enrolTotp, passkeyAnswer, totp } from '#test/second-factors'
import type { App } from '../../../../app.ts'

let app: TestApp
let sibling: App
/** Under which removing takes both. */
let strict: TestApp
beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('flask-track') })
  sibling = await app.sibling()
  strict = await startApp({ policy: quickPolicy('flask-track').replace('mfa: {', 'mfa: { removal: both,') })
})
afterAll(async () => {
  await app.stop()
  await strict.stop()
})

let number = 0
async function newPerson(server: TestApp = app) {
  number++
  const slug = `remove-${number}`
  const member = await server.member(slug, { email: `remove-${number}@example.com`, roles: ['viewer'] })
  const session = await openSessionOf(server, member)
  return { slug, member, session, as: session.accessToken, open: () => openSessionOf(server, member) }
}

const remove = (as: string, body: unknown, server: App = app) =>
  send(server, 'POST', '/me/mfa/totp/remove', { as, body })
const own = async (as: string, server: App = app) => (await send(server, 'GET', '/me/mfa', { as })).body

describe('removing the authenticator app', () => {
  test('takes the password, ends the recovery codes with the last factor, and is told and logged', async () => {
    const { as, slug, member } = await newPerson()
    const { recoveryCodes } = await enrolTotp(app, as)
    const before = (await app.events(slug)).length
    expect(await remove(as, { password: PASSWORD })).toMatchObject({ status: 204 })
    expect(await own(as)).toMatchObject({ enrolled: false, satisfied: false, totp: null, recoveryCodes: 0 })
    expect((await app.events(slug)).slice(before)).toEqual(['factors.removed'])
    const [code] = recoveryCodes
    expect(await verdict(app, member.userId, { method: 'recovery_code', code: code! })).toBe('not_enrolled')
  })

  test('no session counts as having proven what is no more, and this one gets a new cookie', async () => {
    const { as, session, member } = await newPerson()
    await enrolTotp(app, as)
    const there = await app.member(`${member.organization}-too`, { email: member.email, roles: ['viewer'] })
    for (const each of [member, there]) await satisfiedSession(app, each)
    const answer = await sendWithCookie(app, 'POST', '/me/mfa/totp/remove', session.cookie, {
      body: { password: PASSWORD },
    })
    // The cookie of before the enrolment: an access token confirmed it.
    expect(answer.status).toBe(204)
    expect(answer.raw.cookies[0]?.name).toBe('__Host-writ_session')
    const rows = await app.ownerDb.transaction(`account:${member.userId}`, (tx) =>
      tx.selectFrom('sessions').select('secondFactorAt').execute(),
    )
    expect(rows.map(({ secondFactorAt }) => secondFactorAt)).toEqual([null, null, null])
  })

  test('keeps the recovery codes and the proof while another factor remains', async () => {
    const { as } = await newPerson()
    await enrolTotp(app, as)
    await enrolPasskey(app, as)
    expect((await remove(as, { password: PASSWORD })).status).toBe(204)
    expect(await own(as)).toMatchObject({
      enrolled: true,
      satisfied: true,
      totp: null,
      passkeys: 1,
      recoveryCodes: 10,
    })
  })

  test.each([
    ['without a password', {}, 'factors.password_required'],
    ['with a wrong one', { password: 'Not-The-Password-1' }, 'identity.wrong_password'],
    // Attack: who took the phone has its codes, and no password.
    ['with a code in its place', { code: '123456' }, 'factors.password_required'],
  ])('is refused %s', async (_what, body, code) => {
    const { as } = await newPerson()
    await enrolTotp(app, as)
    expect(await remove(as, body)).toMatchObject({ status: 403, body: { code } })
    expect(await own(as)).toMatchObject({ enrolled: true })
  })

  // Attack: a session that was left open; its password is known, too.
  test('is refused without a fresh sign-in, also with the right password', async () => {
    const { session, as, slug } = await newPerson()
    await enrolTotp(app, as)
    app.clock.advance(14 * 60)
    const { body } = await app.request('POST', '/auth/refresh', {
      body: { refreshToken: session.refreshToken },
    })
    app.clock.advance(10 * 60)
    const answer = await remove(body.accessToken, { password: PASSWORD })
    expect(answer).toMatchObject({ status: 403, body: { reason: 'fresh_sign_in_required' } })
    expect(await app.events(slug)).toContain('factors.change_refused')
  })

  // Attack: a stolen password opens a session beside the factor and removes the factor.
  test('is refused in a session that has not proven it', async () => {
    const { as, open } = await newPerson()
    await enrolTotp(app, as)
    const { accessToken } = await open()
    const answer = await remove(accessToken, { password: PASSWORD })
    expect(answer).toMatchObject({ status: 403, body: { reason: 'second_factor_required' } })
  })

  test('asked for 20 times at once over two servers happens once', async () => {
    const { as, slug } = await newPerson()
    await enrolTotp(app, as)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => remove(as, { password: PASSWORD }, i % 2 ? sibling : app)),
    )
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
    expect((await app.events(slug)).filter((type) => type === 'factors.removed')).toHaveLength(1)
  })

  test('is refused where there is none', async () => {
    const { as } = await newPerson()
    expect(await remove(as, { password: PASSWORD })).toMatchObject({
      status: 409,
      body: { code: 'factors.not_enrolled' },
    })
  })
})

describe('where the policy asks for both, removing takes the password and', () => {
  test('a code of the app', async () => {
    const { as } = await newPerson(strict)
    const { code } = await enrolTotp(strict, as)
    expect(await remove(as, { password: PASSWORD }, strict)).toMatchObject({
      body: { code: 'factors.second_factor_required' },
    })
    expect(await remove(as, { code: code() }, strict)).toMatchObject({
      body: { code: 'factors.password_required' },
    })
    expect((await remove(as, { password: PASSWORD, code: code() }, strict)).status).toBe(204)
  })

  test('or a recovery code', async () => {
    const { as } = await newPerson(strict)
    const { recoveryCodes } = await enrolTotp(strict, as)
    expect((await remove(as, { password: PASSWORD, recoveryCode: recoveryCodes[0] }, strict)).status).toBe(
      204,
    )
  })

  test('or a passkey', async () => {
    const { as } = await newPerson(strict)
    await enrolTotp(strict, as)
    const { authenticator } = await enrolPasskey(strict, as)
    const passkey = await passkeyAnswer(strict, as, authenticator)
    const flipped = structuredClone(passkey)
    flipped.response.response.signature = 'AAAA'
    expect(await remove(as, { password: PASSWORD, passkey: flipped }, strict)).toMatchObject({
      body: { code: 'factors.passkey_refused' },
    })
    const again = await passkeyAnswer(strict, as, authenticator)
    expect((await remove(as, { password: PASSWORD, passkey: again }, strict)).status).toBe(204)
  })

  // Attack: a new session a guess. The count is the account's, not the session's.
  test('codes guessed from several sessions are counted once, and then the right one is refused', async () => {
    const { as, member } = await newPerson(strict)
    const { secret, code } = await enrolTotp(strict, as)
    const sessions = [as]
    for (let i = 0; i < 4; i++) sessions.push((await satisfiedSession(strict, member)).accessToken)
    const right = [-1, 0, 1].map((steps) => totp(secret, strict.clock.now(), steps))
    const wrong = ['000001', '000002', '000003', '000004'].filter((guess) => !right.includes(guess))
    const codes: string[] = []
    for (let i = 0; i < 11; i++) {
      const body = { password: PASSWORD, code: wrong[i % wrong.length] }
      codes.push((await remove(sessions[i % sessions.length]!, body, strict)).body.code)
    }
    expect(codes.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'factors.wrong_code'))
    expect(codes[10]).toBe('factors.locked')
    expect(await remove(as, { password: PASSWORD, code: code() }, strict)).toMatchObject({
      status: 429,
      body: { code: 'factors.locked' },
    })
  })
})

/** A session that has proven a second factor. */
async function satisfiedSession(server: TestApp, member: Awaited<ReturnType<typeof newPerson>>['member']) {
  const session = await openSessionOf(server, member)
  await server.ownerDb.transaction(`org:${member.organizationId}`, (tx) =>
    tx
      .updateTable('sessions')
      .set({ secondFactorAt: server.clock.now(), methods: ['password', 'recovery_code'] })
      .where('id', '=', session.sessionId)
      .execute(),
  )
  return session
}

describe('passkeys', () => {
  test('are several, named, renamed and removed one by one', async () => {
    const { as, slug } = await newPerson()
    const phone = await enrolPasskey(app, as, { name: 'Phone' })
    app.clock.advance(1)
    const laptop = await enrolPasskey(app, as, { name: 'Laptop' })
    const list = async () =>
      (await app.request('GET', '/me/passkeys', { as })).body.items.map(({ name }: { name: string }) => name)
    expect(await list()).toEqual(['Phone', 'Laptop'])
    const renamed = await app.request('PATCH', `/me/passkeys/${phone.id}`, {
      as,
      body: { name: 'Old phone' },
    })
    expect(renamed).toMatchObject({ status: 200, body: { id: phone.id, name: 'Old phone' } })
    const path = `/me/passkeys/${phone.id}/remove`
    expect(await app.request('POST', path, { as, body: {} })).toMatchObject({
      body: { code: 'factors.password_required' },
    })
    expect((await app.request('POST', path, { as, body: { password: PASSWORD } })).status).toBe(204)
    expect(await list()).toEqual(['Laptop'])
    expect(await own(as)).toMatchObject({ enrolled: true, satisfied: true, recoveryCodes: 10 })
    await app.request('POST', `/me/passkeys/${laptop.id}/remove`, { as, body: { password: PASSWORD } })
    expect(await own(as)).toMatchObject({ enrolled: false, satisfied: false, recoveryCodes: 0 })
    const events = await app.events(slug)
    expect(events.filter((type) => type === 'factors.renamed')).toHaveLength(1)
    expect(events.filter((type) => type === 'factors.removed')).toHaveLength(2)
  })

  test('of somebody else are not there: neither renamed nor removed', async () => {
    const [ada, eve] = [await newPerson(), await newPerson()]
    const { id } = await enrolPasskey(app, ada.as)
    await enrolPasskey(app, eve.as)
    const path = `/me/passkeys/${id}`
    for (const answer of [
      await app.request('PATCH', path, { as: eve.as, body: { name: 'Mine' } }),
      await app.request('POST', `${path}/remove`, { as: eve.as, body: { password: PASSWORD } }),
    ])
      expect(answer).toMatchObject({ status: 404, body: { code: 'factors.not_found' } })
    expect(await own(ada.as)).toMatchObject({ passkeys: 1 })
  })
})

describe('new recovery codes', () => {
  const renew = (as: string, server: App = app) => send(server, 'POST', '/me/mfa/recovery-codes', { as })

  test('make the former ones worthless', async () => {
    const { as, member, slug } = await newPerson()
    const { recoveryCodes } = await enrolTotp(app, as)
    const renewed = await renew(as)
    expect(renewed).toMatchObject({ status: 200 })
    expect(renewed.body.recoveryCodes).toHaveLength(10)
    const { userId } = member
    const said = (code: string) => verdict(app, userId, { method: 'recovery_code', code })
    expect(await said(recoveryCodes[0]!)).toBe('wrong_code')
    expect(await said(renewed.body.recoveryCodes[0])).toBe('right')
    expect((await app.events(slug)).filter((type) => type === 'factors.recovery_codes_made')).toHaveLength(2)
  })

  test('asked for 20 times at once over two servers leave one set of ten', async () => {
    const { as, member } = await newPerson()
    await enrolTotp(app, as)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => renew(as, i % 2 ? sibling : app)))
    expect(answers.map(({ status }) => status)).toContain(200)
    expect(await own(as)).toMatchObject({ recoveryCodes: 10 })
    const good: string[] = []
    for (const { body } of answers.filter(({ status }) => status === 200)) {
      // Else the wrong ones would lock.
      app.clock.advance(900)
      good.push(await verdict(app, member.userId, { method: 'recovery_code', code: body.recoveryCodes[0] }))
    }
    expect(good.filter((one) => one === 'right')).toHaveLength(1)
  })

  test('take a factor, a session that proved it, and a fresh sign-in', async () => {
    const { as, session, open } = await newPerson()
    expect(await renew(as)).toMatchObject({ status: 409, body: { code: 'factors.not_enrolled' } })
    await enrolTotp(app, as)
    const { accessToken } = await open()
    expect(await renew(accessToken)).toMatchObject({ body: { reason: 'second_factor_required' } })
    app.clock.advance(14 * 60)
    const { body } = await app.request('POST', '/auth/refresh', {
      body: { refreshToken: session.refreshToken },
    })
    app.clock.advance(10 * 60)
    expect(await renew(body.accessToken)).toMatchObject({
      status: 403,
      body: { reason: 'fresh_sign_in_required' },
    })
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, send, startApp, type TestApp, type TestMember } from '#test/app'
import { quickPolicy } from '#test/policies'
import { linkFor, unverify } from '#test/recovery'
import { enrolTotp } from '#test/second-factors'

const NEXT = 'Brave-Lantern-58'

let app: TestApp
let count = 0
beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('sales-agent') })
})
afterAll(() => app.stop())

/** A member of an organization of their own, whose log is theirs alone. */
async function person(): Promise<TestMember> {
  const slug = `org-${++count}`
  return app.member(slug, { email: `ada${count}@example.com`, roles: ['user'] })
}

const forgot = (email: string, headers: Record<string, string> = {}) =>
  app.request('POST', '/auth/password/forgot', { body: { email }, headers })

async function mailsTo(email: string, kind = 'identity.password_reset') {
  return (await app.mails()).filter((mail) => mail.to === email && mail.kind === kind)
}

async function tokenFor(email: string): Promise<string> {
  await forgot(email)
  const mail = (await mailsTo(email)).at(-1)
  return new URL(mail!.url!).searchParams.get('token')!
}

const reset = (token: string, newPassword = NEXT) =>
  app.request('POST', '/auth/password/reset', { body: { token, newPassword } })

const signInStatus = async (email: string, password: string) =>
  (await app.request('POST', '/auth/login', { body: { email, password } })).status

describe('a forgotten password', () => {
  test('[BM-20] is replaced by the mailed link, in the language of the person', async () => {
    const { email, organization } = await person()
    expect((await forgot(email)).status).toBe(202)
    const [mail] = await mailsTo(email)
    expect(mail).toMatchObject({ language: 'en', subject: 'Choose a new password' })
    expect(mail!.text).toContain('works once, for one hour')
    expect(mail!.text).toContain(mail!.url)
    const answer = await reset(new URL(mail!.url!).searchParams.get('token')!)
    expect(answer.status).toBe(204)
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(await signInStatus(email, PASSWORD)).toBe(401)
    expect(await signInStatus(email, NEXT)).toBe(200)
    expect(await app.events(organization)).toEqual([
      'recovery.reset_link_sent',
      'recovery.password_reset',
      'sessions.sign_in_failed',
      'sessions.signed_in',
    ])
    expect(await mailsTo(email, 'recovery.password_was_reset')).toHaveLength(1)
  })

  test('is answered alike for an address that is known, unknown, deactivated or none at all', async () => {
    // Attack: whoever tries addresses learns which have an account.
    const known = await person()
    const gone = await person()
    await app.ownerDb.transaction(`account:${gone.userId}`, (tx) =>
      tx.updateTable('users').set({ status: 'deactivated' }).where('id', '=', gone.userId).execute(),
    )
    const answers = []
    for (const email of [known.email, gone.email, 'nobody@example.com', 'no address', '']) {
      const { status, body, headers } = await forgot(email)
      answers.push({ status, body, names: Object.keys(headers).sort() })
    }
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(answers[0]).toMatchObject({ status: 202, body: { status: 'accepted' } })
    expect(await mailsTo(gone.email)).toEqual([])
    expect(await mailsTo('nobody@example.com')).toEqual([])
    expect(await mailsTo(known.email)).toHaveLength(1)
  })

  test('is answered before the address is looked at, so that the time tells nothing either', async () => {
    const { userId, email } = await person()
    // The account is held: an answer that waited for anything of it would not come.
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let isHeld = () => {}
    const holding = new Promise<void>((resolve) => {
      isHeld = resolve
    })
    const holder = app.ownerDb.transaction(`account:${userId}`, async (tx) => {
      await tx.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute()
      isHeld()
      await held
    })
    await holding
    expect((await forgot(email)).status).toBe(202)
    release()
    await holder
    expect(await mailsTo(email)).toHaveLength(1)
  })

  test('is mailed a link to the configured address, whatever Host the request names', async () => {
    // Attack: a request with the attacker's Host makes the victim's mail lead to the attacker (reset poisoning).
    const { email } = await person()
    await forgot(email, {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
    })
    const [mail] = await mailsTo(email)
    expect(mail!.url).toMatch(/^http:\/\/localhost:8484\/reset-password\?token=/)
    expect(mail!.text).not.toContain('evil')
  })

  test('is mailed to the address of the account, not to the one that was typed', async () => {
    // Attack: a spelling that folds to the victim's address, and whose mailbox is the attacker's.
    const { email } = await person()
    await forgot(email.replace('ada', 'ＡＤＡ'))
    expect(await mailsTo(email)).toHaveLength(1)
  })

  test('fills nobody’s mailbox: five links an hour, counted over all servers, and the fifth stays good', async () => {
    // Attack: somebody asks for a thousand resets of a victim, from many machines.
    const { email } = await person()
    const other = await app.sibling()
    for (let i = 0; i < 6; i++) {
      await send(i % 2 === 0 ? app : other, 'POST', '/auth/password/forgot', { body: { email } })
      await app.mails()
    }
    await other.close()
    const mails = await mailsTo(email)
    expect(mails).toHaveLength(5)
    expect((await reset(new URL(mails[4]!.url!).searchParams.get('token')!)).status).toBe(204)
    app.clock.advance(3601)
    await forgot(email)
    expect(await mailsTo(email)).toHaveLength(6)
  })

  test('is asked for so often by one client address, and no more', async () => {
    const ask = () =>
      app.request('POST', '/auth/password/forgot', {
        body: { email: 'nobody@example.com' },
        remoteAddress: '203.0.113.77',
      })
    for (let i = 0; i < 60; i++) expect((await ask()).status).toBe(202)
    const refused = await ask()
    expect(refused.status).toBe(429)
    expect(refused.headers['retry-after']).toBeDefined()
  })
})

describe('a reset link', () => {
  test('works once, also when it is presented 20 times at once at two servers', async () => {
    const { email } = await person()
    const token = await tokenFor(email)
    const other = await app.sibling()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 === 0 ? app : other, 'POST', '/auth/password/reset', {
          body: { token, newPassword: `${NEXT}-${i}` },
        }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array(19).fill(422)])
    const winner = answers.findIndex(({ status }) => status === 204)
    expect(await signInStatus(email, `${NEXT}-${winner}`)).toBe(200)
    for (const { status, body } of answers) if (status === 422) expect(body.code).toBe('identity.link_dead')
  })

  test('is dead when a newer one was sent', async () => {
    const { email } = await person()
    const older = await tokenFor(email)
    const newer = await tokenFor(email)
    expect((await reset(older)).body.code).toBe('identity.link_dead')
    expect((await reset(newer)).status).toBe(204)
  })

  test('is dead after its time', async () => {
    const { email } = await person()
    const token = await tokenFor(email)
    app.clock.advance(3600)
    expect((await reset(token)).body.code).toBe('identity.link_dead')
  })

  test.each<[string, (member: TestMember) => Promise<unknown>]>([
    [
      'the password was changed',
      async ({ email }) => {
        const tokens = await app.signIn(email)
        const body = { currentPassword: PASSWORD, newPassword: 'Third-Harbour-69' }
        const { status } = await app.request('POST', '/me/password', { as: tokens, body })
        expect(status).toBe(200)
      },
    ],
    [
      'everything was signed out',
      async ({ email }) => {
        const tokens = await app.signIn(email)
        const { status } = await app.request('POST', '/auth/logout-everywhere', { as: tokens })
        expect(status).toBeLessThan(300)
      },
    ],
    [
      'the account was deactivated',
      ({ userId }) =>
        app.ownerDb.transaction(`account:${userId}`, (tx) =>
          tx.updateTable('users').set({ status: 'deactivated' }).where('id', '=', userId).execute(),
        ),
    ],
    [
      'the account has another address',
      ({ userId }) =>
        app.ownerDb.transaction(`account:${userId}`, (tx) =>
          tx
            .updateTable('users')
            .set({ email: `moved-${userId}@example.com`, emailKey: `moved-${userId}@example.com` })
            .where('id', '=', userId)
            .execute(),
        ),
    ],
  ])('is dead once %s', async (_, change) => {
    const member = await person()
    const token = await tokenFor(member.email)
    await change(member)
    expect((await reset(token)).body.code).toBe('identity.link_dead')
  })

  test('does nothing but what it was made for', async () => {
    const { email } = await person()
    const as = await app.signIn(email)
    const token = await tokenFor(email)
    for (const [path, body] of [
      ['/auth/activate', { token, password: NEXT }],
      ['/auth/email/verify', { token }],
      ['/auth/email/confirm', { token }],
      ['/auth/email/refuse', { token }],
    ] as const) {
      const answer = await app.request('POST', path, {
        body,
        as: path === '/auth/email/verify' || path === '/auth/email/confirm' ? as : undefined,
      })
      expect([path, answer.status, answer.body.code]).toEqual([path, 422, 'identity.link_dead'])
    }
    expect((await reset(token)).status).toBe(204)
  })

  test('stays good after a password that the policy refuses, whose refusal names every rule in both languages', async () => {
    const { email } = await person()
    const token = await tokenFor(email)
    const refused = await app.request('POST', '/auth/password/reset', {
      body: { token, newPassword: 'password' },
      headers: { 'accept-language': 'he-IL,he;q=0.9,en;q=0.5' },
    })
    expect(refused.status).toBe(422)
    expect(refused.body.rules.map(({ rule }: { rule: string }) => rule)).toEqual(['upper', 'digit', 'common'])
    // [PS-05] The caller's language in `errors`, both in `rules`.
    expect(refused.body.errors.every(({ message }: { message: string }) => /[א-ת]/.test(message))).toBe(true)
    expect(refused.body.rules.every(({ en }: { en: string }) => /^[A-Z]/.test(en))).toBe(true)
    expect((await reset(token)).status).toBe(204)
  })

  test('that is wrong says no more than one that was used, and costs no hash', async () => {
    const { email } = await person()
    const token = await tokenFor(email)
    await reset(token)
    const before = app.services.passwords.computed
    const used = await reset(token)
    const wrong = await reset('writ_link_guess')
    expect({ ...wrong.body, requestId: '' }).toEqual({ ...used.body, requestId: '' })
    expect(app.services.passwords.computed).toBe(before)
    expect((await app.events()).slice(-2)).toEqual(['recovery.link_refused', 'recovery.link_refused'])
  })
})

describe('a new password by link', () => {
  test('ends every session, token, challenge and device, on the next request at another server', async () => {
    const { email } = await person()
    const tokens = await app.signIn(email)
    const token = await tokenFor(email)
    const other = await app.sibling()
    expect((await send(other, 'GET', '/me', { as: tokens })).status).toBe(200)
    await reset(token)
    expect((await send(other, 'GET', '/me', { as: tokens })).status).toBe(401)
    expect((await send(other, 'GET', '/me', { headers: { cookie: tokens.cookie } })).status).toBe(401)
    const { refreshToken } = tokens
    expect((await send(other, 'POST', '/auth/refresh', { body: { refreshToken } })).status).toBe(401)
  })

  test('stands for no second factor: the next sign-in asks for it', async () => {
    // Attack: whoever reads the mailbox resets the password, and is in without the phone.
    const { email } = await person()
    const held = await app.signIn(email)
    const { recoveryCodes } = await enrolTotp(app, held.accessToken)
    await reset(await tokenFor(email))
    const answer = await app.request('POST', '/auth/login', { body: { email, password: NEXT } })
    expect(answer.body.status).toBe('mfa_required')
    expect(answer.body.accessToken).toBeUndefined()
    const { challenge } = answer.body
    const body = { challenge, method: 'recovery_code', code: recoveryCodes[0] }
    expect((await app.request('POST', '/auth/mfa', { body })).body.status).toBe('signed_in')
  })

  test('lifts a lock that somebody else’s guesses caused', async () => {
    const { email } = await person()
    for (let i = 0; i < 5; i++) await signInStatus(email, 'Not-The-Password-1')
    expect(await signInStatus(email, PASSWORD)).toBe(401)
    await reset(await tokenFor(email))
    expect(await signInStatus(email, NEXT)).toBe(200)
  })

  test('replaces a temporary one', async () => {
    const { email, userId } = await person()
    await app.ownerDb.transaction(`account:${userId}`, (tx) =>
      tx.updateTable('users').set({ mustChangePassword: true }).where('id', '=', userId).execute(),
    )
    await reset(await tokenFor(email))
    const answer = await app.request('POST', '/auth/login', { body: { email, password: NEXT } })
    expect(answer.body.status).toBe('signed_in')
  })

  test('proves the address whose mailbox was read', async () => {
    const { email, userId } = await person()
    await unverify(app, userId)
    await reset(await tokenFor(email))
    const { body } = await app.request('GET', '/me', { as: await app.signIn(email, { password: NEXT }) })
    expect(body.user.email).toBe(email)
  })
})

describe('verifying an address', () => {
  test('[SA-08] opens what was closed until then, and only that link’s account', async () => {
    const { email, userId, organization } = await person()
    await unverify(app, userId)
    const tokens = await app.signIn(email)
    const shut = await app.request('GET', '/me/permissions', { as: tokens })
    expect([shut.status, shut.body.reason]).toEqual([403, 'email_verification_required'])
    const asked = await app.request('POST', '/me/email/verification', { as: tokens })
    expect(asked.status).toBe(202)
    const [mail] = await mailsTo(email, 'recovery.verify_email')
    const token = new URL(mail!.url!).searchParams.get('token')!
    const body = { token }
    expect((await app.request('POST', '/auth/email/verify', { as: tokens, body })).status).toBe(204)
    expect((await app.request('POST', '/auth/email/verify', { as: tokens, body })).status).toBe(422)
    expect((await app.request('GET', '/me/permissions', { as: tokens })).status).toBe(200)
    const again = await app.request('POST', '/me/email/verification', { as: tokens })
    expect([again.status, again.body.code]).toEqual([409, 'recovery.already_verified'])
    expect(await app.events(organization)).toEqual([
      'sessions.signed_in',
      'recovery.verification_sent',
      'identity.email_verified',
      'recovery.link_refused',
    ])
  })

  test('takes a session of the account beside its mailbox', async () => {
    // Attack: pre-registration hijack. Somebody makes an account over a victim's address, keeps its password and a
    // second factor of theirs, asks for the link, and waits for the victim to follow it.
    const [{ email, userId, organizationId }, stranger] = [await person(), await person()]
    await unverify(app, userId)
    const theirs = await app.signIn(email)
    await app.ownerDb.transaction(`account:${userId}`, (tx) =>
      tx
        .insertInto('totpFactors')
        .values({
          userId,
          id: userId,
          secret: Buffer.alloc(60),
          createdAt: app.clock.now(),
          confirmedAt: app.clock.now(),
        })
        .execute(),
    )
    const token = await linkFor(app, { userId, organizationId }, 'verify_email')
    const body = { token }
    expect((await app.request('POST', '/auth/email/verify', { body })).status).toBe(401)
    const as = await app.signIn(stranger.email)
    expect((await app.request('POST', '/auth/email/verify', { as, body })).body.code).toBe(
      'identity.link_dead',
    )
    // What the victim can do, who knows no password: set one by mail. Then nothing of the stranger's is left.
    expect((await reset(await tokenFor(email))).status).toBe(204)
    expect((await app.request('GET', '/me', { as: theirs })).status).toBe(401)
    const again = await app.request('POST', '/auth/login', { body: { email, password: NEXT } })
    expect(again.body.status).toBe('signed_in')
  })

  test('works once of 20 at two servers', async () => {
    const { email, userId, organizationId } = await person()
    await unverify(app, userId)
    const token = await linkFor(app, { userId, organizationId }, 'verify_email')
    const as = await app.signIn(email)
    const other = await app.sibling()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 === 0 ? app : other, 'POST', '/auth/email/verify', { as, body: { token } }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array(19).fill(422)])
  })

  test('is mailed five times an hour at most', async () => {
    const { email, userId } = await person()
    await unverify(app, userId)
    const tokens = await app.signIn(email)
    const ask = () => app.request('POST', '/me/email/verification', { as: tokens })
    for (let i = 0; i < 5; i++) expect((await ask()).status).toBe(202)
    expect((await ask()).status).toBe(429)
    expect(await mailsTo(email, 'recovery.verify_email')).toHaveLength(5)
  })
})

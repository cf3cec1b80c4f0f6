import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addressLimitOf } from '#platform/address-limit'
import { PASSWORD, send, startApp, type TestApp } from '#test/app'
import { quickPolicy } from '#test/policies'
import { SIGN_INS } from './sign-in.ts'

const LOGIN = '/auth/login'
let app: TestApp

beforeAll(async () => {
  app = await startApp({
    policy: quickPolicy('flask-track').replace(/lockout: \{[^}]*\}/, 'lockout: { after: 5, for: 30m }'),
  })
})
afterAll(() => app.stop())

const logIn = (body: unknown, options: Parameters<typeof send>[3] = {}) =>
  app.request('POST', LOGIN, { ...options, body })

describe('[SA-19] POST /auth/login', () => {
  test('signs a member in, with both tokens, a cookie that only the browser and this host see, and an event', async () => {
    await app.member('lab-one', { email: 'ada@example.com', name: 'Ada', roles: ['viewer'] })
    const answer = await logIn(
      { email: 'ada@example.com', password: PASSWORD },
      { headers: { 'user-agent': 'curl/8.5.0' } },
    )
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      status: 'signed_in',
      tokenType: 'Bearer',
      expiresIn: 900,
      user: { email: 'ada@example.com', name: 'Ada' },
      organization: { slug: 'lab-one' },
    })
    const cookie = String(answer.headers['set-cookie'])
    for (const part of [/^__Host-writ_session=[\w-]{43};/, /HttpOnly/, /Secure/, /SameSite=Lax/, /Path=\//])
      expect(cookie).toMatch(part)
    expect(cookie).not.toMatch(/Domain/i)
    expect(await app.events('lab-one')).toEqual(['sessions.signed_in'])
    const me = await app.request('GET', '/me', { as: answer.body.accessToken })
    expect(me.body).toMatchObject({
      user: { email: 'ada@example.com' },
      organization: { slug: 'lab-one' },
      roles: ['viewer'],
    })
    const byCookie = await app.request('GET', '/me', {
      headers: { cookie: `__Host-writ_session=${answer.raw.cookies[0]!.value}` },
    })
    expect(byCookie.body).toEqual(me.body)
  })

  test.each(['ADA.two@Example.com', ' ada.two@example.com ', 'ａda.two@example.com'])(
    'finds the account by %j',
    async (email) => {
      const known = await app.organization('lab-spelling')
      if ((await app.events(known.slug)).length === 0)
        await app.member('lab-spelling', { email: 'ada.two@example.com', roles: ['viewer'] })
      expect((await logIn({ email, password: PASSWORD })).body.status).toBe('signed_in')
    },
  )

  test('refuses what it does not know in a body', async () => {
    const answer = await logIn({ email: 'ada@example.com', password: PASSWORD, remember: true })
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'invalid_input', errors: [{ path: 'remember' }] },
    })
  })
})

describe('[FT-AC-08] an account in several organizations', () => {
  test('is asked which one, and is then in exactly that one', async () => {
    await app.member('lab-a', { email: 'bob@example.com', roles: ['viewer'] })
    await app.member('lab-b', { email: 'bob@example.com', roles: ['owner'] })
    const asked = await logIn({ email: 'bob@example.com', password: PASSWORD })
    expect(asked.body).toEqual({
      status: 'organization_required',
      challenge: expect.any(String),
      organizations: [expect.objectContaining({ slug: 'lab-a' }), expect.objectContaining({ slug: 'lab-b' })],
    })
    expect(asked.headers['set-cookie']).toBeUndefined()
    // Whoever stole the password learned where it opens.
    for (const slug of ['lab-a', 'lab-b'])
      expect(await app.events(slug)).toEqual(['sessions.organization_asked'])
    for (const [organization, role] of [
      ['lab-a', 'viewer'],
      [asked.body.organizations[1].id, 'owner'],
    ]) {
      const { accessToken } = await app.signIn('bob@example.com', { organization })
      const me = await app.request('GET', '/me', { as: accessToken })
      expect(me.body.roles).toEqual([role])
    }
    for (const slug of ['lab-a', 'lab-b'])
      expect(await app.events(slug)).toEqual(['sessions.organization_asked', 'sessions.signed_in'])
  })
})

describe('a refusal says nothing', () => {
  test('[FT-AC-21] [PS-17] six causes have one answer and one hash of work, and each its own reason in the log', async () => {
    await app.member('refusals', { email: 'wrong@example.com', roles: ['viewer'] })
    const gone = await app.member('refusals', { email: 'gone@example.com', roles: ['viewer'] })
    const left = await app.member('refusals', { email: 'left@example.com', roles: ['viewer'] })
    await app.member('elsewhere', { email: 'other@example.com', roles: ['viewer'] })
    await app.member('suspended', { email: 'closed@example.com', roles: ['viewer'] })
    const suspended = await app.organization('suspended')
    await app.ownerDb.transaction(`org:${gone.organizationId}`, async (tx) => {
      await tx.updateTable('users').set({ status: 'deactivated' }).where('id', '=', gone.userId).execute()
      await tx.updateTable('members').set({ status: 'deactivated' }).where('id', '=', left.memberId).execute()
    })
    await app.ownerDb.transaction(`org:${suspended.id}`, (tx) =>
      tx.updateTable('organizations').set({ status: 'suspended' }).where('id', '=', suspended.id).execute(),
    )
    const cases: [body: Record<string, string>, log: string | undefined, reason: string][] = [
      [{ email: 'nobody@example.com', password: PASSWORD }, undefined, 'unknown_address'],
      [{ email: 'wrong@example.com', password: 'Loud-Harbour-47' }, 'refusals', 'wrong_password'],
      [{ email: 'gone@example.com', password: PASSWORD }, 'refusals', 'account_deactivated'],
      [{ email: 'left@example.com', password: PASSWORD }, 'refusals', 'no_membership'],
      [{ email: 'closed@example.com', password: PASSWORD }, 'suspended', 'organization_suspended'],
      [
        { email: 'other@example.com', password: PASSWORD, organization: 'refusals' },
        'elsewhere',
        'not_a_member',
      ],
    ]
    const bodies = new Set<string>()
    for (const [body, log, reason] of cases) {
      const before = { hashes: app.services.passwords.computed, events: (await events(log)).length }
      const answer = await logIn(body)
      expect(answer.status, reason).toBe(401)
      const { requestId: _, ...rest } = answer.body
      bodies.add(JSON.stringify(rest))
      expect(app.services.passwords.computed - before.hashes, reason).toBe(1)
      expect((await events(log)).slice(before.events)).toEqual([
        ['sessions.sign_in_failed', 'failure', reason],
      ])
    }
    expect([...bodies]).toHaveLength(1)
    expect([...bodies][0]).toContain('sessions.invalid_credentials')
  })

  test('[PS-18] the log has address, user agent and time, and never what was typed as a password', async () => {
    await app.member('typed', { email: 'typo@example.com', roles: ['viewer'] })
    const headers = { 'user-agent': 'Browser/1', 'x-forwarded-for': '198.51.100.1' }
    await logIn(
      { email: 'typo@example.com', password: 'Secret-Typed-99' },
      { headers, remoteAddress: '203.0.113.7' },
    )
    // A password in the wrong field.
    await logIn({ email: 'Secret-Typed-99', password: 'x' }, { headers, remoteAddress: '203.0.113.7' })
    const { id } = await app.organization('typed')
    const { leaves, personal } = await app.ownerDb.transaction(`org:${id}`, async (tx) => ({
      leaves: await tx.selectFrom('auditEvents').selectAll().where('organizationId', '=', id).execute(),
      personal: await tx.selectFrom('auditPersonal').selectAll().where('organizationId', '=', id).execute(),
    }))
    expect(leaves).toHaveLength(1)
    expect(leaves[0]!.occurredAt).toEqual(app.clock.now())
    const facts = JSON.stringify(personal)
    expect(facts).toContain('203.0.113.7')
    expect(facts).not.toContain('198.51.100.1')
    expect(facts).toContain('Browser/1')
    const platform = await app.organization('platform')
    const all = await app.ownerDb.transaction(`org:${platform.id}`, async (tx) => ({
      leaves: await tx.selectFrom('auditEvents').selectAll().execute(),
      personal: await tx.selectFrom('auditPersonal').selectAll().execute(),
    }))
    expect(JSON.stringify([leaves, personal, all])).not.toContain('Secret-Typed-99')
  })
})

describe('[SA-04] five failed sign-ins lock the account for 30 minutes', () => {
  test('also for the right password, whatever the spelling and the address they come from, and it opens by itself', async () => {
    await app.member('locks', { email: 'lock@example.com', roles: ['viewer'] })
    const spellings = [
      'lock@example.com',
      'LOCK@example.com',
      ' lock@example.com',
      'Lock@Example.Com',
      'ｌock@example.com',
    ]
    for (const [i, email] of spellings.entries()) {
      const headers = { 'x-forwarded-for': `198.51.100.${i}`, 'user-agent': `Agent/${i}` }
      expect(
        (await logIn({ email, password: 'Loud-Harbour-47' }, { headers, remoteAddress: `203.0.113.${i}` }))
          .status,
      ).toBe(401)
    }
    const locked = await logIn({ email: 'lock@example.com', password: PASSWORD })
    expect(locked).toMatchObject({ status: 401, body: { code: 'sessions.invalid_credentials' } })
    app.clock.advance(1799)
    expect((await logIn({ email: 'lock@example.com', password: PASSWORD })).status).toBe(401)
    expect(await app.events('locks')).toEqual([
      ...Array(4).fill('sessions.sign_in_failed'),
      'identity.account_locked',
      ...Array(3).fill('sessions.sign_in_failed'),
    ])
    app.clock.advance(1)
    expect((await logIn({ email: 'lock@example.com', password: PASSWORD })).status).toBe(200)
  })

  test('a sign-in in between starts the count anew', async () => {
    await app.member('counts', { email: 'count@example.com', roles: ['viewer'] })
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 4; i++) await logIn({ email: 'count@example.com', password: 'Loud-Harbour-47' })
      expect((await logIn({ email: 'count@example.com', password: PASSWORD })).status).toBe(200)
    }
  })

  // 50 guesses that all pass the check before the first is counted would be 50 guesses.
  test('50 guesses at once on two servers are five guesses', async () => {
    await app.member('storm', { email: 'storm@example.com', roles: ['viewer'] })
    const sibling = await app.sibling()
    const guesses = Array.from({ length: 50 }, (_, i) =>
      send(i % 2 === 0 ? app : sibling, 'POST', LOGIN, {
        body: { email: 'storm@example.com', password: `Guess-Number-${i}` },
      }),
    )
    for (const { status } of await Promise.all(guesses)) expect(status).toBe(401)
    const reasons = (await events('storm')).map(([type, , reason]) =>
      type === 'sessions.sign_in_failed' ? reason : type,
    )
    expect(reasons.filter((reason) => reason === 'wrong_password')).toHaveLength(5)
    expect(reasons.filter((reason) => reason === 'locked')).toHaveLength(45)
    expect(reasons.filter((reason) => reason === 'identity.account_locked')).toHaveLength(1)
    expect((await logIn({ email: 'storm@example.com', password: PASSWORD })).status).toBe(401)
  })

  test('ten sign-ins at once with the right password are ten sign-ins', async () => {
    await app.member('eager', { email: 'eager@example.com', roles: ['viewer'] })
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => logIn({ email: 'eager@example.com', password: PASSWORD })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(await app.events('eager')).toEqual(Array(10).fill('sessions.signed_in'))
  })
})

test('an address is stopped after 300 failures, told when to come back, and cannot forge another; others sign in', async () => {
  await app.member('limit', { email: 'limit@example.com', roles: ['viewer'] })
  const from = (ip: string, i = 0) => ({
    remoteAddress: ip,
    headers: { 'x-forwarded-for': `198.51.100.${i % 250}`, forwarded: `for=198.51.100.${i}` },
  })
  for (let i = 0; i < 299; i++)
    addressLimitOf(app.services, SIGN_INS).take(`2001:db8::${i.toString(16)}`, app.clock.now())
  expect(
    (await logIn({ email: 'limit@example.com', password: 'Loud-Harbour-47' }, from('2001:db8::fffe', 1)))
      .status,
  ).toBe(401)
  const before = (await app.events()).length
  const stopped = await logIn({ email: 'limit@example.com', password: PASSWORD }, from('2001:db8::ffff'))
  expect(stopped).toMatchObject({ status: 429, body: { code: 'too_many_requests' } })
  expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(0)
  await logIn({ email: 'limit@example.com', password: PASSWORD }, from('2001:db8::ffff'))
  expect((await app.events()).slice(before)).toEqual(['sessions.sign_in_limited'])
  expect(
    (await logIn({ email: 'limit@example.com', password: PASSWORD }, from('2001:db8:0:1::1'))).status,
  ).toBe(200)
  app.clock.advance(300)
  expect(
    (await logIn({ email: 'limit@example.com', password: PASSWORD }, from('2001:db8::ffff'))).status,
  ).toBe(200)
})

test('a hash that is cheaper than the policy now says is replaced at the next sign-in', async () => {
  const { userId } = await app.member('rehash', { email: 'rehash@example.com', roles: ['viewer'] })
  const stored = () =>
    app.ownerDb.transaction(
      `account:${userId}`,
      async (tx) =>
        (
          await tx
            .selectFrom('users')
            .select('passwordHash')
            .where('id', '=', userId)
            .executeTakeFirstOrThrow()
        ).passwordHash,
    )
  expect(await stored()).toMatch(/^\$2[aby]\$04\$/)
  await app.signIn('rehash@example.com')
  expect(await stored()).toMatch(/^\$2[aby]\$10\$/)
  const before = app.services.passwords.computed
  await app.signIn('rehash@example.com')
  expect(app.services.passwords.computed - before).toBe(1)
})

/** Type, outcome and reason of an organization's events, or the platform's. */
async function events(slug = 'platform'): Promise<[string, string, string | undefined][]> {
  const { id } = await app.organization(slug)
  return app.ownerDb.transaction(`org:${id}`, async (tx) => {
    const rows = await tx
      .selectFrom('auditEvents')
      .select(['type', 'outcome', 'leaf'])
      .where('organizationId', '=', id)
      .orderBy('id')
      .execute()
    return rows.map(({ type, outcome, leaf }) => [type, outcome, JSON.parse(leaf).reason])
  })
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send, startApp, type TestApp, type Tokens } from '#test/app'
import { quickPolicy } from '#test/policies'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('flask-track') })
})
afterAll(() => app.stop())

let number = 0
/** A person in two organizations of their own. */
async function newPerson() {
  number++
  const [one, two, email] = [`one-${number}`, `two-${number}`, `person-${number}@example.com`]
  await app.member(one, { email, roles: ['viewer'] })
  const member = await app.member(two, { email, roles: ['viewer'] })
  return { one, two, email, userId: member.userId }
}

const isAlive = async (tokens: Tokens) => (await app.request('GET', '/me', { as: tokens })).status === 200

test('[FT-AC-05] a session is of one organization: neither its token nor its cookie is good in another of the same person', async () => {
  const { one, two, email } = await newPerson()
  const tokens = await app.signIn(email, { organization: one })
  const there = await app.request('GET', `/organizations/${two}/roles`, { as: tokens })
  expect(there).toMatchObject({ status: 404, body: { code: 'organizations.not_found' } })
  expect(
    (await app.request('GET', `/organizations/${two}/roles`, { headers: { cookie: tokens.cookie } })).status,
  ).toBe(404)
  expect((await app.request('GET', '/me', { as: tokens })).body.organization.slug).toBe(one)
})

describe('signing out', () => {
  test('ends this session at once, its cookie and its tokens, and no other', async () => {
    const { one, email } = await newPerson()
    const [here, other] = [
      await app.signIn(email, { organization: one }),
      await app.signIn(email, { organization: one }),
    ]
    const out = await app.request('POST', '/auth/logout', { as: here })
    expect(out.status).toBe(204)
    expect(String(out.headers['set-cookie'])).toMatch(
      /^__Host-writ_session=;.*(Max-Age=0|Expires=Thu, 01 Jan 1970)/,
    )
    expect(await isAlive(here)).toBe(false)
    expect((await app.request('GET', '/me', { headers: { cookie: here.cookie } })).status).toBe(401)
    expect(
      (await app.request('POST', '/auth/refresh', { body: { refreshToken: here.refreshToken } })).status,
    ).toBe(401)
    expect(await isAlive(other)).toBe(true)
    expect(await app.events(one)).toEqual([
      'sessions.signed_in',
      'sessions.signed_in',
      'sessions.ended',
      'sessions.refresh_refused',
    ])
  })

  test('20 times at once ends and records it once', async () => {
    const { one, email } = await newPerson()
    const tokens = await app.signIn(email, { organization: one })
    const sibling = await app.sibling()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 ? sibling : app, 'POST', '/auth/logout', { as: tokens }),
      ),
    )
    for (const { status } of answers) expect([204, 401]).toContain(status)
    expect(await app.events(one)).toEqual(['sessions.signed_in', 'sessions.ended'])
  })

  test('[SA-03] everywhere raises the token version and ends every session in every organization, each in its own log', async () => {
    const { one, two, email } = await newPerson()
    const [here, there] = [
      await app.signIn(email, { organization: one }),
      await app.signIn(email, { organization: two }),
    ]
    expect((await app.request('POST', '/auth/logout-everywhere', { as: here })).status).toBe(204)
    for (const tokens of [here, there]) {
      expect(await isAlive(tokens)).toBe(false)
      expect(
        (await app.request('POST', '/auth/refresh', { body: { refreshToken: tokens.refreshToken } })).status,
      ).toBe(401)
    }
    for (const slug of [one, two])
      expect(await app.events(slug)).toEqual([
        'sessions.signed_in',
        'sessions.ended',
        'sessions.refresh_refused',
      ])
    expect(await isAlive(await app.signIn(email, { organization: one }))).toBe(true)
  })

  test('everywhere, 20 times at once, raises the version and records the ends once', async () => {
    const { one, email, userId } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    await Promise.all(
      Array.from({ length: 20 }, () => app.request('POST', '/auth/logout-everywhere', { as: here })),
    )
    const { tokenVersion } = await app.ownerDb.transaction(`account:${userId}`, (tx) =>
      tx.selectFrom('users').select('tokenVersion').where('id', '=', userId).executeTakeFirstOrThrow(),
    )
    expect(tokenVersion).toBe(2)
    expect(await app.events(one)).toEqual(['sessions.signed_in', 'sessions.ended'])
  })

  test('[SA-03] a raised token version alone ends every access token, refresh token and cookie', async () => {
    const { one, two, email, userId } = await newPerson()
    const all = [
      await app.signIn(email, { organization: one }),
      await app.signIn(email, { organization: two }),
    ]
    await app.ownerDb.transaction(`account:${userId}`, (tx) =>
      tx
        .updateTable('users')
        .set((eb) => ({ tokenVersion: eb('tokenVersion', '+', 1) }))
        .where('id', '=', userId)
        .execute(),
    )
    for (const tokens of all) {
      expect(await isAlive(tokens)).toBe(false)
      expect((await app.request('GET', '/me', { headers: { cookie: tokens.cookie } })).status).toBe(401)
      expect(
        (await app.request('POST', '/auth/refresh', { body: { refreshToken: tokens.refreshToken } })).status,
      ).toBe(401)
    }
  })
})

describe("one's own sessions", () => {
  test('are listed over all organizations, with where and what they are', async () => {
    const { one, two, email } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    app.clock.advance(1)
    await app.signIn(email, { organization: two })
    const { body } = await app.request('GET', '/me/sessions', { as: here })
    expect(body.nextCursor).toBeNull()
    expect(body.items).toMatchObject([
      {
        organization: { slug: one },
        current: true,
        state: 'active',
        ip: '127.0.0.1',
        device: 'lightMyRequest',
      },
      { organization: { slug: two }, current: false },
    ])
    const page = await app.request('GET', '/me/sessions?limit=1', { as: here })
    expect(page.body.items).toHaveLength(1)
    const rest = await app.request('GET', `/me/sessions?limit=1&cursor=${page.body.nextCursor}`, { as: here })
    expect(rest.body).toMatchObject({ items: [{ id: body.items[1].id }], nextCursor: null })
  })

  test('are ended one by one, also in another organization, which records it', async () => {
    const { one, two, email } = await newPerson()
    const [here, there] = [
      await app.signIn(email, { organization: one }),
      await app.signIn(email, { organization: two }),
    ]
    const { body } = await app.request('GET', '/me/sessions', { as: there })
    const { id } = body.items.find((item: { current: boolean }) => item.current)
    expect((await app.request('DELETE', `/me/sessions/${id}`, { as: here })).status).toBe(204)
    expect(await isAlive(there)).toBe(false)
    expect(await isAlive(here)).toBe(true)
    expect(await app.events(two)).toEqual(['sessions.signed_in', 'sessions.ended'])
    expect(await app.request('DELETE', `/me/sessions/${id}`, { as: here })).toMatchObject({
      status: 404,
      body: { code: 'sessions.not_found' },
    })
  })

  test("somebody else's is not found, and lives on", async () => {
    const [person, other] = [await newPerson(), await newPerson()]
    const [here, theirs] = [
      await app.signIn(person.email, { organization: person.one }),
      await app.signIn(other.email, { organization: other.one }),
    ]
    const { body } = await app.request('GET', '/me/sessions', { as: theirs })
    const answer = await app.request('DELETE', `/me/sessions/${body.items[0].id}`, { as: here })
    expect(answer).toMatchObject({ status: 404, body: { code: 'sessions.not_found' } })
    expect(await isAlive(theirs)).toBe(true)
    expect(await app.events(other.one)).toEqual(['sessions.signed_in'])
  })

  test('the others end together, in every organization, and this one goes on', async () => {
    const { one, two, email } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    const others = [
      await app.signIn(email, { organization: one }),
      await app.signIn(email, { organization: two }),
    ]
    const answer = await app.request('DELETE', '/me/sessions', { as: here })
    expect(answer.body).toEqual({ ended: 2 })
    expect(await isAlive(here)).toBe(true)
    for (const tokens of others) expect(await isAlive(tokens)).toBe(false)
    expect(await app.events(two)).toEqual(['sessions.signed_in', 'sessions.ended'])
  })
})

describe('switching', () => {
  test('[FT-AC-08] ends this session and begins one in the other organization, with the same proof of identity and no later end', async () => {
    const { one, two, email } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    const before = (await app.request('GET', '/me', { as: here })).body
    app.clock.advance(600)
    const answer = await app.request('POST', '/auth/switch', { as: here, body: { organization: two } })
    expect(answer).toMatchObject({ status: 200, body: { status: 'signed_in', organization: { slug: two } } })
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(await isAlive(here)).toBe(false)
    const me = await app.request('GET', '/me', { as: answer.body.accessToken })
    expect(me.body).toMatchObject({
      organization: { slug: two },
      session: { authenticatedAt: before.session.authenticatedAt, expiresAt: before.session.expiresAt },
    })
    expect(await app.events(one)).toEqual(['sessions.signed_in', 'sessions.ended'])
    expect(await app.events(two)).toEqual(['sessions.switched'])
  })

  test('to where one does not belong is not found, like a place that does not exist, and changes nothing', async () => {
    const { one, email } = await newPerson()
    await app.organization('not-theirs')
    const here = await app.signIn(email, { organization: one })
    for (const organization of ['not-theirs', 'does-not-exist']) {
      const answer = await app.request('POST', '/auth/switch', { as: here, body: { organization } })
      expect(answer).toMatchObject({ status: 404, body: { code: 'sessions.organization_not_found' } })
    }
    expect(await isAlive(here)).toBe(true)
    expect(await app.events(one)).toEqual(['sessions.signed_in'])
  })

  test('20 times at once switches once', async () => {
    const { one, two, email } = await newPerson()
    const here = await app.signIn(email, { organization: one })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        app.request('POST', '/auth/switch', { as: here, body: { organization: two } }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19)
    expect(await app.events(two)).toEqual(['sessions.switched'])
  })
})

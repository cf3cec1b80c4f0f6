/**
 * Guessing a secret by whatever path takes one: what answers tell, and how many guesses there are.
 *
 * Threats: finding out who has an account; guessing a password on several servers, paths, spellings and pretended
 * addresses at once; telling apart why a token does not hold.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../src/app.ts'
import { type Answer, PASSWORD, send, startApp, type TestApp } from './support/app.ts'
import { openSessionOf, signedInMember } from './support/attack-sessions.ts'
import { quickPolicy } from './support/policies.ts'
import { comparable, newestEvents } from './support/routes.ts'

let app: TestApp
let other: App

beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('sales-agent') })
  other = await app.sibling()
})

afterAll(() => app.stop())

const logIn = (server: App, body: unknown, headers: Record<string, string> = {}) =>
  send(server, 'POST', '/auth/login', { body, headers })

describe('an answer', () => {
  test('to a sign-in that fails is the same, to the last header, whatever is the cause', async () => {
    await app.member('acme', { email: 'wrong@acme.test', roles: ['user'] })
    const locked = await app.member('acme', { email: 'locked@acme.test', roles: ['user'] })
    const gone = await app.member('acme', { email: 'gone@acme.test', roles: ['user'] })
    await app.member('globex', { email: 'other@globex.test', roles: ['user'] })
    await update(
      locked.organizationId,
      'users',
      { failedSignIns: 5, lastFailedAt: app.clock.now() },
      locked.userId,
    )
    await update(gone.organizationId, 'users', { status: 'deactivated' }, gone.userId)
    const wrong = 'Loud-Harbour-47'
    const attempts: [string, Record<string, string>][] = [
      ['no such address', { email: 'nobody@acme.test', password: PASSWORD }],
      ['no address', { email: 'nobody', password: PASSWORD }],
      ['a wrong password', { email: 'wrong@acme.test', password: wrong }],
      ['locked, right password', { email: 'locked@acme.test', password: PASSWORD }],
      ['locked, wrong password', { email: 'locked@acme.test', password: wrong }],
      ['deactivated, right password', { email: 'gone@acme.test', password: PASSWORD }],
      [
        'an organization that is not theirs',
        { email: 'other@globex.test', password: PASSWORD, organization: 'acme' },
      ],
      [
        'an organization that is not there',
        { email: 'other@globex.test', password: PASSWORD, organization: 'nowhere' },
      ],
      ['the platform', { email: 'other@globex.test', password: PASSWORD, organization: 'platform' }],
      ['a password of 72 bytes and more', { email: 'wrong@acme.test', password: wrong + 'x'.repeat(100) }],
    ]
    const [first, ...others] = attempts
    const expected = comparable(await logIn(app, first![1]))
    expect(expected).toMatchObject({ status: 401, body: { code: 'sessions.invalid_credentials' } })
    for (const [cause, body] of others) expect(comparable(await logIn(app, body)), cause).toEqual(expected)
  })

  test('to a refresh token that does not hold is the same, whatever is the cause', async () => {
    const session = async (name: string) =>
      signedInMember(app, `refresh-${name}`, { email: `${name}@refresh.test`, roles: ['user'] })
    const ended = await session('ended')
    await send(app, 'POST', '/auth/logout', { as: ended })
    const gone = await session('gone')
    await update(gone.member.organizationId, 'users', { status: 'deactivated' }, gone.member.userId)
    const left = await session('left')
    await update(left.member.organizationId, 'members', { status: 'deactivated' }, left.member.memberId)
    const closed = await session('closed')
    await update(
      closed.member.organizationId,
      'organizations',
      { status: 'suspended' },
      closed.member.organizationId,
    )
    const spent = await session('spent')
    await send(app, 'POST', '/auth/refresh', { body: { refreshToken: spent.refreshToken } })
    app.clock.advance(60)
    const expected = comparable(await refresh('writ_rt_nobody-has-this'))
    expect(expected).toMatchObject({ status: 401, body: { code: 'sessions.invalid_refresh_token' } })
    const tokens = { ended, gone, left, closed, spent }
    for (const [cause, { refreshToken }] of Object.entries(tokens)) {
      expect(comparable(await refresh(refreshToken)), cause).toEqual(expected)
    }
    for (const refreshToken of ['x', `${spent.refreshToken}x`, spent.accessToken.slice(0, 400)]) {
      expect(comparable(await refresh(refreshToken)), refreshToken.slice(0, 20)).toEqual(expected)
    }
  })

  const refresh = (refreshToken: string) => send(app, 'POST', '/auth/refresh', { body: { refreshToken } })
})

describe('guesses', () => {
  test('[SA-04] on two servers and all paths at once are five, whatever they pretend to be', async () => {
    const member = await app.member('paths', { email: 'ada@paths.test', roles: ['user'] })
    const thief = await openSessionOf(app, member)
    const ways: ((server: App, password: string, headers: Record<string, string>) => Promise<Answer>)[] = [
      (server, password, headers) => logIn(server, { email: 'ada@paths.test', password }, headers),
      (server, password, headers) =>
        logIn(server, { email: ' ADA@Paths.TEST', password, organization: 'paths' }, headers),
      (server, password, headers) => logIn(server, { email: 'ａda@paths.test', password }, headers),
      (server, password, headers) =>
        send(server, 'POST', '/auth/step-up', { as: thief, body: { password }, headers }),
      (server, password, headers) =>
        send(server, 'POST', '/me/password', {
          as: thief,
          body: { currentPassword: password, newPassword: 'Other-Harbour-58' },
          headers,
        }),
    ]
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        ways[i % ways.length]!(i % 2 === 0 ? app : other, `Guess-Number-${i}`, disguise(i)),
      ),
    )
    for (const { status } of answers) expect([401, 403, 422]).toContain(status)
    const { rows } = await newestEvents(app, 'paths', 200)
    const reasons = rows.map(({ leaf }) => leaf.reason)
    expect(reasons.filter((reason) => reason === 'wrong_password')).toHaveLength(5)
    expect(reasons.filter((reason) => reason === 'locked')).toHaveLength(45)
    expect(rows.filter(({ type }) => type === 'identity.account_locked')).toHaveLength(1)
    // The right one is of no use now, by any path and in any disguise.
    for (const [i, way] of ways.entries())
      expect((await way(other, PASSWORD, disguise(100 + i))).status).toBeGreaterThanOrEqual(400)
    expect((await send(app, 'GET', '/me', { as: thief })).status, 'a session that was there goes on').toBe(
      200,
    )
  })

  test('of an address that is similar are another account’s: dots and tags are not taken away', async () => {
    await app.member('similar', { email: 'ada.byron@similar.test', roles: ['user'] })
    for (const email of [
      'adabyron@similar.test',
      'ada.byron+x@similar.test',
      'ada.byron@similar.test.',
      'ada..byron@similar.test',
    ]) {
      for (let i = 0; i < 6; i++)
        expect((await logIn(app, { email, password: 'Loud-Harbour-47' })).status).toBe(401)
    }
    expect((await logIn(app, { email: 'ada.byron@similar.test', password: PASSWORD })).status).toBe(200)
  })

  test('of application credentials, cookies and challenges cost one look-up and tell nothing', async () => {
    const expected = comparable(await send(app, 'GET', '/me', { as: 'writ_app_x' }))
    for (const guess of [
      'writ_app_',
      `writ_app_${'A'.repeat(43)}`,
      `writ_app_${"'".repeat(3)}`.slice(0, 9),
      'A'.repeat(43),
    ]) {
      expect(comparable(await send(app, 'GET', '/me', { as: guess })), guess).toEqual(expected)
    }
    const challenge = (text: string) =>
      send(app, 'POST', '/auth/password/change', {
        body: { challenge: text, newPassword: 'Other-Harbour-58' },
      })
    const before = app.services.passwords.computed
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => challenge(`guess-${i}`)))
    expect(new Set(answers.map((answer) => JSON.stringify(comparable(answer)))).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'sessions.invalid_challenge' } })
    expect(app.services.passwords.computed, 'no hash is computed for a guess').toBe(before)
  })

  /** Headers by which a client pretends to be another one. */
  function disguise(i: number): Record<string, string> {
    const address = `198.51.${i}.${i}`
    return {
      'x-forwarded-for': `${address}, 10.0.0.1`,
      'x-real-ip': address,
      'x-client-ip': address,
      'true-client-ip': address,
      'cf-connecting-ip': address,
      forwarded: `for=${address};proto=https`,
      'user-agent': `Browser/${i}`,
    }
  }
})

/** Beside the API: sets columns of one row. */
async function update(
  organization: string,
  table: 'users' | 'members' | 'organizations',
  values: Record<string, unknown>,
  id: string,
): Promise<void> {
  await app.ownerDb.transaction(`org:${organization}`, async (tx) => {
    const updated = await tx.updateTable(table).set(values).where('id', '=', id).executeTakeFirst()
    if (updated.numUpdatedRows !== 1n) throw new Error(`${table} ${id} was not there to change`)
  })
}

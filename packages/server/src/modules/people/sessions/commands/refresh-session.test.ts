import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RequestOptions, send, startApp, type TestApp, type TestMember } from '#test/app'
import { quickPolicy } from '#test/policies'
import type { App } from '../../../../app.ts'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('sales-agent') })
})
afterAll(() => app.stop())

let number = 0
async function newMember(): Promise<TestMember> {
  number++
  return app.member(`team-${number}`, { email: `rep-${number}@example.com`, roles: ['user'] })
}

function refresh(refreshToken: string, options: RequestOptions & { at?: App } = {}) {
  return send(options.at ?? app, 'POST', '/auth/refresh', { ...options, body: { refreshToken } })
}

const isAlive = async (accessToken: string) =>
  (await app.request('GET', '/me', { as: accessToken })).status === 200

describe('[SA-01] refresh tokens', () => {
  test('are rotated on each use, and each rotation is in the log', async () => {
    const { email, organization } = await newMember()
    const first = await app.signIn(email)
    app.clock.advance(60)
    const answer = await refresh(first.refreshToken)
    expect(answer).toMatchObject({ status: 200, body: { tokenType: 'Bearer', expiresIn: 900 } })
    expect(answer.body.refreshToken).not.toBe(first.refreshToken)
    expect(await isAlive(answer.body.accessToken)).toBe(true)
    expect((await refresh(answer.body.refreshToken)).status).toBe(200)
    expect(await app.events(organization)).toEqual([
      'sessions.signed_in',
      'sessions.refreshed',
      'sessions.refreshed',
    ])
  })

  test('work for seven days, beyond the idle limit of a browser and not beyond the end of the session', async () => {
    const { email, organization } = await newMember()
    const { refreshToken, accessToken } = await app.signIn(email)
    app.clock.advance(6 * 86_400)
    expect(await isAlive(accessToken)).toBe(false)
    const next = await refresh(refreshToken)
    expect(next.status).toBe(200)
    expect(await isAlive(next.body.accessToken)).toBe(true)
    app.clock.advance(86_400)
    expect(await refresh(next.body.refreshToken)).toMatchObject({
      status: 401,
      body: { code: 'sessions.invalid_refresh_token' },
    })
    expect(await app.events(organization)).toEqual([
      'sessions.signed_in',
      'sessions.refreshed',
      'sessions.refresh_refused',
    ])
  })

  test('a spent one that comes again ends the family: the successor, the access tokens and the cookie', async () => {
    const { email, organization } = await newMember()
    const first = await app.signIn(email)
    const second = await refresh(first.refreshToken)
    app.clock.advance(11)
    expect((await refresh(first.refreshToken)).status).toBe(401)
    expect((await refresh(second.body.refreshToken)).status).toBe(401)
    expect(await isAlive(second.body.accessToken)).toBe(false)
    expect((await app.request('GET', '/me', { headers: { cookie: first.cookie } })).status).toBe(401)
    expect(await app.events(organization)).toEqual([
      'sessions.signed_in',
      'sessions.refreshed',
      'sessions.refresh_reused',
      'sessions.ended',
      'sessions.refresh_refused',
    ])
  })

  test('another session of the same person survives that', async () => {
    const { email } = await newMember()
    const [stolen, other] = [await app.signIn(email), await app.signIn(email)]
    await refresh(stolen.refreshToken)
    await refresh(stolen.refreshToken, { headers: { 'user-agent': 'thief' } })
    expect(await isAlive(stolen.accessToken)).toBe(false)
    expect(await isAlive(other.accessToken)).toBe(true)
  })

  test('20 at once from one client on two servers are one rotation with one successor', async () => {
    const { email, organization } = await newMember()
    const { refreshToken } = await app.signIn(email)
    const sibling = await app.sibling()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => refresh(refreshToken, { at: i % 2 ? sibling : app })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1)
    expect(await app.events(organization)).toEqual(['sessions.signed_in', 'sessions.refreshed'])
  })

  test('20 at once from as many clients are one rotation and the end of the session', async () => {
    const { email, organization } = await newMember()
    const { refreshToken } = await app.signIn(email)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        refresh(refreshToken, { headers: { 'user-agent': `client/${i}` } }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const events = await app.events(organization)
    expect(events.filter((type) => type === 'sessions.refreshed')).toHaveLength(1)
    expect(events.filter((type) => type === 'sessions.ended')).toHaveLength(1)
  })
})

describe('a lost answer', () => {
  test('is given again, the same, to the client that asked, for ten seconds', async () => {
    const { email, organization } = await newMember()
    const { refreshToken } = await app.signIn(email)
    const lost = await refresh(refreshToken)
    app.clock.advance(10)
    const again = await refresh(refreshToken)
    expect(again.body.refreshToken).toBe(lost.body.refreshToken)
    expect((await refresh(again.body.refreshToken)).status).toBe(200)
    expect(await app.events(organization)).toEqual([
      'sessions.signed_in',
      'sessions.refreshed',
      'sessions.refreshed',
    ])
  })

  test.each<[string, RequestOptions]>([
    ['another address', { remoteAddress: '203.0.113.9' }],
    ['another user agent', { headers: { 'user-agent': 'other' } }],
  ])('is not given to %s', async (_, from) => {
    const { email } = await newMember()
    const { refreshToken } = await app.signIn(email)
    await refresh(refreshToken)
    expect((await refresh(refreshToken, from)).status).toBe(401)
  })

  test('is not given once its successor was used', async () => {
    const { email } = await newMember()
    const { refreshToken } = await app.signIn(email)
    const next = await refresh(refreshToken)
    await refresh(next.body.refreshToken)
    expect((await refresh(refreshToken)).status).toBe(401)
  })
})

describe('standing is read live: a refresh token is refused from the moment its', () => {
  test.each<[string, 'users' | 'members' | 'organizations', string, string]>([
    ['account is deactivated', 'users', 'deactivated', 'account_deactivated'],
    ['membership is deactivated', 'members', 'deactivated', 'member_deactivated'],
    ['organization is suspended', 'organizations', 'suspended', 'organization_suspended'],
  ])('%s', async (_, table, status, reason) => {
    const { email, organizationId, userId, memberId } = await newMember()
    const { refreshToken } = await app.signIn(email)
    const id = { users: userId, members: memberId, organizations: organizationId }[table]
    await app.ownerDb.transaction(`org:${organizationId}`, (tx) =>
      tx
        .updateTable(table)
        .set({ status } as never)
        .where('id', '=', id)
        .execute(),
    )
    expect((await refresh(refreshToken)).status).toBe(401)
    const events = await app.ownerDb.transaction(`org:${organizationId}`, (tx) =>
      tx
        .selectFrom('auditEvents')
        .select(['type', 'leaf'])
        .where('organizationId', '=', organizationId)
        .orderBy('id')
        .execute(),
    )
    expect(events.map(({ type }) => type)).toEqual(['sessions.signed_in', 'sessions.refresh_refused'])
    expect(JSON.parse(events[1]!.leaf).reason).toBe(reason)
  })
})

test('what is no refresh token is refused like one that does not hold, and leaves nothing', async () => {
  const before = (await app.events()).length
  for (const token of ['x', `writ_rt_${'A'.repeat(43)}`]) {
    expect(await refresh(token)).toMatchObject({
      status: 401,
      body: { code: 'sessions.invalid_refresh_token' },
    })
  }
  expect(await app.events()).toHaveLength(before)
})

test('the database holds hashes of the tokens and of the cookie, never themselves', async () => {
  const { email, organizationId } = await newMember()
  const { refreshToken, cookie } = await app.signIn(email)
  const next = await refresh(refreshToken)
  const rows = await app.ownerDb.transaction(`org:${organizationId}`, async (tx) => ({
    sessions: await tx.selectFrom('sessions').selectAll().execute(),
    tokens: await tx.selectFrom('refreshTokens').selectAll().execute(),
    log: await tx.selectFrom('auditEvents').selectAll().execute(),
  }))
  expect(rows.tokens).toHaveLength(2)
  const text = JSON.stringify(rows, (_, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
  )
  for (const secret of [refreshToken, next.body.refreshToken, cookie.split('=')[1]!]) {
    expect(text).not.toContain(secret)
    expect(text).not.toContain(Buffer.from(secret.replace('writ_rt_', ''), 'base64url').toString('latin1'))
  }
})

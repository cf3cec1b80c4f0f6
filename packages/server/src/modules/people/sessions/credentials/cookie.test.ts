import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, startApp, type TestApp, type TestMember } from '#test/app'
import { quickPolicy } from '#test/policies'

let app: TestApp
let ada: string
let ben: TestMember

beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('prosaas') })
  await app.member('acme', { email: 'ada@acme.example', roles: ['owner'] })
  ben = await app.member('acme', { email: 'ben@acme.example', roles: ['agent'] })
  ada = (await app.signIn('ada@acme.example')).accessToken
})
afterAll(() => app?.stop())

const same = { origin: ORIGIN }

async function setRole(member: TestMember, role: string): Promise<void> {
  const path = `/organizations/acme/members/${member.wire.member}`
  const answer = await app.request('PATCH', path, { as: ada, body: { roles: [role] } })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
}

describe('[PS-07] the session cookie', () => {
  test('rotates at the next use after a change of roles, and the session goes on', async () => {
    const { cookie } = await app.signIn(ben.email)
    const before = await app.request('GET', '/me', { headers: { cookie } })
    expect(before.headers['set-cookie']).toBeUndefined()

    await setRole(ben, 'admin')
    const after = await app.request('GET', '/me', { headers: { cookie } })
    expect(after.body).toMatchObject({ roles: ['admin'], session: { id: before.body.session.id } })
    const [rotated] = [after.headers['set-cookie']].flat()
    expect(rotated).toMatch(/^__Host-writ_session=[\w-]{40,}; .*Path=\/;.*HttpOnly; Secure; SameSite=Lax/)

    const fresh = rotated!.split(';')[0]!
    expect(fresh).not.toBe(cookie)
    expect((await app.request('GET', '/me', { headers: { cookie } })).status).toBe(401)
    const again = await app.request('GET', '/me', { headers: { cookie: fresh } })
    expect([again.status, again.headers['set-cookie'], again.body.session.id]).toEqual([
      200,
      undefined,
      before.body.session.id,
    ])
    expect((await app.events('acme')).filter((type) => type === 'sessions.rotated')).toHaveLength(1)
  })

  test('goes to one of several requests that carry the old one at once', async () => {
    await setRole(ben, 'agent')
    const { cookie } = await app.signIn(ben.email)
    await setRole(ben, 'admin')
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => app.request('GET', '/me', { headers: { cookie } })),
    )
    expect(answers.filter((answer) => answer.headers['set-cookie'] !== undefined)).toHaveLength(1)
    expect(answers.every(({ status }) => status === 200 || status === 401)).toBe(true)
  })

  test('a cookie that was planted before the change is worth nothing after it', async () => {
    await setRole(ben, 'agent')
    const { cookie } = await app.signIn(ben.email)
    await setRole(ben, 'admin')
    await app.request('GET', '/me', { headers: { cookie } })
    const planted = await app.request('POST', '/auth/logout', { headers: { cookie, ...same } })
    expect(planted.status).toBe(401)
  })
})

test('[PS-07] without rotation in the policy the cookie stays', async () => {
  const policy = quickPolicy('prosaas').replace('rotateOn: [privilegeChange, stepUp, switch]', 'rotateOn: []')
  const other = await startApp({ policy })
  try {
    await other.member('acme', { email: 'ada@acme.example', roles: ['owner'] })
    const cyd = await other.member('acme', { email: 'cyd@acme.example', roles: ['agent'] })
    const { cookie } = await other.signIn(cyd.email)
    const { accessToken } = await other.signIn('ada@acme.example')
    await other.request('PATCH', `/organizations/acme/members/${cyd.wire.member}`, {
      as: accessToken,
      body: { roles: ['admin'] },
    })
    const answer = await other.request('GET', '/me', { headers: { cookie } })
    expect([answer.status, answer.headers['set-cookie']]).toEqual([200, undefined])
  } finally {
    await other.stop()
  }
})

test('[PS-07] a session ends after eight hours without use, and not before', async () => {
  const { cookie } = await app.signIn(ben.email)
  app.clock.advance(8 * 3600 - 60)
  const used = await app.request('GET', '/me', { headers: { cookie } })
  expect(used.status).toBe(200)
  const { cookie: unused } = await app.signIn(ben.email)
  app.clock.advance(8 * 3600 + 1)
  expect((await app.request('GET', '/me', { headers: { cookie: unused } })).status).toBe(401)
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toWire } from '#platform/ids'
import { startApp, type TestApp } from '#test/app'
import { openSessionOf, type SignedIn } from '#test/attack-sessions'

let app: TestApp
let admin: SignedIn
beforeAll(async () => {
  app = await startApp({ policy: 'sales-agent' })
  admin = await openSessionOf(app, await app.member('acme', { email: 'admin@acme.test', roles: ['admin'] }))
})
afterAll(() => app.stop())

let number = 0
const newMember = (role = 'user', slug = 'acme') =>
  app.member(slug, { email: `person-${++number}@${slug}.test`, roles: [role] })
const pathOf = ({ organization, wire }: { organization: string; wire: { member: string } }) =>
  `/organizations/${organization}/members/${wire.member}/sessions`
const isAlive = async (as: SignedIn) => (await app.request('GET', '/me', { as })).status === 200

describe('sessions of a member', () => {
  test('are listed for who may read them, and for nobody else', async () => {
    const ada = await newMember()
    const [first] = [await openSessionOf(app, ada), await openSessionOf(app, ada)]
    const listed = await app.request('GET', pathOf(ada), { as: admin })
    expect(listed.body.items).toHaveLength(2)
    expect(listed.body.items.map(({ id }: { id: string }) => id)).toContain(toWire('ses', first.sessionId))
    expect(listed.body.items[0]).toMatchObject({ ip: '192.0.2.7', state: 'active', methods: ['password'] })
    const denied = await app.request('GET', pathOf(ada), { as: first })
    expect(denied).toMatchObject({ status: 403, body: { permission: 'read:sessions' } })
  })

  test('end one by one or all at once, on every server, and each end is in the log', async () => {
    const sibling = await app.sibling()
    const ada = await newMember()
    const sessions = [
      await openSessionOf(app, ada),
      await openSessionOf(app, ada),
      await openSessionOf(app, ada),
    ]
    const before = (await app.events('acme')).length
    const one = `${pathOf(ada)}/${toWire('ses', sessions[0]!.sessionId)}`
    expect((await app.request('DELETE', one, { as: admin })).status).toBe(204)
    expect((await app.request('DELETE', one, { as: admin })).status).toBe(404)
    expect([await isAlive(sessions[0]!), await isAlive(sessions[1]!)]).toEqual([false, true])
    const all = await app.request('DELETE', pathOf(ada), { as: admin })
    expect(all).toMatchObject({ status: 200, body: { ended: 2 } })
    const answer = await sibling.http.inject({
      method: 'GET',
      url: '/api/v1/me',
      headers: { cookie: sessions[1]!.cookie },
    })
    expect(answer.statusCode).toBe(401)
    for (const { refreshToken } of sessions)
      expect((await app.request('POST', '/auth/refresh', { body: { refreshToken } })).status).toBe(401)
    const ends = (await app.events('acme')).slice(before).filter((type) => type === 'sessions.ended')
    expect(ends).toHaveLength(3)
  })

  test('of one member are not reached through another, nor those of another organization', async () => {
    const [ada, bob] = [await newMember(), await newMember()]
    const stranger = await newMember('user', 'globex')
    const [adas, theirs] = [await openSessionOf(app, ada), await openSessionOf(app, stranger)]
    const crossed = `${pathOf(bob)}/${toWire('ses', adas.sessionId)}`
    expect(await app.request('DELETE', crossed, { as: admin })).toMatchObject({
      status: 404,
      body: { code: 'sessions.not_found' },
    })
    const foreign = `/organizations/acme/members/${stranger.wire.member}/sessions`
    for (const [method, path] of [
      ['GET', foreign],
      ['DELETE', foreign],
      ['DELETE', `${foreign}/${toWire('ses', theirs.sessionId)}`],
    ] as const)
      expect(await app.request(method, path, { as: admin }), `${method} ${path}`).toMatchObject({
        status: 404,
        body: { code: 'members.not_found' },
      })
    expect([await isAlive(adas), await isAlive(theirs)]).toEqual([true, true])
  })

  // Whoever could sign out those above them could keep them from acting.
  test('are not ended by somebody without the permission', async () => {
    const [ada, bob] = [await newMember('manager'), await newMember()]
    const target = await openSessionOf(app, bob)
    const denied = await app.request('DELETE', pathOf(bob), { as: await openSessionOf(app, ada) })
    expect(denied).toMatchObject({ status: 403, body: { permission: 'revoke:sessions' } })
    expect(await isAlive(target)).toBe(true)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'

let app: TestApp
let owner: TestMember
let heir: TestMember
let asOwner: Tokens

const path = '/organizations/lab/transfer-ownership'

async function rolesOf(member: TestMember): Promise<string[]> {
  const as = await app.signIn('witness@example.com')
  return (await app.request('GET', `/organizations/lab/members/${member.wire.member}`, { as })).body.roles
}

beforeAll(async () => {
  app = await startApp({ policy: 'flask-track' })
  owner = await app.member('lab', { email: 'owner@example.com', roles: ['owner'] })
  heir = await app.member('lab', { email: 'heir@example.com', roles: ['viewer'] })
  await app.member('lab', { email: 'witness@example.com', roles: ['admin'] })
  asOwner = await app.signIn(owner.email)
})
afterAll(() => app.stop())

describe('transfer ownership', () => {
  test('[FT-OM-06] an administrator hands over nothing, and the attempt is in the log', async () => {
    const as = await app.signIn('witness@example.com')
    const before = await app.events('lab')
    expect((await app.request('POST', path, { as, body: { member: heir.wire.member } })).status).toBe(403)
    expect((await app.events('lab')).slice(before.length)).toEqual(['decisions.denied'])
  })

  test('refuses the owner themselves, a deactivated member, and one of another organization', async () => {
    const gone = await app.member('lab', { email: 'gone@example.com', roles: ['viewer'] })
    await app.request('POST', `/organizations/lab/members/${gone.wire.member}/deactivate`, { as: asOwner })
    const stranger = await app.member('other-lab', { email: 'stranger@example.com', roles: ['viewer'] })
    for (const [member, status, code] of [
      [owner, 403, 'members.yourself'],
      [gone, 409, 'members.inactive'],
      [stranger, 404, 'members.not_found'],
    ] as const) {
      const answer = await app.request('POST', path, { as: asOwner, body: { member: member.wire.member } })
      expect(answer).toMatchObject({ status, body: { code } })
    }
  })

  test('[FT-OM-05] of 20 transfers at once one happens: one owner before, one after', async () => {
    const before = await app.events('lab')
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        app.request('POST', path, { as: asOwner, body: { member: heir.wire.member } }),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      200,
      ...Array.from({ length: 19 }, () => 403),
    ])
    expect(answers.find(({ status }) => status === 200)!.body).toEqual({
      newOwner: ['owner'],
      formerOwner: ['admin'],
    })
    expect([await rolesOf(heir), await rolesOf(owner)]).toEqual([['owner'], ['admin']])
    const after = (await app.events('lab')).slice(before.length)
    expect(after.filter((type) => type === 'organizations.ownership_transferred')).toHaveLength(1)
    expect(after.filter((type) => type === 'roles.changed')).toHaveLength(2)
  })
})

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send, startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import type { App } from '../../../../app.ts'

let app: TestApp
let sibling: App
let count = 0

interface Owner {
  readonly member: TestMember
  readonly tokens: Tokens
}

/** The policy with the lowest cost of hashing that it may have: here are many sign-ins. */
const policy = readFileSync(
  fileURLToPath(new URL('../../../../../../../policies/flask-track.policy.yaml', import.meta.url)),
  'utf8',
).replace('bcrypt: 12', 'bcrypt: 10')

beforeAll(async () => {
  app = await startApp({ policy })
  sibling = await app.sibling()
})
afterAll(() => app.stop())

async function owners(slug: string, number: number): Promise<Owner[]> {
  const members: TestMember[] = []
  for (let i = 0; i < number; i++) {
    members.push(await app.member(slug, { email: `owner-${++count}@example.com`, roles: ['owner'] }))
  }
  return Promise.all(members.map(async (member) => ({ member, tokens: await app.signIn(member.email) })))
}

function path({ member }: Owner, rest = ''): string {
  return `/organizations/${member.organization}/members/${member.wire.member}${rest}`
}

/** How many active members of an organization hold the owner role: read beside the API. */
async function activeOwners(slug: string): Promise<number> {
  const { id } = await app.organization(slug)
  return app.ownerDb.transaction(`org:${id}`, async (tx) => {
    const rows = await tx
      .selectFrom('userRoles as r')
      .innerJoin('members as m', 'm.id', 'r.memberId')
      .select('m.id')
      .where('r.role', '=', 'owner')
      .where('r.endedAt', 'is', null)
      .where('m.status', '=', 'active')
      .execute()
    return rows.length
  })
}

describe('the last active owner', () => {
  let last: Owner
  let other: Owner

  beforeAll(async () => {
    ;[last, other] = (await owners('lab', 2)) as [Owner, Owner]
    expect((await app.request('POST', path(other, '/deactivate'), { as: last.tokens })).status).toBe(200)
  })

  test('[FT-OM-05] is not demoted, also by their own hand', async () => {
    const before = await app.events('lab')
    const answer = await app.request('PATCH', path(last), { as: last.tokens, body: { roles: ['admin'] } })
    expect(answer).toMatchObject({ status: 409, body: { code: 'roles.last_owner' } })
    expect(await app.events('lab')).toEqual(before)
    expect(await activeOwners('lab')).toBe(1)
  })

  test('[FT-OM-05] is neither deactivated nor deleted by their own hand', async () => {
    for (const [method, rest] of [
      ['POST', '/deactivate'],
      ['DELETE', '?acknowledge=history-stays'],
    ] as const) {
      const answer = await app.request(method, path(last, rest), { as: last.tokens })
      expect(answer).toMatchObject({ status: 403, body: { code: 'members.yourself' } })
    }
    expect(await activeOwners('lab')).toBe(1)
  })

  test('[FT-OM-05] is not counted on while deactivated', async () => {
    const answer = await app.request('PATCH', path(last), { as: last.tokens, body: { roles: ['viewer'] } })
    expect(answer.status).toBe(409)
    expect((await app.request('POST', path(other, '/reactivate'), { as: last.tokens })).status).toBe(200)
    expect(
      (await app.request('PATCH', path(last), { as: last.tokens, body: { roles: ['admin'] } })).status,
    ).toBe(200)
    expect(await activeOwners('lab')).toBe(1)
  })
})

describe('20 owners at once, on two nodes', () => {
  const node = (i: number): App => (i % 2 === 0 ? app : sibling)

  test('[FT-OM-05] who all demote themselves leave exactly one', async () => {
    const all = await owners('demoting', 20)
    const statuses = await Promise.all(
      all.map(async (owner, i) => {
        const body = { roles: ['viewer'] }
        return (await send(node(i), 'PATCH', path(owner), { as: owner.tokens, body })).status
      }),
    )
    expect(statuses.toSorted()).toEqual([...Array.from({ length: 19 }, () => 200), 409])
    expect(await activeOwners('demoting')).toBe(1)
    expect((await app.events('demoting')).filter((type) => type === 'roles.changed')).toHaveLength(19)
  })

  test('[FT-OM-05] who deactivate one another in a ring leave at least one, and nobody acts after their own end', async () => {
    const all = await owners('deactivating', 20)
    const statuses = await Promise.all(
      all.map(async (owner, i) => {
        const next = all[(i + 1) % all.length]!
        return (await send(node(i), 'POST', path(next, '/deactivate'), { as: owner.tokens })).status
      }),
    )
    const done = statuses.filter((status) => status === 200).length
    expect(statuses.every((status) => [200, 401].includes(status))).toBe(true)
    expect(await activeOwners('deactivating')).toBe(20 - done)
    expect(20 - done).toBeGreaterThanOrEqual(1)
    expect((await app.events('deactivating')).filter((type) => type === 'members.deactivated')).toHaveLength(
      done,
    )
  })

  test('[FT-OM-05] two who delete each other leave one', async () => {
    const [a, b] = (await owners('deleting', 2)) as [Owner, Owner]
    const remove = (by: Owner, whom: Owner, i: number) =>
      send(node(i), 'DELETE', path(whom, '?acknowledge=history-stays'), { as: by.tokens })
    const statuses = (await Promise.all([remove(a, b, 0), remove(b, a, 1)])).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([204, 401])
    expect(await activeOwners('deleting')).toBe(1)
  })
})

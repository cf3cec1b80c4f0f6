import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { question, type Shop, startShop } from '#test/shop'

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
  for (let i = 0; i < 7; i++) {
    const ownerId = (i % 2 === 0 ? shop.clerk : shop.restricted).wire.user
    await shop.order(`o${i}`, { attributes: { ownerId, total: i * 30 }, state: i === 4 ? 'closed' : 'open' })
  }
  await shop.order('foreign', { organization: 'globex', attributes: { ownerId: shop.clerk.wire.user } })
})
afterAll(() => shop.stop())

/** All pages of a search. */
async function all(
  path: string,
  body: Record<string, unknown>,
  page: Record<string, unknown> = {},
  as?: string,
) {
  // biome-ignore lint/suspicious/noExplicitAny: results of three kinds
  const results: any[] = []
  for (let token = ''; ; ) {
    const answer = await shop.ask(
      `search/${path}`,
      { ...body, page: { ...page, ...(token && { token }) } },
      as,
    )
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
    expect(answer.body.page.count).toBe(answer.body.results.length)
    results.push(...answer.body.results)
    token = answer.body.page.next_token
    if (token === '') return results
  }
}
const idsOf = (results: { id: string }[]) => results.map(({ id }) => id)

describe('search', () => {
  test("for subjects finds members who may, and the platform's staff where they act directly; nobody of elsewhere", async () => {
    const found = await all('subject', { ...question('', 'write', 'leads/1'), subject: { type: 'user' } })
    expect(found).toEqual(
      [shop.admin, shop.root]
        .map(({ wire }) => ({ type: 'user', id: wire.user }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    )
  })

  test('for resources looks at the register, with conditions and states', async () => {
    expect(idsOf(await all('resource', question(shop.clerk, 'write', 'orders')))).toEqual(['o0', 'o2', 'o6'])
    expect(idsOf(await all('resource', question(shop.clerk, 'read', 'orders')))).toHaveLength(7)
  })

  test('for resources of a type that is not registered needs candidates; without them it says so instead of nothing', async () => {
    const asked = question(shop.clerk, 'read', 'leads')
    const answer = await shop.ask('search/resource', asked)
    expect([answer.status, answer.body.code]).toEqual([422, 'decisions.candidates_needed'])
    expect(
      idsOf(await all('resource', { ...asked, context: { candidates: ['3', '1', '2'] } }, { limit: 2 })),
    ).toEqual(['3', '1', '2'])
    const mine = { id: 'new', properties: { ownerId: shop.clerk.wire.user } }
    const candidates = ['o0', 'o1', mine, { id: 'o3', properties: mine.properties }]
    const found = await all('resource', {
      ...question(shop.clerk, 'write', 'orders'),
      context: { candidates },
    })
    expect(idsOf(found)).toEqual(['o0', 'new'])
  })

  test('for actions lists what may be done now', async () => {
    const names = async (asked: Record<string, unknown>) =>
      (await all('action', asked)).map(({ name }) => name)
    expect(await names(question(shop.clerk, '', 'orders/o0'))).toEqual(['read', 'write'])
    expect(await names(question(shop.clerk, '', 'orders/o4'))).toEqual(['read'])
    expect(await names(question('nobody@acme.test', '', 'orders/o0'))).toEqual([])
  })

  test('for roles answers who holds one and which ones somebody holds', async () => {
    expect(
      idsOf(await all('subject', { ...question('', 'hold', 'role/clerk'), subject: { type: 'user' } })),
    ).toEqual([shop.clerk.wire.user])
    expect(idsOf(await all('resource', question(shop.clerk, 'hold', 'role')))).toEqual(['clerk'])
    expect(await all('action', question(shop.clerk, '', 'role/clerk'))).toEqual([{ name: 'hold' }])
  })

  test('of a type that the policy does not know is 422 and names those it knows', async () => {
    for (const path of ['subject', 'resource', 'action']) {
      const answer = await shop.ask(`search/${path}`, question(shop.clerk, 'read', 'moons/1'))
      expect([answer.status, answer.body.code]).toEqual([422, 'decisions.unknown_resource_type'])
      expect(answer.body.known).toContain('leads')
    }
  })

  test('in pages of any size finds the same', async () => {
    const asked = question(shop.clerk, 'write', 'orders')
    for (const limit of [1, 2, 3, 200])
      expect(idsOf(await all('resource', asked, { limit }))).toEqual(['o0', 'o2', 'o6'])
    const who = { ...question('', 'read', 'orders/o1'), subject: { type: 'user' } }
    const everybody = idsOf(await all('subject', who))
    expect(everybody).toHaveLength(4)
    for (const limit of [1, 3]) expect(idsOf(await all('subject', who, { limit }))).toEqual(everybody)
  })

  test('refuses a token of another question, or one that it did not make', async () => {
    const asked = question(shop.clerk, 'read', 'orders')
    const { body } = await shop.ask('search/resource', { ...asked, page: { limit: 1 } })
    const token = body.page.next_token
    expect(token).not.toBe('')
    const forged = Buffer.from(JSON.stringify(['o5', 'x'])).toString('base64url')
    for (const page of [{ token: 'x' }, { token: forged }]) {
      const answer = await shop.ask('search/resource', { ...asked, page })
      expect([answer.status, answer.body.errors[0].path]).toEqual([400, 'page.token'])
    }
    const other = await shop.ask('search/resource', {
      ...question(shop.admin, 'read', 'orders'),
      page: { token },
    })
    expect(other.status).toBe(400)
  })

  test('a member searches what they may themselves; about others only with search:decisions', async () => {
    const as = await shop.signIn(shop.clerk.email)
    const status = async (path: string, body: unknown) => (await shop.ask(`search/${path}`, body, as)).status
    expect(await status('action', question(shop.clerk, '', 'leads/1'))).toBe(200)
    expect(await status('resource', question(shop.clerk, 'read', 'orders'))).toBe(200)
    expect(await status('action', question(shop.admin, '', 'leads/1'))).toBe(403)
    expect(await status('resource', question(shop.admin, 'read', 'orders'))).toBe(403)
    expect(await status('subject', question(shop.clerk, 'read', 'leads/1'))).toBe(403)
  })

  test("[FT-OM-17] of the platform's application stays in the organization it names", async () => {
    const context = { organization: 'globex' }
    const asked = { ...question(shop.foreigner, 'read', 'orders'), context }
    expect(idsOf(await all('resource', asked, {}, shop.platform))).toEqual(['foreign'])
    const who = { ...question('', 'read', 'leads/1'), subject: { type: 'user' }, context }
    const found = idsOf(await all('subject', who, {}, shop.platform))
    expect(found.sort()).toEqual([shop.foreigner.wire.user, shop.root.wire.user].sort())
  })
})

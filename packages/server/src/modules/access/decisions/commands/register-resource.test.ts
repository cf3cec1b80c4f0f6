import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { question, type Shop, startShop } from '#test/shop'

type Facts = Record<string, { value: unknown } | undefined>

const RESOURCES = '/organizations/acme/resources'
let shop: Shop

beforeAll(async () => {
  shop = await startShop()
})
afterAll(() => shop.stop())

let before = 0
beforeEach(async () => {
  before = (await shop.events('acme')).length
})
const left = async () => (await shop.events('acme')).slice(before)

const put = (path: string, body: unknown, as: Parameters<Shop['ask']>[2] = shop.acme) =>
  shop.request('PUT', `${RESOURCES}/${path}`, { as, body })

describe('register a resource', () => {
  test('an application registers, changes and removes one; each change is in the log with before and after', async () => {
    const created = await put('orders/1', { attributes: { ownerId: 'a', total: 5 }, state: 'open' })
    const view = { type: 'orders', id: '1', attributes: { ownerId: 'a', total: 5 }, state: 'open' }
    expect([created.status, created.body]).toEqual([
      200,
      { ...view, updatedAt: shop.clock.now().toISOString() },
    ])
    const changed = await put('orders/1', { attributes: { ownerId: 'b' } })
    expect(changed.body).toMatchObject({ attributes: { ownerId: 'b' }, state: null })
    expect((await shop.request('GET', `${RESOURCES}/orders/1`, { as: shop.acme })).body.attributes).toEqual({
      ownerId: 'b',
    })
    expect((await shop.request('DELETE', `${RESOURCES}/orders/1`, { as: shop.acme })).status).toBe(204)
    expect(await left()).toEqual(['resources.registered', 'resources.registered', 'resources.removed'])
    const gone = await shop.request('DELETE', `${RESOURCES}/orders/1`, { as: shop.acme })
    expect([gone.status, gone.body.code]).toEqual([404, 'resources.not_found'])
  })

  test('decisions follow the register at once', async () => {
    const asked = question(shop.clerk, 'write', 'orders/2')
    const reason = async () => (await shop.ask('evaluation', asked)).body.context.reason
    const attributes = { ownerId: shop.clerk.wire.user }
    await put('orders/2', { attributes })
    expect(await reason()).toBe('allowed')
    await put('orders/2', { attributes, state: 'closed' })
    expect(await reason()).toBe('state_denied')
    await put('orders/2', { attributes: { ownerId: 'somebody' } })
    expect(await reason()).toBe('condition_failed')
  })

  test('what it already says leaves no event', async () => {
    const same = { attributes: { total: 1, ownerId: 'a' }, state: 'open' }
    await put('orders/3', same)
    await put('orders/3', { state: 'open', attributes: { ownerId: 'a', total: 1 } })
    expect(await left()).toEqual(['resources.registered'])
  })

  test('twenty at once on a new one queue: each change in the log begins where another one ended', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, count) => put('orders/race', { attributes: { count } })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    const { id } = await shop.organization('acme')
    const rows = await shop.ownerDb.transaction(`org:${id}`, (tx) =>
      tx
        .selectFrom('auditEvents as e')
        .innerJoin('auditPersonal as p', 'p.eventId', 'e.id')
        .select('p.facts')
        .where('e.targetId', '=', 'race')
        .where('p.about', '=', 'orders:race')
        .execute(),
    )
    const begins = rows.map(({ facts }) =>
      JSON.stringify((facts as Facts)['attributesBefore']?.value ?? null),
    )
    expect(new Set(begins).size).toBe(20)
  })

  test('values are kept erasable and may be large; the log itself says the names', async () => {
    const ownerId = 'secret-owner'.padEnd(100_000, '.')
    expect((await put('orders/large', { attributes: { ownerId } })).status).toBe(200)
    const { id } = await shop.organization('acme')
    const { leaf } = await shop.ownerDb.transaction(`org:${id}`, (tx) =>
      tx.selectFrom('auditEvents').select('leaf').where('targetId', '=', 'large').executeTakeFirstOrThrow(),
    )
    expect(JSON.parse(leaf).after).toEqual({ attributes: ['ownerId'], state: null })
    expect(leaf).not.toContain('secret-owner')
  })

  test.each<[string, unknown, string, string]>([
    [
      'an attribute that is not declared',
      { attributes: { colour: 'red' } },
      'attributes.colour',
      'is not declared by the policy; its attributes are ownerId,',
    ],
    ['a text for a number', { attributes: { total: '5' } }, 'attributes.total', 'should be a number'],
    [
      'a fraction for a whole number',
      { attributes: { count: 1.5 } },
      'attributes.count',
      'should be a whole number',
    ],
    [
      'a text for true or false',
      { attributes: { paid: 'yes' } },
      'attributes.paid',
      'should be true or false',
    ],
    [
      'a day that does not exist',
      { attributes: { placedAt: 'soon' } },
      'attributes.placedAt',
      'should be a time',
    ],
    [
      'numbers in a list of texts',
      { attributes: { tags: [1] } },
      'attributes.tags',
      'should be a list of texts',
    ],
    ['null', { attributes: { total: null } }, 'attributes.total', 'should be a number'],
    [
      'a state that is not declared',
      { state: 'lost' },
      'state',
      'is not declared by the policy; its states are open, closed',
    ],
    ['a field that is none', { attribute: {} }, 'attribute', ''],
  ])('refuses %s, says where and what would be right', async (_, body, path, message) => {
    const answer = await put('orders/4', body)
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_input'])
    expect(answer.body.errors).toEqual([{ path, message: expect.stringContaining(message) }])
    expect(await left()).toEqual([])
  })

  test('refuses a type that the policy does not declare, and the id that stands for none in particular', async () => {
    const unknown = await put('moons/1', {})
    expect([unknown.status, unknown.body.code, unknown.body.known]).toEqual([
      422,
      'resources.unknown_type',
      ['leads', 'orders'],
    ])
    expect((await put('orders/*', {})).body.errors).toEqual([
      { path: 'path.id', message: expect.stringContaining('may not be "*"') },
    ])
  })

  test('an id may be any text of the application', async () => {
    const id = 'a/b ü?#%'
    expect((await put(`orders/${encodeURIComponent(id)}`, {})).body.id).toBe(id)
    expect(
      (await shop.request('GET', `${RESOURCES}/orders/${encodeURIComponent(id)}`, { as: shop.acme })).body.id,
    ).toBe(id)
  })
})

describe('who may', () => {
  test('[PS-04] nobody without a credential, no member without the permission', async () => {
    const as = await shop.signIn(shop.clerk.email)
    before = (await shop.events('acme')).length
    for (const [method, path, body] of [
      ['GET', `${RESOURCES}/orders`, undefined],
      ['GET', `${RESOURCES}/orders/1`, undefined],
      ['PUT', `${RESOURCES}/orders/1`, {}],
      ['DELETE', `${RESOURCES}/orders/1`, undefined],
    ] as const) {
      expect((await shop.request(method, path, { body })).status).toBe(401)
      expect((await shop.request(method, path, { as, body })).status).toBe(403)
    }
    expect(await left()).toEqual(Array(4).fill('decisions.denied'))
  })

  test("[FT-OM-17] another organization's register does not exist: by its address, and by an id of its own", async () => {
    await shop.order('theirs', { organization: 'globex' })
    for (const as of [shop.acme, shop.adminTokens]) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? {} : undefined
        const answer = await shop.request(method, '/organizations/globex/resources/orders/theirs', {
          as,
          body,
        })
        expect([answer.status, answer.body.code]).toEqual([404, 'organizations.not_found'])
      }
      const mine = await shop.request('GET', `${RESOURCES}/orders/theirs`, { as })
      expect([mine.status, mine.body.code]).toEqual([404, 'resources.not_found'])
    }
    const theirs = await shop.request('GET', '/organizations/globex/resources/orders/theirs', {
      as: shop.globex,
    })
    expect(theirs.status).toBe(200)
  })

  test("the platform's application registers for any organization", async () => {
    const path = '/organizations/globex/resources/leads/9'
    expect((await shop.request('PUT', path, { as: shop.platform, body: {} })).status).toBe(200)
    expect((await shop.request('GET', path, { as: shop.globex })).status).toBe(200)
  })
})

test('lists in pages that neither repeat nor skip', async () => {
  for (let i = 0; i < 5; i++) await put(`leads/l${i}`, {})
  const ids: string[] = []
  for (let cursor = ''; ; ) {
    const { body } = await shop.request('GET', `${RESOURCES}/leads?limit=2${cursor && `&cursor=${cursor}`}`, {
      as: shop.acme,
    })
    ids.push(...body.items.map(({ id }: { id: string }) => id))
    if (body.nextCursor === null) break
    cursor = body.nextCursor
  }
  expect(ids).toEqual(['l0', 'l1', 'l2', 'l3', 'l4'])
})

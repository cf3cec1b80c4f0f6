import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { operatorOf, question, type Shop, startShop } from '#test/shop'
import { createPlatformApplication } from '../index.ts'

const APPLICATIONS = '/organizations/acme/applications'
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
const create = (name: string) => shop.request('POST', APPLICATIONS, { as: shop.adminTokens, body: { name } })

describe('an application', () => {
  test('is given a credential that is shown once and stored only as its hash', async () => {
    const { status, body } = await create('billing')
    expect([status, body.name, body.revokedAt]).toEqual([201, 'billing', null])
    expect(body.id).toMatch(/^app_/)
    expect(body.credential).toMatch(/^writ_app_[\w-]{43}$/)
    expect(await left()).toEqual(['applications.created'])
    const list = await shop.request('GET', APPLICATIONS, { as: shop.adminTokens })
    expect(list.body.items.map(({ name }: { name: string }) => name).sort()).toEqual(['billing', 'shop'])
    expect(JSON.stringify(list.body)).not.toContain(body.credential)
    const { id } = await shop.organization('acme')
    const stored = await shop.ownerDb.transaction(`org:${id}`, (tx) =>
      tx
        .selectFrom('applications')
        .select('secretHash')
        .where('name', '=', 'billing')
        .executeTakeFirstOrThrow(),
    )
    expect(stored.secretHash).toEqual(createHash('sha256').update(body.credential).digest())
    const log = await shop.ownerDb.transaction(`org:${id}`, (tx) =>
      tx.selectFrom('auditEvents').select('leaf').execute(),
    )
    expect(JSON.stringify(log)).not.toContain(body.credential)
  })

  test('[FT-AC-15] is dead on the next request once it is revoked, on every node; revoking it twice is refused', async () => {
    const { id, credential } = (await create('short-lived')).body
    const asked = question(shop.clerk, 'read', 'leads/1')
    expect((await shop.ask('evaluation', asked, credential)).status).toBe(200)
    const path = `${APPLICATIONS}/${id}`
    expect((await shop.request('DELETE', path, { as: shop.adminTokens })).status).toBe(204)
    expect((await shop.ask('evaluation', asked, credential)).status).toBe(401)
    const again = await shop.request('DELETE', path, { as: shop.adminTokens })
    expect([again.status, again.body.code]).toEqual([409, 'applications.already_revoked'])
    expect(await left()).toEqual(['applications.created', 'applications.revoked'])
  })

  test('of twenty who revoke it at once, one does', async () => {
    const { id } = (await create('contested')).body
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        shop.request('DELETE', `${APPLICATIONS}/${id}`, { as: shop.adminTokens }),
      ),
    )
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19)
    expect(await left()).toEqual(['applications.created', 'applications.revoked'])
  })

  test.each([
    [{}],
    [{ name: '' }],
    [{ name: '   ' }],
    [{ name: 'x'.repeat(201) }],
    [{ name: 'x', role: 'admin' }],
  ])('is not made from %j', async (body) => {
    const answer = await shop.request('POST', APPLICATIONS, { as: shop.adminTokens, body })
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_input'])
    expect(await left()).toEqual([])
  })

  test('[PS-04] [FT-AC-16] is managed by members who may; not by others, not by applications, not by nobody', async () => {
    const clerk = await shop.signIn(shop.clerk.email)
    before = (await shop.events('acme')).length
    const { items } = (await shop.request('GET', APPLICATIONS, { as: shop.adminTokens })).body
    const { id } = items.find(({ name }: { name: string }) => name === 'shop')
    for (const [method, path, body] of [
      ['GET', APPLICATIONS, undefined],
      ['POST', APPLICATIONS, { name: 'x' }],
      ['DELETE', `${APPLICATIONS}/${id}`, undefined],
    ] as const) {
      expect((await shop.request(method, path, { body })).status).toBe(401)
      expect((await shop.request(method, path, { as: clerk, body })).status).toBe(403)
      expect((await shop.request(method, path, { as: shop.acme, body })).status).toBe(403)
    }
    expect(await left()).toEqual(Array(3).fill('decisions.denied'))
  })

  test('[FT-OM-17] [FT-OM-18] of another organization does not exist: it belongs to one, and is managed there', async () => {
    const foreign = await shop.signIn(shop.foreigner.email)
    const { id } = (await shop.request('GET', '/organizations/globex/applications', { as: foreign })).body
      .items[0]
    const byId = await shop.request('DELETE', `${APPLICATIONS}/${id}`, { as: shop.adminTokens })
    expect([byId.status, byId.body.code]).toEqual([404, 'applications.not_found'])
    for (const [method, path] of [
      ['GET', '/organizations/globex/applications'],
      ['DELETE', `/organizations/globex/applications/${id}`],
    ] as const) {
      const answer = await shop.request(method, path, { as: shop.adminTokens })
      expect([answer.status, answer.body.code]).toEqual([404, 'organizations.not_found'])
    }
    expect(
      (await shop.request('GET', '/organizations/globex/resources/leads', { as: shop.globex })).status,
    ).toBe(200)
  })
})

describe('an application of the platform', () => {
  test("is registered by the operator, in the platform's log", async () => {
    const { application, credential } = await createPlatformApplication(operatorOf(shop), {
      name: ' mesh ',
      by: 'ops',
    })
    expect([application.name, application.createdBy]).toEqual(['mesh', 'operator:ops'])
    expect((await shop.events()).at(-1)).toBe('applications.created')
    const body = { ...question(shop.clerk, 'read', 'leads/1'), context: { organization: 'acme' } }
    expect((await shop.ask('evaluation', body, credential)).body.decision).toBe(true)
  })

  test('cannot be registered through the API, nor by the role that the server is', async () => {
    const as = await shop.signIn(shop.root.email)
    const answer = await shop.request('POST', '/organizations/platform/applications', {
      as,
      body: { name: 'x' },
    })
    expect(answer.status).not.toBe(201)
    const asServer = createPlatformApplication({ ...operatorOf(shop), db: shop.db }, { name: 'x', by: 'x' })
    await expect(asServer).rejects.toThrow('registered by the operator')
    await expect(createPlatformApplication(operatorOf(shop), { name: ' ', by: 'x' })).rejects.toThrow(
      'not valid',
    )
  })
})

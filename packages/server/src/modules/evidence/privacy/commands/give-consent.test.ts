import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { applyPolicy } from '#access/policy'
import { recordAsOperator } from '#evidence/audit'
import { send, startApp, type TestApp, type Tokens } from '#test/app'
import { quickPolicy } from '#test/policies'

let app: TestApp
let count = 0

beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('sales-agent') })
  await app.member('acme', { email: 'admin@acme.test', roles: ['admin'] })
})
afterAll(() => app.stop())

async function someone(): Promise<{ as: Tokens; email: string }> {
  const { email } = await app.member('acme', { email: `person-${++count}@acme.test`, roles: ['user'] })
  return { as: await app.signIn(email), email }
}
const give = (as: Tokens, purpose = 'product-news') =>
  app.request('POST', '/me/consents', { as, body: { purpose } })
const withdraw = (as: Tokens, purpose = 'product-news') =>
  app.request('DELETE', `/me/consents/${purpose}`, { as })
const consents = async (as: Tokens) => (await app.request('GET', '/me/consents', { as })).body.items
const events = async () => (await app.events('acme')).filter((type) => type.startsWith('privacy.consent'))

describe('a consent', () => {
  test('[SA-14] is asked for by purpose, recorded with the document it was given to, and withdrawn', async () => {
    const { as } = await someone()
    expect(await consents(as)).toMatchObject([
      { purpose: 'crm-sync', given: false, policyVersion: null, givenAt: null },
      { purpose: 'product-news', given: false, required: false },
    ])
    const before = await events()
    const given = await give(as)
    expect(given).toMatchObject({
      status: 200,
      body: { given: true, givenAt: app.clock.now().toISOString(), givenBy: 'bearer', withdrawnAt: null },
    })
    expect(given.body.policyVersion).toMatch(/^pol_/)
    // Given twice is given once.
    expect((await give(as)).body).toEqual(given.body)
    app.clock.advance(60)
    expect((await withdraw(as)).status).toBe(204)
    expect((await withdraw(as)).body.code).toBe('privacy.not_given')
    expect((await consents(as))[1]).toMatchObject({
      given: false,
      policyVersion: given.body.policyVersion,
      withdrawnAt: app.clock.now().toISOString(),
    })
    expect((await events()).slice(before.length)).toEqual([
      'privacy.consent_given',
      'privacy.consent_withdrawn',
    ])
  })

  test('is one of those that the policy asks for, and one’s own', async () => {
    const [{ as }, other] = [await someone(), await someone()]
    expect(await give(as, 'everything')).toMatchObject({
      status: 422,
      body: { code: 'privacy.unknown_purpose', purposes: ['crm-sync', 'product-news'] },
    })
    await give(as)
    expect((await consents(other.as)).filter(({ given }: { given: boolean }) => given)).toEqual([])
    expect((await withdraw(other.as)).body.code).toBe('privacy.not_given')
  })

  test('given 20 times at once over two servers stands once', async () => {
    const { as } = await someone()
    const before = (await events()).length
    const sibling = await app.sibling()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 ? sibling : app, 'POST', '/me/consents', { as, body: { purpose: 'crm-sync' } }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect((await events()).slice(before)).toEqual(['privacy.consent_given'])
  })

  test('given to an earlier document is given anew to the one in force; both stay on record', async () => {
    const { as } = await someone()
    const first = (await give(as)).body.policyVersion
    app.clock.advance(1)
    const operator = { db: app.ownerDb, masterKey: app.masterKey, now: app.clock.now }
    await applyPolicy(
      { ...operator, record: recordAsOperator(operator) },
      {
        source: quickPolicy('sales-agent').replace(
          'News about the product by e-mail',
          'News by e-mail and phone',
        ),
        author: 'operator:test',
        reason: 'test',
      },
    )
    expect((await consents(as))[1]).toMatchObject({ given: true, policyVersion: first })
    const second = (await give(as)).body.policyVersion
    expect(second).not.toBe(first)
    const exported = JSON.parse((await app.request('GET', '/me/export', { as })).raw.body)
    expect(exported.consents).toMatchObject([
      { policyVersion: first, withdrawnBecause: 'renewed' },
      { policyVersion: second, withdrawnAt: null },
    ])
  })
})

import { ownPermissions } from '@writ/policy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCtx } from '#platform/context'
import type { TestMember, Tokens } from '#test/app'
import { question, type Shop, startShop } from '#test/shop'
import { decide } from '../index.ts'

let shop: Shop
let people: TestMember[]
const tokens = new Map<TestMember, Tokens>()
const orders = ['o0', 'o1', 'o2', 'o3']

beforeAll(async () => {
  shop = await startShop()
  const both = await shop.member('acme', { email: 'both@acme.test', roles: ['clerk', 'restricted'] })
  const nothing = await shop.member('acme', { email: 'nothing@acme.test', roles: [] })
  people = [shop.admin, shop.clerk, shop.restricted, both, nothing, shop.root]
  for (const person of people) tokens.set(person, await shop.signIn(person.email))
  for (const [i, id] of orders.entries()) {
    const attributes = { ownerId: people[1 + (i % 3)]!.wire.user, total: i * 60 }
    await shop.order(id, { attributes, state: i === 1 ? 'closed' : 'open' })
  }
})
afterAll(() => shop.stop())

const resources = [
  'leads/1',
  'orders/o0',
  'orders/o1',
  'orders/o2',
  'orders/o3',
  'orders/*',
  'members/x',
  'role/clerk',
]
const actions: Record<string, string[]> = {
  leads: ['read', 'write'],
  orders: ['read', 'write', 'refund'],
  members: ['read', 'create', 'delete'],
  role: ['hold'],
}

describe('one decision path', () => {
  test('[FT-AC-01] [FT-AC-13] the same subject, action and resource get the same answer as evaluation, among evaluations, by token, in every search and in the explanation', async () => {
    const context = { organization: 'acme' }
    let asked = 0
    for (const person of people) {
      for (const resource of resources) {
        const [type = '', id = ''] = resource.split('/')
        const may = new Map<string, boolean>()
        for (const action of actions[type]!) {
          const body = question(person, action, resource, { context })
          const { decision, context: why } = (await shop.ask('evaluation', body)).body
          may.set(action, decision)
          const about = `${person.email} ${action} ${resource}: ${why.reason}`
          const explained = (await shop.ask('explain', body)).body
          expect([explained.decision, explained.context.reason], about).toEqual([decision, why.reason])
          const subject = { type: 'token', id: tokens.get(person)!.accessToken }
          const batch = await shop.ask('evaluations', { evaluations: [body, { ...body, subject }] })
          for (const each of batch.body.evaluations) {
            expect([each.decision, each.context.reason], about).toEqual([decision, why.reason])
          }
          const who = await shop.ask('search/subject', { ...body, subject: { type: 'user' } })
          expect(
            who.body.results.some((found: { id: string }) => found.id === person.wire.user),
            about,
          ).toBe(decision)
          const candidates = [id]
          const where = await shop.ask('search/resource', { ...body, context: { ...context, candidates } })
          expect(where.body.results.length === 1, about).toBe(decision)
          asked++
        }
        const what = await shop.ask('search/action', question(person, '', resource, { context }))
        const found = new Set(what.body.results.map(({ name }: { name: string }) => name))
        for (const [action, decision] of may)
          expect(found.has(action), `${person.email} ${action} ${resource}`).toBe(decision)
      }
    }
    expect(asked).toBe(people.length * 21)
  })

  test("[FT-AC-13] Writ's own routes answer as the evaluation of their permission does", async () => {
    const own: [method: string, path: string, permission: string, resource: string][] = [
      ['GET', '/organizations/acme/applications', 'read', 'applications/*'],
      ['GET', '/organizations/acme/roles', 'read', 'roles/*'],
      ['GET', '/organizations/acme/audit/events', 'read', 'audit/*'],
      ['GET', '/organizations/acme/resources/orders', 'read', 'resources/*'],
      ['DELETE', '/organizations/acme/resources/orders/none', 'register', 'resources/*'],
    ]
    for (const person of people) {
      for (const [method, path, action, resource] of own) {
        const asked = question(person, action, resource, { context: { organization: 'acme' } })
        const { decision } = (await shop.ask('evaluation', asked)).body
        const { status, body } = await shop.request(method, path, { as: tokens.get(person)! })
        const code = body?.code
        expect([200, 403, 404]).toContain(status)
        const answered = [200, 204].includes(status) || code === 'resources.not_found'
        expect(answered, `${person.email} ${method} ${path}`).toBe(decision)
      }
    }
  })

  test('[FT-AC-16] a program that holds no role gets exactly its own permissions, and asks by the same checks', async () => {
    const as = shop.acme
    expect((await shop.request('GET', '/organizations/acme/roles', { as })).status).toBe(403)
    expect((await shop.request('GET', '/organizations/acme/applications', { as })).status).toBe(403)
    expect((await shop.request('GET', '/organizations/acme/resources/orders', { as })).status).toBe(200)
    const principal = await shop.services.ports.principalOfBearer(as, shop.clock.now())
    const ctxOf = (organizationId: string) =>
      createCtx(shop.services, {
        requestId: 'test',
        client: { ip: '', userAgent: '' },
        actor: principal!.actor,
        organizationId,
        principal,
        policy: principal!.policy,
      })
    const mayIn = async (organizationId: string) => {
      const ctx = ctxOf(organizationId)
      const decided = ownPermissions.map(
        async ({ name }) => [name, (await decide(ctx, name, undefined)).allowed] as const,
      )
      return (await Promise.all(decided)).flatMap(([name, allowed]) => (allowed ? [name] : []))
    }
    const theirs = ['check', 'search', 'explain'].map((action) => `${action}:decisions`)
    expect(await mayIn(shop.admin.organizationId)).toEqual([
      ...theirs,
      'read:resources',
      'register:resources',
    ])
    expect(await mayIn(shop.foreigner.organizationId)).toEqual([])
    const asApplication = await shop.ask('evaluation', question(shop.restricted, 'read', 'leads/1'))
    const { body } = await shop.ask(
      'evaluation',
      question(shop.restricted, 'read', 'leads/1'),
      tokens.get(shop.restricted),
    )
    expect([body.decision, body.context.reason]).toEqual([
      asApplication.body.decision,
      asApplication.body.context.reason,
    ])
  })
})

describe('[FT-AC-12] each check, in order', () => {
  /** What is changed for one question, and taken back after it. */
  const change =
    (table: 'members' | 'users' | 'organizations', member: TestMember, set: object) => async () => {
      const id =
        table === 'members' ? member.memberId : table === 'users' ? member.userId : member.organizationId
      await shop.ownerDb.transaction(`org:${member.organizationId}`, (tx) =>
        tx
          .updateTable(table as 'members')
          .set(set)
          .where('id', '=', id)
          .execute(),
      )
    }
  const allowed = () => question(shop.clerk, 'write', 'orders/o0')
  const answerTo = async (body: unknown) => (await shop.ask('evaluation', body)).body.context.reason

  test('a subject for whom every check passes is allowed', async () => {
    expect(await answerTo(allowed())).toBe('allowed')
  })

  test.each<[string, string, 'members' | 'users', string]>([
    ['an inactive account', 'account_inactive', 'users', 'deactivated'],
    ['an inactive membership', 'membership_inactive', 'members', 'deactivated'],
  ])('%s is refused: %s', async (_, reason, table, status) => {
    await change(table, shop.clerk, { status })()
    expect(await answerTo(allowed())).toBe(reason)
    await change(table, shop.clerk, { status: 'active' })()
    expect(await answerTo(allowed())).toBe('allowed')
  })

  test('a bearer that proves nobody is refused: unauthenticated', async () => {
    expect(await answerTo({ ...allowed(), subject: { type: 'token', id: 'nobody' } })).toBe('unauthenticated')
  })

  test('a temporary password is refused until it is changed', async () => {
    await change('users', shop.clerk, { mustChangePassword: true })()
    expect(await answerTo(allowed())).toBe('password_change_required')
    await change('users', shop.clerk, { mustChangePassword: false })()
  })

  test('a role that does not permit, a deny, a condition that fails and a state that closes are refused', async () => {
    expect(await answerTo(question(shop.clerk, 'write', 'leads/1'))).toBe('not_granted')
    expect(await answerTo(question(shop.restricted, 'read', 'leads/1'))).toBe('explicit_deny')
    expect(await answerTo(question(shop.clerk, 'write', 'orders/o2'))).toBe('condition_failed')
    expect(await answerTo(question(shop.admin, 'write', 'orders/o1'))).toBe('state_denied')
  })

  test('a sensitive action needs a fresh sign-in', async () => {
    expect(await answerTo(question(shop.clerk, 'refund', 'orders/o0'))).toBe('allowed')
    shop.clock.advance(601)
    expect(await answerTo(question(shop.clerk, 'refund', 'orders/o0'))).toBe('fresh_sign_in_required')
    await shop.signIn(shop.clerk.email)
    expect(await answerTo(question(shop.clerk, 'refund', 'orders/o0'))).toBe('allowed')
  })
})

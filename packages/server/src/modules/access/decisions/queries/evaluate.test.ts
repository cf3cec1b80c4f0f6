import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { question, type Shop, startShop } from '#test/shop'

let shop: Shop

beforeAll(async () => {
  shop = await startShop()
  await shop.order('mine', { attributes: { ownerId: shop.clerk.wire.user, total: 50 }, state: 'open' })
  await shop.order('closed', { attributes: { ownerId: shop.clerk.wire.user }, state: 'closed' })
  await shop.order('foreign', { organization: 'globex', attributes: { ownerId: shop.clerk.wire.user } })
})
afterAll(() => shop.stop())

/** Events of acme that the work of a test leaves behind. */
let before = 0
beforeEach(async () => {
  before = (await shop.events('acme')).length
})
const left = async () => (await shop.events('acme')).slice(before)

describe('POST /access/v1/evaluation', () => {
  test('answers decision and reason, the role and the assignment that decided', async () => {
    const answer = await shop.ask('evaluation', question(shop.clerk, 'read', 'leads/7'))
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      decision: true,
      context: {
        reason: 'allowed',
        permission: 'read:leads',
        policyVersion: expect.any(String),
        role: 'clerk',
        assignment: expect.stringMatching(/^asg_/),
      },
    })
    expect(await left()).toEqual([])
  })

  test('accepts the whole permission as the action, and the e-mail address of a member as the id', async () => {
    const { body } = await shop.ask('evaluation', question('CLERK@acme.test', 'read:leads', 'leads/7'))
    expect(body).toMatchObject({ decision: true, context: { permission: 'read:leads' } })
  })

  test('[PS-17] a denial is 200 with decision false, and in the log with user, resource and reason', async () => {
    const { status, body } = await shop.ask('evaluation', question(shop.restricted, 'read', 'leads/7'))
    expect([status, body.decision, body.context.reason]).toEqual([200, false, 'explicit_deny'])
    expect(await left()).toEqual(['decisions.denied'])
    const event = await newestEvent(shop, 'acme')
    expect(event).toMatchObject({
      outcome: 'denied',
      reason: 'explicit_deny',
      target: { type: 'leads', id: '7' },
      data: { permission: 'read:leads', subject: `user:${shop.restricted.userId}` },
    })
  })

  test('[FT-AC-14] a sensitive action that is allowed is in the log', async () => {
    await shop.signIn(shop.clerk.email)
    before = (await shop.events('acme')).length
    const { body } = await shop.ask('evaluation', question(shop.clerk, 'refund', 'orders/mine'))
    expect(body.decision).toBe(true)
    expect(await left()).toEqual(['decisions.allowed'])
  })

  test.each([
    ['nobody', { type: 'user', id: 'nobody@acme.test' }],
    ['an id that nobody has', { type: 'user', id: 'usr_00000000000000000000000000' }],
    ['an id that is none', { type: 'user', id: 'alice' }],
    ['a member of another organization', { type: 'user', id: 'admin@globex.test' }],
  ])('[FT-OM-17] %s is one and the same: no member here', async (_, subject) => {
    const { body } = await shop.ask('evaluation', { ...question('', 'read', 'leads/7'), subject })
    expect(body).toMatchObject({ decision: false, context: { reason: 'membership_inactive' } })
    expect(body.context.subject).toBeUndefined()
  })

  test('a type of subject, a resource and an action that nobody declared are denials', async () => {
    const reasonOf = async (body: unknown) => (await shop.ask('evaluation', body)).body.context.reason
    const asked = question(shop.admin, 'read', 'leads/7')
    expect(await reasonOf({ ...asked, subject: { type: 'robot', id: '1' } })).toBe('unknown_subject_type')
    expect(await reasonOf(question(shop.admin, 'read', 'moons/7'))).toBe('unknown_permission')
    expect(await reasonOf(question(shop.admin, 'sing', 'leads/7'))).toBe('unknown_permission')
  })

  test('the standing of a subject is read anew for every question', async () => {
    const asked = question(shop.clerk, 'read', 'leads/7')
    const deactivate = (status: string) =>
      shop.ownerDb.transaction(`org:${shop.clerk.organizationId}`, (tx) =>
        tx.updateTable('members').set({ status }).where('id', '=', shop.clerk.memberId).execute(),
      )
    expect((await shop.ask('evaluation', asked)).body.decision).toBe(true)
    await deactivate('deactivated')
    expect((await shop.ask('evaluation', asked)).body.context.reason).toBe('membership_inactive')
    await deactivate('active')
    expect((await shop.ask('evaluation', asked)).body.decision).toBe(true)
  })
})

describe('resources', () => {
  const orders = (extra: Record<string, unknown> = {}) => ({
    resource: { type: 'orders', id: 'unknown', properties: extra },
  })

  test('the register goes before what the caller says', async () => {
    const asked = question(shop.clerk, 'write', 'orders/closed')
    const lie = { ...asked, resource: { ...asked.resource, properties: { state: 'open' } } }
    const { body } = await shop.ask('evaluation', lie)
    expect(body).toMatchObject({ decision: false, context: { reason: 'state_denied' } })
    expect(body.context.asserted).toBeUndefined()
    expect((await shop.ask('evaluation', question(shop.clerk, 'write', 'orders/mine'))).body.decision).toBe(
      true,
    )
  })

  test('what only the caller says counts where nothing is registered, is marked, and is recorded as asserted', async () => {
    const mine = {
      ...question(shop.clerk, 'write', ''),
      ...orders({ ownerId: shop.clerk.wire.user, note: 'x' }),
    }
    expect((await shop.ask('evaluation', mine)).body).toMatchObject({
      decision: true,
      context: { asserted: ['ownerId'] },
    })
    const closed = { ...mine, ...orders({ ownerId: shop.clerk.wire.user, state: 'closed' }) }
    const { body } = await shop.ask('evaluation', closed)
    expect(body).toMatchObject({
      decision: false,
      context: { reason: 'state_denied', asserted: ['ownerId', 'state'] },
    })
    expect((await newestEvent(shop, 'acme')).data.asserted).toEqual(['ownerId', 'state'])
  })

  // Anybody may ask about themselves: 200 questions about one megabyte would otherwise leave 200 megabytes.
  test('what is asserted at length is decided on and kept by its size', async () => {
    const long = {
      ownerId: 'x'.repeat(2_001),
      total: ['y'.repeat(100_000)],
      state: { open: 'z'.repeat(100_000) },
    }
    const asked = { ...question(shop.clerk, 'write', ''), ...orders(long) }
    const { accessToken } = await shop.signIn(shop.clerk.email)
    await shop.ask('evaluation', asked, accessToken)
    const { id } = await shop.organization('acme')
    const kept = await shop.ownerDb.transaction(`org:${id}`, (tx) =>
      tx.selectFrom('auditPersonal').select('facts').orderBy('eventId', 'desc').execute(),
    )
    expect(
      kept.map(({ facts }) => (facts as { asserted?: { value: unknown } }).asserted?.value),
    ).toContainEqual({
      ownerId: { omitted: { characters: 2_001 } },
      total: { omitted: { items: 1 } },
      state: { omitted: {} },
    })
    expect(JSON.stringify(kept)).not.toMatch(/x{50}|y{50}|z{50}/)
  })

  test('[FT-OM-17] what another organization registered is not looked at', async () => {
    const { body } = await shop.ask('evaluation', question(shop.clerk, 'write', 'orders/foreign'))
    expect(body).toMatchObject({ decision: false, context: { reason: 'error' } })
    expect(body.context.error.message).toContain('resource.properties do not say ownerId')
  })

  test('a value that is not of the declared type is a denial that says what would be right', async () => {
    const asked = { ...question(shop.clerk, 'write', ''), ...orders({ ownerId: 7 }) }
    expect((await shop.ask('evaluation', asked)).body).toMatchObject({
      decision: false,
      context: {
        reason: 'wrong_attribute_type',
        error: { status: 422, message: 'resource.properties.ownerId should be a text' },
      },
    })
  })
})

describe('subject of type token', () => {
  const by = (token: string) => ({
    ...question('', 'read', 'leads/7'),
    subject: { type: 'token', id: token },
  })

  test('a valid bearer is answered and named, with the organization', async () => {
    const { accessToken } = await shop.signIn(shop.clerk.email)
    const { body } = await shop.ask('evaluation', by(accessToken))
    expect(body).toMatchObject({
      decision: true,
      context: {
        subject: {
          type: 'user',
          id: shop.clerk.wire.user,
          email: 'clerk@acme.test',
          name: 'clerk',
          roles: ['clerk'],
        },
        organization: { id: shop.clerk.wire.organization, slug: 'acme' },
      },
    })
  })

  test.each(['nonsense', 'writ_app_nonsense', ''.padEnd(3000, 'x')])(
    'a bearer that does not hold is a denial, and its text is not in the log',
    async (token) => {
      const { status, body } = await shop.ask('evaluation', by(token))
      expect([status, body.decision, body.context.reason]).toEqual([200, false, 'unauthenticated'])
      expect(body.context.subject).toBeUndefined()
      expect(JSON.stringify(await newestEvent(shop, 'acme'))).not.toContain(token)
    },
  )

  test('[FT-AC-05] a bearer of another organization is worth nothing here, and its holder is not named', async () => {
    const { accessToken } = await shop.signIn(shop.foreigner.email)
    const { body } = await shop.ask('evaluation', by(accessToken))
    expect(body).toMatchObject({ decision: false, context: { reason: 'unauthenticated' } })
    expect(body.context.subject).toBeUndefined()
  })

  test("a bearer of the platform's staff is named where it is allowed, not where it is denied", async () => {
    const { accessToken } = await shop.signIn(shop.root.email)
    const asked = by(accessToken)
    const allowed = await shop.ask('evaluation', asked)
    expect(allowed.body).toMatchObject({ decision: true, context: { subject: { id: shop.root.wire.user } } })
    const denied = await shop.ask('evaluation', { ...asked, action: { name: 'sing' } })
    expect([denied.body.decision, denied.body.context.subject]).toEqual([false, undefined])
  })

  test("for the platform's application a bearer is decided in the bearer's own organization", async () => {
    const { accessToken } = await shop.signIn(shop.foreigner.email)
    const { body } = await shop.ask('evaluation', by(accessToken), shop.platform)
    expect(body).toMatchObject({ decision: true, context: { organization: { slug: 'globex' } } })
  })

  test('a signed-out bearer is refused on the next question', async () => {
    const tokens = await shop.signIn(shop.clerk.email)
    expect((await shop.ask('evaluation', by(tokens.accessToken))).body.decision).toBe(true)
    await shop.request('POST', '/auth/logout', { as: tokens })
    expect((await shop.ask('evaluation', by(tokens.accessToken))).body.context.reason).toBe('unauthenticated')
  })
})

describe('who may ask, and where', () => {
  test('[FT-AC-03] [PS-04] without a credential every endpoint answers 401, whatever is sent', async () => {
    for (const path of [
      'evaluation',
      'evaluations',
      'explain',
      'search/subject',
      'search/resource',
      'search/action',
    ]) {
      for (const body of [question('x', 'read', 'leads/1'), {}, 'not json']) {
        const answer = await shop.request('POST', `/access/v1/${path}`, { body })
        expect([path, answer.status, answer.body.code]).toEqual([path, 401, 'unauthorized'])
      }
    }
  })

  test('a member asks about themselves, by id or by address, without a permission', async () => {
    const as = await shop.signIn(shop.clerk.email)
    for (const id of [shop.clerk.wire.user, shop.clerk.email]) {
      expect((await shop.ask('evaluation', question(id, 'read', 'leads/7'), as)).body.decision).toBe(true)
      expect((await shop.ask('explain', question(id, 'read', 'leads/7'), as)).status).toBe(200)
    }
  })

  test('[PS-04] a member without check:decisions who asks about somebody else is refused with 403, and that is in the log', async () => {
    const as = await shop.signIn(shop.clerk.email)
    before = (await shop.events('acme')).length
    const answer = await shop.ask('evaluation', question(shop.admin, 'read', 'leads/7'), as)
    expect([answer.status, answer.body.code, answer.body.permission]).toEqual([
      403,
      'forbidden',
      'check:decisions',
    ])
    expect(await left()).toEqual(['decisions.denied'])
    const batch = {
      evaluations: [question(shop.clerk, 'read', 'leads/7'), question(shop.admin, 'read', 'leads/7')],
    }
    expect((await shop.ask('evaluations', batch, as)).status).toBe(403)
  })

  test('a member with check:decisions asks about others of the organization', async () => {
    const answer = await shop.ask('evaluation', question(shop.clerk, 'write', 'leads/7'), shop.adminTokens)
    expect([answer.status, answer.body.context.reason]).toEqual([200, 'not_granted'])
  })

  test.each(['evaluation', 'explain', 'search/subject', 'search/resource', 'search/action'])(
    '[FT-OM-17] [FT-AC-06] %s: another organization does not exist for an application or a member of this one',
    async (path) => {
      const asked = question(shop.foreigner, 'read', 'leads/7')
      const { id } = await shop.organization('globex')
      for (const organization of ['globex', shop.foreigner.wire.organization, 'nowhere', id]) {
        for (const as of [shop.acme, shop.adminTokens]) {
          const answer = await shop.ask(path, { ...asked, context: { organization } }, as)
          expect([answer.status, answer.body.code]).toEqual([404, 'organizations.not_found'])
        }
      }
      expect(await shop.events('globex')).not.toContain('decisions.denied')
    },
  )

  test("the platform's application asks about any organization, by slug and by id, in that organization's log", async () => {
    const asked = question(shop.restricted, 'read', 'leads/7')
    for (const organization of ['acme', shop.admin.wire.organization]) {
      const { body } = await shop.ask('evaluation', { ...asked, context: { organization } }, shop.platform)
      expect(body.context.reason).toBe('explicit_deny')
    }
    expect(await left()).toEqual(['decisions.denied', 'decisions.denied'])
    const answer = await shop.ask(
      'evaluation',
      { ...asked, context: { organization: 'nowhere' } },
      shop.platform,
    )
    expect([answer.status, answer.body.code]).toEqual([404, 'organizations.not_found'])
  })

  test('bodies that are no question are 400 and name what is wrong', async () => {
    for (const [body, path] of [
      [{}, 'subject'],
      [[], 'body'],
      [{ ...question('x', 'read', 'leads/1'), subject: { type: 'user' } }, 'subject.id'],
    ] as const) {
      const answer = await shop.ask('evaluation', body)
      expect([answer.status, answer.body.code, answer.body.errors[0].path]).toEqual([
        400,
        'decisions.malformed_request',
        path,
      ])
    }
    expect((await shop.ask('evaluation', '{"subject":')).status).toBe(400)
  })

  test("the caller's X-Request-ID comes back, also with an error; one that is unfit for a header does not", async () => {
    const send = (id: string, body: unknown, as: string | undefined = shop.acme) =>
      shop.request('POST', '/access/v1/evaluation', { as, body, headers: { 'x-request-id': id } })
    const fit = 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716'
    expect((await send(fit, question(shop.clerk, 'read', 'leads/7'))).headers['x-request-id']).toBe(fit)
    expect((await send(fit, {})).headers['x-request-id']).toBe(fit)
    expect((await send(fit, {}, 'wrong')).headers['x-request-id']).toBe(fit)
    expect((await send('x'.repeat(201), {})).headers['x-request-id']).not.toContain('xxx')
  })
})

describe('POST /access/v1/evaluations', () => {
  const asked = (semantic?: string) => ({
    subject: { type: 'user', id: shop.clerk.wire.user },
    action: { name: 'read' },
    evaluations: [
      { resource: { type: 'leads', id: '1' } },
      { resource: { type: 'leads', id: '2' }, action: { name: 'write' } },
      { resource: { type: 'orders', id: 'mine' } },
    ],
    ...(semantic ? { options: { evaluations_semantic: semantic } } : {}),
  })
  const decisions = async (semantic?: string) => {
    const { body } = await shop.ask('evaluations', asked(semantic))
    return body.evaluations.map(({ decision }: { decision: boolean }) => decision)
  }

  test('execute_all answers all in order, deny_on_first_deny and permit_on_first_permit stop there, and only what was decided is recorded', async () => {
    expect(await decisions()).toEqual([true, false, true])
    expect(await decisions('execute_all')).toEqual([true, false, true])
    expect(await decisions('deny_on_first_deny')).toEqual([true, false])
    expect(await left()).toHaveLength(3)
    expect(await decisions('permit_on_first_permit')).toEqual([true])
    expect(await left()).toHaveLength(3)
  })

  test('without evaluations it answers like a single evaluation', async () => {
    const { body } = await shop.ask('evaluations', {
      ...question(shop.clerk, 'read', 'leads/7'),
      evaluations: [],
    })
    expect(body).toMatchObject({ decision: true, context: { reason: 'allowed' } })
    expect(body.evaluations).toBeUndefined()
  })

  test('more than 200 are 422', async () => {
    const many = {
      ...question(shop.clerk, 'read', 'leads/7'),
      evaluations: Array.from({ length: 201 }, () => ({})),
    }
    const answer = await shop.ask('evaluations', many)
    expect([answer.status, answer.body.code, answer.body.maximum]).toEqual([422, 'decisions.too_many', 200])
  })
})

test('GET /.well-known/authzen-configuration names the endpoints, to anybody', async () => {
  const { status, body } = await shop.request('GET', '/.well-known/authzen-configuration')
  const at = shop.services.publicUrl
  expect([status, body]).toEqual([
    200,
    {
      policy_decision_point: at,
      access_evaluation_endpoint: `${at}/access/v1/evaluation`,
      access_evaluations_endpoint: `${at}/access/v1/evaluations`,
      search_subject_endpoint: `${at}/access/v1/search/subject`,
      search_resource_endpoint: `${at}/access/v1/search/resource`,
      search_action_endpoint: `${at}/access/v1/search/action`,
    },
  ])
})

/** The newest event of an organization's log, as it is hashed. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
async function newestEvent(shop: Shop, slug: string): Promise<any> {
  const { id } = await shop.organization(slug)
  const row = await shop.ownerDb.transaction(`org:${id}`, (tx) =>
    tx.selectFrom('auditEvents').select('leaf').orderBy('id', 'desc').limit(1).executeTakeFirstOrThrow(),
  )
  return JSON.parse(row.leaf)
}

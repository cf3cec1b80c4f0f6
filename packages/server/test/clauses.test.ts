/** Clauses that are proven under the very policy that states them, through the running server. */
import { compile, parsePolicy } from '@writ/policy'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, startApp, type TestApp, type Tokens } from '#test/app'

describe('sales-agent', () => {
  let app: TestApp
  let asAdmin: Tokens

  beforeAll(async () => {
    app = await startApp({ policy: 'sales-agent' })
    await app.member('acme', { email: 'admin@example.com', roles: ['admin'] })
    asAdmin = await app.signIn('admin@example.com')
  })
  afterAll(() => app.stop())

  const create = (email: string, password: string) =>
    app.request('POST', '/organizations/acme/members', { as: asAdmin, body: { email, password } })

  test.each([
    ['Kx7pLqz', ['min_length']],
    ['kx7plqzw', ['upper']],
    ['KX7PLQZW', ['lower']],
    ['KxvpLqzW', ['digit']],
    ['kxvplqz', ['min_length', 'upper', 'digit']],
  ])('[SA-02] %s is no password, and every rule it misses is named', async (password, missed) => {
    const before = await app.events('acme')
    const answer = await create('refused@example.com', password)
    expect(answer).toMatchObject({ status: 422, body: { code: 'identity.weak_password' } })
    expect(answer.body.rules.map(({ rule }: { rule: string }) => rule)).toEqual(missed)
    expect(await app.events('acme')).toEqual(before)
  })

  test('[SA-02] one of 8 characters with upper, lower and digit is taken, and kept as a salted bcrypt hash of cost 12', async () => {
    const emails = ['first@example.com', 'second@example.com']
    for (const email of emails) expect((await create(email, 'Kx7pLqzW')).status).toBe(201)
    const client = new pg.Client({ connectionString: app.database.superuserUrl })
    await client.connect()
    const { rows } = await client.query('select password_hash from users where email = any($1)', [emails])
    await client.end()
    const hashes = rows.map((row) => row.password_hash as string)
    expect(hashes).toHaveLength(2)
    for (const hash of hashes) expect(hash).toMatch(/^\$2[by]\$12\$[./A-Za-z0-9]{53}$/)
    expect(hashes[0]!.slice(0, 29)).not.toBe(hashes[1]!.slice(0, 29))
  })
})

describe('prosaas', () => {
  let app: TestApp
  let asOwner: Tokens
  beforeAll(async () => {
    app = await startApp({ policy: 'prosaas' })
    await app.member('clinic', { email: 'owner@example.com', roles: ['owner'] })
    asOwner = await app.signIn('owner@example.com')
  })
  afterAll(() => app.stop())

  test.each([
    ['Kx7-pLq', 'Use at least 8 characters.', 'יש להשתמש לפחות ב־8 תווים.'],
    ['kx7-plqz', 'Add an upper-case letter.', 'יש להוסיף אות גדולה באנגלית.'],
    ['KX7-PLQZ', 'Add a lower-case letter.', 'יש להוסיף אות קטנה באנגלית.'],
    ['Kxv-pLqz', 'Add a digit.', 'יש להוסיף ספרה.'],
    ['Kx7vpLqz', 'Add a character that is neither letter nor digit.', 'יש להוסיף תו שאינו אות או ספרה.'],
  ])('[PS-05] the refusal of %s says why, in English and in Hebrew', async (password, en, he) => {
    const before = await app.events('clinic')
    const body = { email: 'agent@example.com', password }
    const answer = await app.request('POST', '/organizations/clinic/members', { as: asOwner, body })
    expect(answer).toMatchObject({ status: 422, body: { code: 'identity.weak_password' } })
    expect(answer.body.rules).toEqual([expect.objectContaining({ en, he })])
    expect(await app.events('clinic')).toEqual(before)
  })

  test('[PS-14] the session cookie is what a browser authenticates to the API with, until its session ends', async () => {
    const { cookie } = await app.signIn('owner@example.com')
    const own = { headers: { cookie, origin: ORIGIN } }
    const me = (headers: Record<string, string>) => app.request('GET', '/me', { headers })
    expect((await me({ cookie })).body.user.email).toBe('owner@example.com')
    const named = await app.request('PATCH', '/me', { ...own, body: { name: 'Ola' } })
    expect([named.status, named.body.name]).toEqual([200, 'Ola'])
    expect((await me({})).status).toBe(401)
    expect((await me({ cookie: cookie.replace(/=./, '=_') })).status).toBe(401)
    expect((await app.request('POST', '/auth/logout', own)).status).toBe(204)
    expect((await me({ cookie })).status).toBe(401)
  })
})

describe('flask-track', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp({ policy: 'flask-track' })
    await app.member('lab', { email: 'owner@example.com', roles: ['owner'] })
  })
  afterAll(() => app.stop())

  const viewer = [
    'read:executions',
    'read:files',
    'read:organization',
    'read:policy',
    'read:records',
    'read:reports',
    'read:workflows',
  ]
  test.each([
    ['viewer', viewer],
    ['technician', [...viewer, 'execute:workflows', 'record:executions', 'upload:files'].toSorted()],
  ])(
    '[FT-AC-02] a %s may do what the policy lists, and nothing else of all that can be asked',
    async (role, listed) => {
      const member = await app.member('lab', { email: `${role}@example.com`, roles: [role] })
      const tokens = await app.signIn(member.email)
      const inForce = await app.request('GET', '/policy', { as: tokens })
      const parsed = parsePolicy(inForce.body.source)
      if (!parsed.ok) throw new Error('the policy in force does not parse')
      const all = compile(parsed.policy, { version: 'test' }).permissions.map(({ name }) => name)
      expect(all.length).toBeGreaterThan(listed.length * 2)
      const { body } = await app.request('POST', '/access/v1/evaluations', {
        as: tokens,
        body: {
          subject: { type: 'user', id: member.wire.user },
          evaluations: all.map((name) => ({
            action: { name },
            resource: { type: name.slice(name.indexOf(':') + 1), id: '*' },
          })),
        },
      })
      const allowed = all.filter((_, i) => body.evaluations[i].decision)
      expect(allowed.toSorted()).toEqual(listed)
    },
  )
})

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { send, startApp, type TestApp } from '#test/app'
import { createSetupToken } from './create-setup-token.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp({ policy: 'flask-track' })
})
afterAll(() => app.stop())

const token = () => createSetupToken({ db: app.ownerDb, now: app.clock.now })

function body(secret: string, change: { slug?: string; password?: string } = {}) {
  return {
    token: secret,
    organization: { name: 'North Lab', slug: change.slug ?? 'north-lab' },
    owner: {
      email: 'first@example.com',
      name: 'First Owner',
      password: change.password ?? 'Quiet-Harbour-47',
    },
  }
}

describe('the set-up link, before there is an organization', () => {
  let refused: string[]

  beforeEach(async () => {
    refused = await app.events()
  })

  test('is refused when it is wrong, and the attempt is in the log of the platform', async () => {
    await token()
    const answer = await app.request('POST', '/setup', { body: body('writ_setup_guessed') })
    expect(answer).toMatchObject({ status: 401, body: { code: 'organizations.setup_refused' } })
    expect((await app.events()).slice(refused.length)).toEqual(['organizations.setup_refused'])
  })

  test('is replaced by the one of the next start', async () => {
    const older = await token()
    await token()
    expect((await app.request('POST', '/setup', { body: body(older!) })).status).toBe(401)
  })

  test('expires after a day', async () => {
    const secret = await token()
    app.clock.advance(86_400)
    expect((await app.request('POST', '/setup', { body: body(secret!) })).status).toBe(401)
  })

  test('is not spent by what is refused', async () => {
    const secret = (await token())!
    const weak = await app.request('POST', '/setup', { body: body(secret, { password: 'short' }) })
    expect(weak).toMatchObject({
      status: 422,
      body: { code: 'identity.weak_password' },
    })
    expect(weak.body.errors.map(({ path }: { path: string }) => path)).toContain('owner.password')
    const taken = await app.request('POST', '/setup', { body: body(secret, { slug: 'platform' }) })
    expect(taken).toMatchObject({ status: 409, body: { code: 'organizations.slug_taken' } })
  })

  test('works once, 20 times at once on two nodes; then there is an owner who can sign in, and no further link', async () => {
    const sibling = await app.sibling()
    const secret = (await token())!
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 === 0 ? app : sibling, 'POST', '/setup', { body: body(secret, { slug: `lab-${i}` }) }),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      201,
      ...Array.from({ length: 19 }, () => 401),
    ])
    const { slug, id } = answers.find(({ status }) => status === 201)!.body

    const owner = await app.signIn('first@example.com')
    const overview = await app.request('GET', `/organizations/${slug}`, { as: owner })
    expect(overview).toMatchObject({
      status: 200,
      body: { id, name: 'North Lab', members: { active: 1, owners: 1 } },
    })
    const { body: log } = await app.request('GET', `/organizations/${slug}/audit/events`, { as: owner })
    expect(log.items.map((event: { type: string }) => event.type).slice(-4)).toEqual([
      'roles.changed',
      'members.added',
      'identity.account_created',
      'organizations.created',
    ])
    expect(await token()).toBeUndefined()
    expect((await app.request('POST', '/setup', { body: body(secret) })).status).toBe(401)
  })
})

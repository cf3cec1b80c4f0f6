import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type Tokens } from '#test/app'
import { enrolTotp } from '#test/second-factors'

let app: TestApp
let asOwner: Tokens
let asViewer: Tokens

const path = '/organizations/lab/policy-settings'

beforeAll(async () => {
  app = await startApp({ policy: 'flask-track' })
  await app.member('lab', { email: 'owner@example.com', roles: ['owner'] })
  await app.member('lab', { email: 'viewer@example.com', roles: ['viewer'] })
  await app.member('other-lab', { email: 'other@example.com', roles: ['owner'] })
  asOwner = await app.signIn('owner@example.com')
  asViewer = await app.signIn('viewer@example.com')
})
afterAll(() => app.stop())

async function eventsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = await app.events('lab')
  await work()
  return (await app.events('lab')).slice(before.length)
}

const patch = (settings: object, as = asOwner) => app.request('PATCH', path, { as, body: { settings } })

describe("an organization's own policy settings", () => {
  test('[FT-OM-13] are tightened by those who may, hold at once, and are recorded with before and after', async () => {
    const events = await eventsOf(async () => {
      const answer = await patch({
        'authentication.session.idle': '1h',
        'authentication.password.minLength': 14,
      })
      expect(answer).toMatchObject({
        status: 200,
        body: { settings: { 'authentication.session.idle': '1h' } },
      })
    })
    expect(events).toEqual(['policy.settings_changed'])
    const other = await app.signIn('other@example.com')
    app.clock.advance(3601)
    expect((await app.request('GET', '/organizations/lab', { as: asOwner })).status).toBe(401)
    expect((await app.request('GET', '/me', { as: other })).status).toBe(401)
    asOwner = await app.signIn('owner@example.com')
    asViewer = await app.signIn('viewer@example.com')
    const short = { email: 'new@example.com', password: 'Harbour-4712' }
    const refused = await app.request('POST', '/organizations/lab/members', { as: asOwner, body: short })
    expect(refused).toMatchObject({ status: 422, body: { code: 'identity.weak_password' } })
    const { body } = await app.request(
      'GET',
      '/organizations/lab/audit/events?type=policy.settings_changed',
      { as: asOwner },
    )
    expect(body.items[0]).toMatchObject({
      before: { settings: {} },
      after: { settings: { 'authentication.session.idle': '1h', 'authentication.password.minLength': 14 } },
    })
  })

  test('are never looser than the policy: the answer names the setting and the bound', async () => {
    const events = await eventsOf(async () => {
      const answer = await patch({
        'authentication.session.idle': '9h',
        'authentication.password.minLength': 8,
      })
      expect(answer).toMatchObject({ status: 422, body: { code: 'policy.setting_refused' } })
      expect(answer.body.errors).toEqual([
        {
          path: 'settings.authentication.session.idle',
          message: expect.stringContaining('At most 28800 seconds'),
        },
      ])
    })
    expect(events).toEqual([])
    expect(
      (await app.request('GET', path, { as: asOwner })).body.settings['authentication.session.idle'],
    ).toBe('1h')
  })

  test('are only those that the policy names', async () => {
    for (const settings of [
      { 'sensitive.within': '1m' },
      { 'authentication.password.bcrypt': 14 },
      { 'roles.viewer.allow': ['*:*'] },
    ]) {
      const answer = await patch(settings)
      expect(answer).toMatchObject({
        status: 422,
        body: { code: 'policy.setting_refused', errors: [{ path: `settings.${Object.keys(settings)[0]}` }] },
      })
    }
  })

  test('lock nobody out who sets them, also by a demand on a role that theirs includes', async () => {
    for (const role of ['owner', 'viewer']) {
      const events = await eventsOf(async () => {
        const answer = await patch({ 'authentication.mfa.required': [role] })
        expect(answer).toMatchObject({
          status: 409,
          body: { code: 'policy.locks_you_out', reason: 'second_factor_enrolment_required' },
        })
      })
      expect(events).toEqual([])
    }
    for (const methods of [['password'], ['accessToken']]) {
      expect(await patch({ 'authentication.methods': methods })).toMatchObject({
        status: 409,
        body: { code: 'policy.locks_you_out', reason: 'method_not_permitted' },
      })
    }
    expect((await app.request('GET', path, { as: asOwner })).status).toBe(200)
  })

  // What was proven by a factor that the settings refuse would count no more at the next request.
  test('lock nobody out by refusing the second factor that they have proven', async () => {
    await app.member('totp-lab', { email: 'totp@example.com', roles: ['owner'] })
    const as = await app.signIn('totp@example.com')
    await enrolTotp(app, as.accessToken)
    const settings = (methods: string[]) => ({
      'authentication.mfa.required': ['owner'],
      'authentication.mfa.methods': methods,
    })
    const ask = (methods: string[]) =>
      app.request('PATCH', '/organizations/totp-lab/policy-settings', {
        as,
        body: { settings: settings(methods) },
      })
    expect(await ask(['passkey'])).toMatchObject({
      status: 409,
      body: { code: 'policy.locks_you_out', reason: 'second_factor_required' },
    })
    expect((await ask(['totp'])).status).toBe(200)
  })

  test('are taken back by null', async () => {
    const answer = await patch({
      'authentication.session.idle': null,
      'authentication.password.minLength': null,
    })
    expect(answer).toMatchObject({ status: 200, body: { settings: {} } })
  })

  test('[FT-OM-20] are refused to who may not change them, and the attempt is in the log', async () => {
    const events = await eventsOf(async () => {
      expect((await patch({ 'authentication.session.idle': '2h' }, asViewer)).status).toBe(403)
    })
    expect(events).toEqual(['decisions.denied'])
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type TestMember } from '#test/app'
import { openSessionOf } from '#test/attack-sessions'
import { quickPolicy } from '#test/policies'
import { enrolPasskey, enrolTotp } from '#test/second-factors'

describe('[PS-06] under the policy prosaas a second factor is', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp({ policy: quickPolicy('prosaas') })
  })
  afterAll(() => app.stop())

  const own = async (as: string) => (await app.request('GET', '/me/mfa', { as })).body
  const seed = async (member: Promise<TestMember>) => (await openSessionOf(app, await member)).accessToken

  test.each([
    ['owner', 'recommended'],
    ['admin', 'recommended'],
    ['agent', 'optional'],
  ])('for the %s %s, and nothing is closed without', async (role, level) => {
    const as = await seed(app.member(`acme-${role}`, { email: `${role}@acme.test`, roles: [role] }))
    expect(await own(as)).toMatchObject({ level, enrolled: false, methods: ['totp', 'passkey'] })
    expect((await app.request('GET', '/me/permissions', { as })).status).toBe(200)
    await enrolTotp(app, as)
    expect(await own(as)).toMatchObject({ level, enrolled: true, satisfied: true })
  })

  test('mandatory for the system administrator, who reaches nothing but enrolment before', async () => {
    const as = await seed(app.platformMember({ email: 'root@platform.test', role: 'system_admin' }))
    expect(await own(as)).toMatchObject({ level: 'required', enrolled: false })
    const { wire } = await app.organization('watched')
    for (const path of [
      '/me/permissions',
      '/me/sessions',
      `/organizations/${wire}`,
      '/organizations/platform/members',
    ])
      expect([path, await app.request('GET', path, { as })]).toMatchObject([
        path,
        { status: 403, body: { reason: 'second_factor_enrolment_required' } },
      ])
    await enrolTotp(app, as)
    expect((await app.request('GET', '/me/permissions', { as })).status).toBe(200)
  })

  test('mandatory also where it is a passkey, and asked for in every further session', async () => {
    const root = await app.platformMember({ email: 'key@platform.test', role: 'system_admin' })
    const { accessToken } = await openSessionOf(app, root)
    await enrolPasskey(app, accessToken)
    expect((await app.request('GET', '/me/permissions', { as: accessToken })).status).toBe(200)
    const other = await openSessionOf(app, root)
    expect(await app.request('GET', '/me/permissions', { as: other.accessToken })).toMatchObject({
      status: 403,
      body: { reason: 'second_factor_required' },
    })
  })
})

describe('[BM-21] under the policy business-manager', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp({ policy: quickPolicy('business-manager') })
  })
  afterAll(() => app.stop())

  test.each([
    ['tenant_admin', 'recommended'],
    ['admin', 'recommended'],
    ['accountant', 'recommended'],
    ['staff', 'optional'],
    ['customer', 'optional'],
  ])('every user may set up an authenticator app themselves; for the %s it is %s', async (role, level) => {
    const slug = `bm-${role.replace('_', '-')}`
    const member = await app.member(slug, { email: `${role}@bm.test`, roles: [role] })
    const { accessToken: as } = await openSessionOf(app, member)
    expect((await app.request('GET', '/me/mfa', { as })).body).toMatchObject({
      ...{ level, methods: ['totp'], removal: { password: true, secondFactor: false } },
    })
    expect((await enrolTotp(app, as)).recoveryCodes).toHaveLength(10)
    expect(await app.events(slug)).toContain('factors.enrolled')
  })

  test('passkeys are refused: the policy does not name them', async () => {
    const member = await app.member('bm-keys', { email: 'keys@bm.test', roles: ['staff'] })
    const { accessToken: as } = await openSessionOf(app, member)
    expect(await app.request('POST', '/me/passkeys', { as })).toMatchObject({
      status: 403,
      body: { code: 'factors.not_permitted', methods: ['totp'] },
    })
  })
})

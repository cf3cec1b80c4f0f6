import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'

describe('a change of duties', () => {
  let app: TestApp
  let asAdmin: Tokens
  let count = 0
  beforeAll(async () => {
    app = await startApp({ policy: 'business-manager' })
    asAdmin = await app.signIn(
      (await app.member('farm', { email: 'admin@farm.test', roles: ['admin'] })).email,
    )
  })
  afterAll(() => app.stop())

  const someone = (role = 'staff') => app.member('farm', { email: `p${++count}@farm.test`, roles: [role] })
  const path = (who: TestMember) => `/organizations/farm/members/${who.wire.member}`
  const plan = (who: TestMember, body: object) =>
    app.request('POST', `${path(who)}/role-change`, { as: asAdmin, body })
  const stateOf = async (who: TestMember) => {
    const { body } = await app.request('GET', `/organizations/farm/offboardings?member=${who.wire.member}`, {
      as: asAdmin,
    })
    return body.items.map(({ state }: { state: string }) => state)
  }

  test('[BM-18] is due the same day, open until the role is changed, then done whatever follows', async () => {
    const who = await someone()
    const planned = await plan(who, {
      effectiveOn: '2026-03-02',
      roles: ['accountant'],
      reason: 'moves to the office',
    })
    expect(planned).toMatchObject({
      status: 200,
      body: { kind: 'role_change', state: 'open', dueAt: '2026-03-03T00:00:00.000Z', roles: ['accountant'] },
    })
    const become = (role: string) => app.request('PATCH', path(who), { as: asAdmin, body: { roles: [role] } })
    app.clock.advance(1)
    expect((await become('customer')).status).toBe(200)
    expect(await stateOf(who)).toEqual(['open'])
    expect((await become('accountant')).status).toBe(200)
    expect(await stateOf(who)).toEqual(['done'])
    await become('staff')
    expect(await stateOf(who)).toEqual(['done'])
  })

  test('shows as overdue once its time is over, and can be taken back', async () => {
    const who = await someone()
    await plan(who, { effectiveOn: app.clock.now().toISOString().slice(0, 10), roles: ['accountant'] })
    app.clock.advance(15 * 3600)
    asAdmin = await app.signIn('admin@farm.test')
    expect(await stateOf(who)).toEqual(['overdue'])
    const remove = () => app.request('DELETE', `${path(who)}/role-change`, { as: asAdmin })
    expect((await remove()).status).toBe(204)
    expect(await stateOf(who)).toEqual(['cancelled'])
    expect((await remove()).body.code).toBe('offboarding.not_planned')
  })

  test('[BM-07] [BM-14] is planned by nobody who could not give the roles, and never to a role of the platform', async () => {
    const who = await someone()
    for (const [roles, code] of [
      [['tenant_admin'], 'roles.above_your_own'],
      [['admin'], 'roles.not_yours_to_assign'],
      [['super_admin'], 'roles.operator_only'],
      [['nobody'], 'roles.unknown'],
      [['staff', 'accountant'], 'roles.one_only'],
    ] as const)
      expect((await plan(who, { effectiveOn: '2026-12-31', roles })).body.code).toBe(code)
    expect(await stateOf(who)).toEqual([])
  })
})

test('[PS-10] is made at once under a policy that wants it immediately, and not before its day', async () => {
  const app = await startApp({ policy: 'prosaas' })
  const owner = await app.member('clinic', { email: 'owner@clinic.test', roles: ['owner'] })
  const as = await app.signIn(owner.email)
  const who = await app.member('clinic', { email: 'agent@clinic.test', roles: ['agent'] })
  const asWho = await app.signIn(who.email)
  const path = `/organizations/clinic/members/${who.wire.member}`
  const plan = (effectiveOn: string) =>
    app.request('POST', `${path}/role-change`, { as, body: { effectiveOn, roles: ['admin'] } })
  expect((await plan('2026-03-09')).body).toMatchObject({ state: 'open', dueAt: '2026-03-09T00:00:00.000Z' })
  expect((await app.request('GET', '/me', { as: asWho })).body.roles).toEqual(['agent'])
  expect((await plan('2026-03-02')).body.state).toBe('done')
  expect((await app.request('GET', '/me', { as: asWho })).body.roles).toEqual(['admin'])
  await app.stop()
})

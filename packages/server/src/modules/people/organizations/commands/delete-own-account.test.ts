import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send, startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { quickPolicy, withOwnDeletion } from '#test/policies'

let app: TestApp
let asAdmin: Tokens
let count = 0

beforeAll(async () => {
  app = await startApp({ policy: withOwnDeletion() })
  asAdmin = await app.signIn((await app.member('acme', { email: 'admin@acme.test', roles: ['admin'] })).email)
})
afterAll(() => app.stop())

const someone = (role = 'user', slug = 'acme') =>
  app.member(slug, { email: `person-${++count}@acme.test`, roles: [role] })
const remove = (as: Tokens, password: string, server: Pick<TestApp, 'http'> = app) =>
  send(server as TestApp, 'DELETE', '/me', { as, body: { password } })

describe('deleting one’s own account', () => {
  test('takes it and all it holds away; what was done and held stays readable', async () => {
    const who = await someone()
    const tokens = await app.signIn(who.email)
    const before = (await app.events('acme')).length
    expect((await remove(tokens, who.password)).status).toBe(204)
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(401)
    const body = { refreshToken: tokens.refreshToken }
    expect((await app.request('POST', '/auth/refresh', { body })).status).toBe(401)
    const again = { email: who.email, password: who.password }
    expect((await app.request('POST', '/auth/login', { body: again })).status).toBe(401)
    expect((await app.events('acme')).slice(before)).toEqual([
      ...['sessions.ended', 'roles.ended', 'identity.account_deleted', 'members.deleted'],
    ])
    const logged = await app.request('GET', `/organizations/acme/audit/events?actor=${who.wire.user}`, {
      as: asAdmin,
    })
    expect(logged.body.items[0]).toMatchObject({ type: 'members.deleted', reason: 'own_account' })
    const mails = await app.ownerDb.transaction('mail', (tx) =>
      tx.selectFrom('mails').select('kind').execute(),
    )
    expect(mails.map(({ kind }) => kind)).toContain('members.own_account_deleted')
  })

  test('leaves every organization, each of which has it in its log', async () => {
    const who = await someone()
    await app.member('globex', { email: 'admin@globex.test', roles: ['admin'] })
    await app.member('globex', { email: who.email, roles: ['user'] })
    const tokens = await app.signIn(who.email, { organization: 'acme' })
    const elsewhere = await app.signIn(who.email, { organization: 'globex' })
    expect((await remove(tokens, who.password)).status).toBe(204)
    expect((await app.request('GET', '/me', { as: elsewhere })).status).toBe(401)
    for (const slug of ['acme', 'globex']) expect(await app.events(slug)).toContain('members.deleted')
    expect(
      [...(await app.events('acme')), ...(await app.events('globex'))].filter(
        (t) => t === 'identity.account_deleted',
      ),
    ).toHaveLength(2)
  })

  test('takes the password, which is not guessed without end', async () => {
    const who = await someone()
    const tokens = await app.signIn(who.email)
    const wrong = await remove(tokens, 'Wrong-Harbour-1')
    expect(wrong).toMatchObject({ status: 403, body: { code: 'identity.wrong_password' } })
    // The attack: a stolen session tries passwords here instead of at the sign-in.
    for (let i = 0; i < 5; i++) await remove(tokens, `Wrong-Harbour-${i}`)
    expect((await remove(tokens, who.password)).body.code).toBe('identity.wrong_password')
    expect(await app.events('acme')).toContain('identity.account_locked')
  })

  test('takes a fresh sign-in', async () => {
    const who = await someone()
    const tokens = await app.signIn(who.email)
    const { compiled } = await app.services.ports.policies.current()
    const seconds = compiled.policy.sensitive.withinSeconds
    app.clock.advance(seconds + 1)
    expect(await remove(tokens, who.password)).toMatchObject({
      status: 403,
      body: { code: 'forbidden', reason: 'fresh_sign_in_required' },
    })
    const stepUp = { as: tokens, body: { password: who.password } }
    expect((await app.request('POST', '/auth/step-up', stepUp)).status).toBe(200)
    expect((await remove(tokens, who.password)).status).toBe(204)
  })

  test('[FT-OM-05] is not the last owner’s, in whichever organization they are that', async () => {
    const owner = await app.member('solo', { email: 'owner@solo.test', roles: ['admin'] })
    await app.member('acme', { email: owner.email, roles: ['user'] })
    const tokens = await app.signIn(owner.email, { organization: 'acme' })
    expect(await remove(tokens, owner.password)).toMatchObject({
      status: 409,
      body: { code: 'roles.last_owner' },
    })
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(200)
    expect(await app.events('solo')).not.toContain('members.deleted')
  })

  test('[FT-OM-05] of two owners at once leaves one', async () => {
    const owners = await Promise.all(
      ['a', 'b'].map((name) => app.member('pair', { email: `${name}@pair.test`, roles: ['admin'] })),
    )
    const tokens = await Promise.all(owners.map(({ email }) => app.signIn(email)))
    const sibling = await app.sibling()
    const answers = await Promise.all([
      remove(tokens[0]!, owners[0]!.password),
      remove(tokens[1]!, owners[1]!.password, sibling),
    ])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 409])
  })

  test('of the platform’s staff is the operator’s to do', async () => {
    const staffed = await startApp({ policy: withOwnDeletion('business-manager') })
    const staff = await staffed.platformMember({ email: 'staff@platform.test', role: 'super_admin' })
    const as = await staffed.signIn(staff.email)
    const answer = await send(staffed, 'DELETE', '/me', { as, body: { password: staff.password } })
    expect(answer).toMatchObject({ status: 403, body: { code: 'roles.operator_only' } })
    expect((await staffed.request('GET', '/me', { as })).status).toBe(200)
    await staffed.stop()
  })

  test('[BM-19] is refused where the policy does not let people', async () => {
    const strict = await startApp({ policy: quickPolicy('sales-agent') })
    const member: TestMember = await strict.member('acme', { email: 'a@acme.test', roles: ['user'] })
    const as = await strict.signIn(member.email)
    const answer = await send(strict, 'DELETE', '/me', { as, body: { password: member.password } })
    expect(answer).toMatchObject({ status: 403, body: { code: 'members.self_deletion_off' } })
    await strict.stop()
  })
})

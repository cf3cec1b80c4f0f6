import { afterAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type TestMember } from '#test/app'
import { quickPolicy } from '#test/policies'

const SOURCE = quickPolicy('flask-track')
const wants = (wanted: string) =>
  SOURCE.replace(/ {2}completeProfile: .*\n/, '').replace(
    'provisioning:\n',
    `provisioning:\n  completeProfile: ${wanted}\n`,
  )

const apps: TestApp[] = []
afterAll(() => Promise.all(apps.map((app) => app.stop())))

async function start(policy: string): Promise<TestApp> {
  const app = await startApp({ policy })
  apps.push(app)
  return app
}

const change = (app: TestApp, { userId }: TestMember, columns: { name?: string; emailVerifiedAt?: null }) =>
  app.ownerDb.transaction(`account:${userId}`, (tx) =>
    tx.updateTable('users').set(columns).where('id', '=', userId).execute(),
  )

describe('GET /me', () => {
  test('[PS-06] says what the policy wants of a second factor, and how the session was opened', async () => {
    const app = await start(SOURCE)
    for (const [role, recommended] of [
      ['admin', true],
      ['owner', true],
      ['viewer', false],
    ] as const) {
      const { email } = await app.member('lab', { email: `${role}@example.com`, roles: [role] })
      const { body } = await app.request('GET', '/me', { as: await app.signIn(email) })
      expect(body, role).toMatchObject({
        secondFactor: { enrolled: false, satisfied: false, required: false, recommended },
        owes: null,
        session: { methods: ['password'] },
        user: { emailVerified: true },
      })
    }
  })

  test.each([
    ['off', null],
    ['encouraged', null],
    ['required', 'profile'],
  ])('[SA-08] says what a profile lacks; where the policy has it %s, %s is owed', async (wanted, owes) => {
    const app = await start(wants(wanted))
    const member = await app.member('lab', { email: 'ada@example.com', roles: ['viewer'] })
    await change(app, member, { name: '' })
    const signedIn = await app.request('POST', '/auth/login', {
      body: { email: member.email, password: member.password },
    })
    expect(signedIn.body).toMatchObject({ status: 'signed_in', owes })
    const as = signedIn.body.accessToken
    const me = await app.request('GET', '/me', { as })
    expect(me.body).toMatchObject({ owes, profile: { complete: false, missing: ['name'], wanted } })
    const before = await app.request('GET', '/organizations/lab', { as })
    expect(before.status).toBe(owes === null ? 200 : 403)
    // The one thing that pays it is open while it is owed.
    expect((await app.request('PATCH', '/me', { as, body: { name: 'Ada' } })).status).toBe(200)
    expect((await app.request('GET', '/organizations/lab', { as })).status).toBe(200)
    const after = await app.request('GET', '/me', { as })
    expect(after.body).toMatchObject({ owes: null, profile: { complete: true, missing: [] } })
  })

  test('shows and owes an address that is not verified, where the policy verifies', async () => {
    const app = await start(SOURCE)
    const member = await app.member('lab', { email: 'eve@example.com', roles: ['viewer'] })
    await change(app, member, { emailVerifiedAt: null })
    const { accessToken: as } = await app.signIn(member.email)
    expect((await app.request('GET', '/me', { as })).body).toMatchObject({
      user: { emailVerified: false },
      owes: 'email_verification',
    })
    expect((await app.request('GET', '/organizations/lab', { as })).body.reason).toBe(
      'email_verification_required',
    )
  })
})

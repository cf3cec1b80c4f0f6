import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, send, startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { quickPolicy } from '#test/policies'
import { mailedToken } from '#test/recovery'

const NEXT = 'Brave-Lantern-58'

let app: TestApp
let asAdmin: Tokens
let count = 0
beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('sales-agent') })
  await app.member('acme', { email: 'admin@acme.test', roles: ['admin'] })
  asAdmin = await app.signIn('admin@acme.test')
})
afterAll(() => app.stop())

async function created() {
  const email = `new${++count}@acme.test`
  const answer = await app.request('POST', '/organizations/acme/members', {
    as: asAdmin,
    body: { email, name: 'New' },
  })
  expect(answer.status).toBe(201)
  const { temporaryPassword } = answer.body as { temporaryPassword: string }
  return { email, temporaryPassword, token: await mailedToken(app, 'organizations.activation', email) }
}

const activate = (token: string, password = NEXT) =>
  app.request('POST', '/auth/activate', { body: { token, password } })
const signIn = (email: string, password: string) =>
  app.request('POST', '/auth/login', { body: { email, password } })

describe('[SA-08] an account that somebody else created', () => {
  test('is taken up by the mailed link: the password is chosen, and the address proven', async () => {
    const { email, token, temporaryPassword } = await created()
    expect((await activate(token)).status).toBe(204)
    expect((await signIn(email, temporaryPassword)).status).toBe(401)
    const signedIn = await signIn(email, NEXT)
    expect(signedIn.body.status).toBe('signed_in')
    expect((await app.request('GET', '/me/permissions', { as: signedIn.body })).status).toBe(200)
    expect((await activate(token)).body.code).toBe('identity.link_dead')
  })

  test('signed in to with the temporary password, owes the new password and then the address', async () => {
    const { email, token, temporaryPassword } = await created()
    const first = await signIn(email, temporaryPassword)
    expect(first.body.status).toBe('password_change_required')
    const { challenge } = first.body
    const changed = await app.request('POST', '/auth/password/change', {
      body: { challenge, newPassword: NEXT },
    })
    expect(changed.body.status).toBe('signed_in')
    const shut = await app.request('GET', '/me/permissions', { as: changed.body })
    expect([shut.status, shut.body.reason]).toEqual([403, 'email_verification_required'])
    // The activation link stood for the account as it was: it cannot replace a password that its owner chose.
    expect((await activate(token)).body.code).toBe('identity.link_dead')
    expect((await app.request('POST', '/me/email/verification', { as: changed.body })).status).toBe(202)
    const verify = { token: await mailedToken(app, 'recovery.verify_email', email) }
    expect((await app.request('POST', '/auth/email/verify', { as: changed.body, body: verify })).status).toBe(
      204,
    )
    expect((await app.request('GET', '/me/permissions', { as: changed.body })).status).toBe(200)
  })

  test('is taken up once of 20 at two servers', async () => {
    const { email, token } = await created()
    const other = await app.sibling()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 === 0 ? app : other, 'POST', '/auth/activate', {
          body: { token, password: `${NEXT}-${i}` },
        }),
      ),
    )
    const won = answers.flatMap(({ status }, i) => (status === 204 ? [i] : []))
    expect(won).toHaveLength(1)
    expect((await signIn(email, `${NEXT}-${won[0]}`)).body.status).toBe('signed_in')
  })

  test('is not taken up after its link has expired', async () => {
    const { token } = await created()
    app.clock.advance(86_400)
    expect((await activate(token)).body.code).toBe('identity.link_dead')
    asAdmin = await app.signIn('admin@acme.test')
  })
})

describe('[BM-20] a reset by an administrator that is mailed', () => {
  let victim: TestMember
  const reset = (as: Tokens, body: unknown = { deliver: 'mail' }) =>
    app.request('POST', `/organizations/acme/members/${victim.wire.member}/reset-password`, { as, body })

  test('ends everything, leaves no password that anybody knows, and lets the person choose one', async () => {
    victim = await app.member('acme', { email: 'victim@acme.test', roles: ['user'] })
    const held = await app.signIn(victim.email)
    const answer = await reset(asAdmin)
    expect([answer.status, answer.body]).toEqual([200, {}])
    expect((await app.request('GET', '/me', { as: held })).status).toBe(401)
    expect((await signIn(victim.email, PASSWORD)).status).toBe(401)
    const token = await mailedToken(app, 'identity.password_reset', victim.email)
    const body = { token, newPassword: NEXT }
    expect((await app.request('POST', '/auth/password/reset', { body })).status).toBe(204)
    expect((await signIn(victim.email, NEXT)).status).toBe(200)
    expect((await app.events('acme')).filter((type) => /reset/.test(type)).slice(-2)).toEqual([
      'identity.password_reset',
      'recovery.password_reset',
    ])
  })

  test('mails nothing where it is refused', async () => {
    const before = (await app.mails()).length
    const other = await app.member('acme', { email: 'other@acme.test', roles: ['user'] })
    expect((await reset(await app.signIn(other.email))).status).toBe(403)
    expect((await reset(asAdmin, { deliver: 'pigeon' })).status).toBe(422)
    expect(await app.mails()).toHaveLength(before)
  })
})

test('[SA-08] who owes a name gives it, and is let in', async () => {
  const policy = quickPolicy('sales-agent').replace(
    'completeProfile: encouraged',
    'completeProfile: required',
  )
  const strict = await startApp({ policy })
  try {
    const { userId, email } = await strict.member('acme', { email: 'nameless@acme.test', roles: ['user'] })
    await strict.ownerDb.transaction(`account:${userId}`, (tx) =>
      tx.updateTable('users').set({ name: '' }).where('id', '=', userId).execute(),
    )
    const as = await strict.signIn(email)
    expect((await strict.request('GET', '/me/permissions', { as })).body.reason).toBe('profile_required')
    expect((await strict.request('PATCH', '/me', { as, body: { name: 'Ada' } })).status).toBe(200)
    expect((await strict.request('GET', '/me/permissions', { as })).status).toBe(200)
  } finally {
    await strict.stop()
  }
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ctx, createCtx } from '#platform/context'
import { sha256 } from '#platform/crypto'
import { ANYWHERE } from '#platform/http'
import { PASSWORD, startApp, type TestApp } from '#test/app'
import { seedDevice } from '#test/attack-sessions'
import { quickPolicy } from '#test/policies'
import { reserveDeviceAttempt } from '../store/devices.ts'
import { confirmProof, provePassword } from './prove-password.ts'

let app: TestApp
let ctx: Ctx
beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('flask-track') })
  const { compiled } = await app.services.ports.policies.current()
  const client = { ip: '127.0.0.1', userAgent: 'test' }
  ctx = createCtx(app.services, {
    requestId: 'test',
    client,
    actor: { kind: 'anonymous' },
    organizationId: ANYWHERE,
    policy: compiled,
  })
})
afterAll(() => app.stop())

let number = 0
const newMember = () => app.member('lab', { email: `person-${++number}@example.com`, roles: ['viewer'] })

async function prove(userId: string) {
  const proof = await provePassword(ctx, userId, 'unused', PASSWORD)
  if (proof.result !== 'right') throw new Error(proof.reason)
  return proof.account
}
const holds = (userId: string, account: Awaited<ReturnType<typeof prove>>) =>
  app.db.transaction(`account:${userId}`, (tx) => confirmProof(tx, account))

// Between the proof and the transaction that makes a session, somebody else may have acted on the account.
describe('what was proven', () => {
  test('holds while nothing happens, and after another sign-in renewed the hash', async () => {
    const { userId, email } = await newMember()
    const account = await prove(userId)
    await app.signIn(email)
    expect(await holds(userId, account)).toBe(true)
  })

  test('no longer holds after the password was changed', async () => {
    const { userId, email } = await newMember()
    const account = await prove(userId)
    const as = await app.signIn(email)
    await app.request('POST', '/me/password', {
      as,
      body: { currentPassword: PASSWORD, newPassword: 'Calm-Lantern-58' },
    })
    expect(await holds(userId, account)).toBe(false)
  })

  test.each([{ status: 'deactivated' }, { tokenVersion: 9 }])('no longer holds after %j', async (change) => {
    const { userId } = await newMember()
    const account = await prove(userId)
    await app.ownerDb.transaction(`account:${userId}`, (tx) =>
      tx.updateTable('users').set(change).where('id', '=', userId).execute(),
    )
    expect(await holds(userId, account)).toBe(false)
  })
})

// The looser organization would otherwise be the one to guess in.
test('[SA-04] an account in two organizations is locked by the stricter one, wherever the guesses are made', async () => {
  const email = 'both@example.com'
  const { organizationId } = await app.member('strict', { email, roles: ['viewer'] })
  const { userId } = await app.member('loose', { email, roles: ['viewer'] })
  const overrides = JSON.stringify({ 'authentication.lockout.after': 3 })
  await app.ownerDb.transaction(`org:${organizationId}`, (tx) =>
    tx.updateTable('organizations').set({ overrides }).where('id', '=', organizationId).execute(),
  )
  for (let i = 0; i < 3; i++)
    await app.request('POST', '/auth/login', {
      body: { email, password: 'Loud-Harbour-47', organization: 'loose' },
    })
  const proof = await provePassword(ctx, userId, 'unused', PASSWORD)
  expect(proof).toMatchObject({ result: 'refused', reason: 'locked' })
  for (const slug of ['strict', 'loose']) {
    expect((await app.events(slug)).filter((type) => type === 'identity.account_locked')).toHaveLength(1)
  }
})

// Two at once that both see the last attempt left would be six guesses.
test('[SA-04] of 20 attempts at once from one device, before any of them is answered, five get a number', async () => {
  const member = await newMember()
  const { id, cookie } = await seedDevice(app, member)
  const secretHash = sha256(cookie.split('=')[1]!)
  const reserve = () =>
    app.db.transaction(`account:${member.userId}`, (tx) =>
      reserveDeviceAttempt(tx, member.userId, secretHash, { after: 5, forSeconds: 1800 }, app.clock.now()),
    )
  const reserved = await Promise.all(Array.from({ length: 20 }, reserve))
  const numbers = reserved.flatMap((each) => (each ? [each.number] : []))
  expect(numbers.sort()).toEqual([1, 2, 3, 4, 5])
  app.clock.advance(1800)
  expect(await reserve()).toEqual({ id, number: 1 })
})

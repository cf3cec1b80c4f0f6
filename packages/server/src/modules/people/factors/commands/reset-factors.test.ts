import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { send, startApp, type TestApp } from '#test/app'
import { openSessionOf, seedDevice, sendWithCookie } from '#test/attack-sessions'
import { SoftwareAuthenticator } from '#test/authenticator'
import { verdict } from '#test/factor-proofs'
import { quickPolicy } from '#test/policies'
import { enrolPasskey, enrolTotp, passkeyAnswer } from '#test/second-factors'
import type { App } from '../../../../app.ts'

let app: TestApp
let sibling: App
beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('flask-track') })
  sibling = await app.sibling()
})
afterAll(() => app.stop())

let number = 0
async function newOrganization() {
  number++
  const slug = `reset-${number}`
  await app.member(slug, { email: `owner-${number}@example.com`, roles: ['owner'] })
  const admin = await app.member(slug, { email: `admin-${number}@example.com`, roles: ['admin'] })
  const member = await app.member(slug, { email: `lost-${number}@example.com`, roles: ['viewer'] })
  const session = await openSessionOf(app, member)
  return {
    ...{ slug, admin, member, session },
    asAdmin: (await openSessionOf(app, admin)).accessToken,
    path: (wire: string) => `/organizations/${slug}/members/${wire}/reset-mfa`,
  }
}

const reset = (as: string | undefined, path: string, server: App = app) => send(server, 'POST', path, { as })
const codeOf = async (as: string | undefined, path: string) => {
  const { status, body } = await reset(as, path)
  return [status, body.code]
}

describe('an administrator who resets second factors', () => {
  test('removes all there are, and the sessions, tokens and known devices, and says so in the log', async () => {
    const { slug, member, session, asAdmin, path } = await newOrganization()
    const { code, recoveryCodes } = await enrolTotp(app, session.accessToken)
    const authenticator = new SoftwareAuthenticator()
    await enrolPasskey(app, session.accessToken, { authenticator })
    const question = await passkeyAnswer(app, session.accessToken, authenticator)
    await seedDevice(app, member)
    const before = (await app.events(slug)).length
    expect((await reset(asAdmin, path(member.wire.member))).status).toBe(204)

    expect((await app.request('GET', '/me', { as: session.accessToken })).status).toBe(401)
    expect((await sendWithCookie(app, 'GET', '/me', session.cookie)).status).toBe(401)
    const refresh = await app.request('POST', '/auth/refresh', {
      body: { refreshToken: session.refreshToken },
    })
    expect(refresh.status).toBe(401)
    const { userId } = member
    for (const proof of [
      { method: 'totp', code: code() },
      { method: 'recovery_code', code: recoveryCodes[0]! },
    ] as const)
      expect(await verdict(app, userId, proof)).toBe('not_enrolled')
    expect(await verdict(app, userId, { method: 'passkey', ...question })).toBe('unknown_passkey')
    const { tokenVersion, forgottenAt } = await app.ownerDb.transaction(`account:${userId}`, (tx) =>
      tx
        .selectFrom('users')
        .innerJoin('devices', 'devices.userId', 'users.id')
        .select(['tokenVersion', 'forgottenAt'])
        .executeTakeFirstOrThrow(),
    )
    expect({ tokenVersion, forgottenAt }).toEqual({ tokenVersion: 2, forgottenAt: app.clock.now() })
    const fresh = await openSessionOf(app, member)
    const own = await app.request('GET', '/me/mfa', { as: fresh.accessToken })
    expect(own.body).toMatchObject({ enrolled: false, satisfied: false, passkeys: 0, recoveryCodes: 0 })
    expect((await app.events(slug)).slice(before, before + 2)).toEqual(['factors.reset', 'sessions.ended'])
  })

  test('lifts a lock with the factor that it was on', async () => {
    const { member, session, asAdmin, path } = await newOrganization()
    await enrolTotp(app, session.accessToken)
    const guess = () => verdict(app, member.userId, { method: 'totp', code: '00000' })
    for (let i = 0; i < 10; i++) await guess()
    expect(await guess()).toBe('locked')
    await reset(asAdmin, path(member.wire.member))
    const again = await openSessionOf(app, member)
    const { code } = await enrolTotp(app, again.accessToken)
    expect(await verdict(app, member.userId, { method: 'totp', code: code() })).toBe('right')
  })

  test('20 times at once over two servers leaves one account without factors', async () => {
    const { member, session, asAdmin, path } = await newOrganization()
    await enrolTotp(app, session.accessToken)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => reset(asAdmin, path(member.wire.member), i % 2 ? sibling : app)),
    )
    for (const { status } of answers) expect(status).toBe(204)
    expect(await verdict(app, member.userId, { method: 'totp', code: '123456' })).toBe('not_enrolled')
  })
})

describe('a reset is refused', () => {
  test('without a credential, without the permission, and of oneself', async () => {
    const { admin, member, session, asAdmin, path } = await newOrganization()
    const of = path(member.wire.member)
    expect(await codeOf(undefined, of)).toEqual([401, 'unauthorized'])
    expect(await codeOf(session.accessToken, path(admin.wire.member))).toEqual([403, 'forbidden'])
    // Attack: a stolen session of an administrator takes the administrator's own factor away.
    expect(await codeOf(asAdmin, path(admin.wire.member))).toEqual([403, 'members.yourself'])
  })

  test('of somebody above, who stays protected', async () => {
    const { slug, asAdmin, path } = await newOrganization()
    const owner = await app.member(slug, { email: `second-owner-${number}@example.com`, roles: ['owner'] })
    const session = await openSessionOf(app, owner)
    const { code } = await enrolTotp(app, session.accessToken)
    expect(await codeOf(asAdmin, path(owner.wire.member))).toEqual([403, 'members.above_you'])
    expect(await verdict(app, owner.userId, { method: 'totp', code: code() })).toBe('right')
    expect(await app.events(slug)).toContain('members.refused')
  })

  // Attack: an administrator takes an address in, and then the protection that its owner has elsewhere.
  test('of an account that also belongs to another organization', async () => {
    const { member, asAdmin, path } = await newOrganization()
    const there = await app.member(`reset-elsewhere-${number}`, { email: member.email, roles: ['viewer'] })
    const session = await openSessionOf(app, there)
    const { code } = await enrolTotp(app, session.accessToken)
    expect(await codeOf(asAdmin, path(member.wire.member))).toEqual([403, 'identity.belongs_elsewhere'])
    expect(await verdict(app, member.userId, { method: 'totp', code: code() })).toBe('right')
  })

  test('of another organization’s member, who is not there', async () => {
    const [ours, theirs] = [await newOrganization(), await newOrganization()]
    const { code } = await enrolTotp(app, theirs.session.accessToken)
    expect(await codeOf(ours.asAdmin, ours.path(theirs.member.wire.member))).toEqual([
      404,
      'members.not_found',
    ])
    expect(await codeOf(ours.asAdmin, theirs.path(theirs.member.wire.member))).toEqual([
      404,
      'organizations.not_found',
    ])
    expect(await verdict(app, theirs.member.userId, { method: 'totp', code: code() })).toBe('right')
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Services } from '#platform/context'
import { createPasswords } from '#platform/passwords'
import { startApp, type TestApp } from '#test/app'
import { joinServices } from '../../../../services.ts'
import { grantPlatformRole, revokePlatformRole } from './grant-platform-role.ts'

let app: TestApp
let beside: Services
let close: () => Promise<void>

beforeAll(async () => {
  app = await startApp({ policy: 'business-manager' })
  const passwords = createPasswords({ threads: 1 })
  const { config, publicUrl, log } = app.services
  const joined = joinServices({
    config,
    publicUrl,
    log,
    masterKey: app.masterKey,
    db: app.ownerDb,
    passwords,
    now: app.clock.now,
  })
  beside = joined.services
  close = async () => {
    await joined.authenticator.close()
    await joined.audit.stop()
    await passwords.stop()
  }
})
afterAll(async () => {
  await close()
  await app.stop()
})

const grant = { email: 'root@example.com', role: 'super_admin', by: 'pat' }

describe('platform roles', () => {
  test('[BM-07] are given beside the application, to an account that is made for it, and recorded as the act of the operator', async () => {
    const before = await app.events()
    const { temporaryPassword, roles } = await grantPlatformRole(beside, grant)
    expect(roles).toEqual(['super_admin'])
    expect((await app.events()).slice(before.length)).toEqual([
      'identity.account_created',
      'members.added',
      'roles.changed',
    ])
    const login = { email: grant.email, password: temporaryPassword }
    expect((await app.request('POST', '/auth/login', { body: login })).body.status).toBe(
      'password_change_required',
    )
  })

  test('[BM-07] giving it twice is as good as once', async () => {
    const before = await app.events()
    expect(await grantPlatformRole(beside, grant)).toEqual({
      roles: ['super_admin'],
      temporaryPassword: undefined,
    })
    expect((await app.events()).slice(before.length)).toEqual([])
  })

  test('[BM-07] a role of tenants is none of the platform, and an account of a tenant has one role already', async () => {
    await expect(grantPlatformRole(beside, { ...grant, role: 'tenant_admin' })).rejects.toMatchObject({
      code: 'roles.unknown',
    })
    await app.member('farm', { email: 'farmer@example.com', roles: ['staff'] })
    const farmer = grantPlatformRole(beside, { ...grant, email: 'farmer@example.com' })
    await expect(farmer).rejects.toMatchObject({ code: 'members.account_exists' })
  })

  test("[BM-07] the server's own database role is refused it, whatever SQL it sends", async () => {
    const { rows } = await app.database.owner.query('select platform_organization() as id')
    const platform = rows[0].id as string
    const attempt = app.db.transaction(`org:${platform}`, (tx) =>
      tx
        .insertInto('userRoles')
        .values({
          organizationId: platform,
          id: crypto.randomUUID(),
          memberId: crypto.randomUUID(),
          userId: crypto.randomUUID(),
          role: 'super_admin',
          policyVersionId: crypto.randomUUID(),
          assignedBy: 'me',
          assignedAt: app.clock.now(),
        })
        .execute(),
    )
    await expect(attempt).rejects.toMatchObject({ code: '42501' })
  })

  test('[BM-07] a platform administrator cannot make another through the API', async () => {
    await app.platformMember({ email: 'second@example.com', role: 'super_admin' })
    const as = await app.signIn('second@example.com')
    const before = await app.events()
    for (const roles of [['super_admin'], ['tenant_admin'], ['staff']]) {
      const body = { email: 'third@example.com', roles }
      const answer = await app.request('POST', '/organizations/platform/members', { as, body })
      expect([403, 422]).toContain(answer.status)
    }
    const added = (await app.events()).slice(before.length)
    expect(added).not.toContain('members.added')
    expect(added).toContain('roles.assignment_refused')
  })

  test('are taken back at once: the next request has no standing', async () => {
    await app.platformMember({ email: 'leaver@example.com', role: 'super_admin' })
    const tokens = await app.signIn('leaver@example.com')
    expect((await app.request('GET', '/organizations', { as: tokens })).status).toBe(200)
    const before = await app.events()
    expect(await revokePlatformRole(beside, { ...grant, email: 'leaver@example.com' })).toEqual({ roles: [] })
    expect((await app.request('GET', '/organizations', { as: tokens })).status).toBe(401)
    expect((await app.events()).slice(before.length)).toEqual([
      'roles.changed',
      'sessions.ended',
      'members.deactivated',
    ])
    const again = revokePlatformRole(beside, { ...grant, email: 'leaver@example.com' })
    await expect(again).rejects.toMatchObject({ code: 'members.not_found' })
  })
})

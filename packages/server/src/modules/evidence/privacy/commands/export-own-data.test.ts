import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCtx } from '#platform/context'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { quickPolicy } from '#test/policies'
import { exportOwnData } from './export-own-data.ts'

let app: TestApp
let admin: TestMember
let ada: TestMember
let asAdmin: Tokens
let asAda: Tokens

beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('sales-agent').replace('membership: one', 'membership: many') })
  admin = await app.member('acme', { email: 'admin@acme.test', name: 'Agnes Admin', roles: ['admin'] })
  ada = await app.member('acme', { email: 'ada@acme.test', name: 'Ada', roles: ['user'] })
  await app.member('globex', { email: 'boss@globex.test', roles: ['admin'] })
  await app.member('globex', { email: ada.email, roles: ['manager'] })
  asAdmin = await app.signIn(admin.email)
  asAda = await app.signIn(ada.email, { organization: 'acme' })
})
afterAll(() => app.stop())

const own = (as: Tokens) => app.request('GET', '/me/export', { as })

describe('the export of one’s own data', () => {
  test('[SA-14] has the account, what it holds, and the events about it of every organization, in one document', async () => {
    await app.request('POST', '/me/consents', { as: asAda, body: { purpose: 'product-news' } })
    const path = `/organizations/acme/members/${ada.wire.member}`
    await app.request('PATCH', path, { as: asAdmin, body: { roles: ['manager'], name: undefined } })
    await app.request('GET', path, { as: asAdmin })
    const answer = await own(asAda)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-disposition']).toContain('attachment')
    const data = JSON.parse(answer.raw.body)
    expect(data).toMatchObject({
      format: 'writ-personal-data',
      version: 1,
      account: { id: ada.wire.user, email: ada.email, name: 'Ada' },
      consents: [{ purpose: 'product-news' }],
      secondFactors: { authenticators: [], passkeys: [] },
    })
    expect(data.sessions).toHaveLength(1)
    expect(
      data.memberships.map(({ organization }: { organization: { slug: string } }) => organization.slug),
    ).toEqual(['acme', 'globex'])
    const types = data.auditEvents.map(({ type }: { type: string }) => type)
    expect(types).toEqual(
      expect.arrayContaining(['sessions.signed_in', 'roles.changed', 'privacy.consent_given']),
    )
    expect(data.accessLog).toMatchObject([{ type: 'privacy.read', actor: { id: admin.wire.user } }])
    // Each organization of theirs has it in its log that they took it along.
    for (const slug of ['acme', 'globex']) expect(await app.events(slug)).toContain('privacy.exported')
  })

  test('has neither secrets nor clear values about others', async () => {
    // Where the administrator came from when they acted on Ada is not Ada's to know.
    const path = `/organizations/acme/members/${ada.wire.member}`
    await app.request('PATCH', path, {
      as: asAdmin,
      body: { roles: ['user'] },
      remoteAddress: '198.51.100.77',
      headers: { 'user-agent': 'Agnes-Browser/9' },
    })
    const { body } = (await own(asAda)).raw
    for (const secret of [
      '198.51.100.77',
      'Agnes',
      admin.email,
      'password_hash',
      'passwordHash',
      'secretHash',
      '$2',
    ])
      expect(body.includes(secret), secret).toBe(false)
    expect(body).not.toContain(asAda.refreshToken)
  })

  test('takes a fresh sign-in, and the policy’s leave', async () => {
    const { compiled } = await app.services.ports.policies.current()
    app.clock.advance(compiled.policy.sensitive.withinSeconds + 1)
    const stale = await own(asAda)
    expect(stale).toMatchObject({ status: 403, body: { reason: 'fresh_sign_in_required' } })
    const stepUp = { as: asAda, body: { password: ada.password } }
    expect((await app.request('POST', '/auth/step-up', stepUp)).status).toBe(200)
    expect((await own(asAda)).status).toBe(200)
    const strict = await startApp({
      policy: quickPolicy('sales-agent').replace('  export: true', '  export: false'),
    })
    const member = await strict.member('acme', { email: 'a@acme.test', roles: ['user'] })
    const answer = await strict.request('GET', '/me/export', { as: await strict.signIn(member.email) })
    expect(answer).toMatchObject({ status: 403, body: { code: 'privacy.export_off' } })
    await strict.stop()
  })

  test('[FT-AC-23] breaks off when its reader is deactivated meanwhile', async () => {
    const who = await app.member('acme', { email: 'leaver@acme.test', roles: ['user'] })
    const { accessToken } = await app.signIn(who.email)
    const principal = (await app.services.ports.principalOfBearer(accessToken, app.clock.now()))!
    const ctx = createCtx(app.services, {
      requestId: 'leaver',
      client: { ip: '', userAgent: '' },
      actor: principal.actor,
      organizationId: who.organizationId,
      principal,
      policy: principal.policy,
    })
    asAdmin = await app.signIn(admin.email)
    const reading = async () => {
      let first = true
      for await (const _piece of await exportOwnData(ctx)) {
        if (!first) continue
        first = false
        const path = `/organizations/acme/members/${who.wire.member}/deactivate`
        expect((await app.request('POST', path, { as: asAdmin })).status).toBe(200)
      }
    }
    await expect(reading()).rejects.toMatchObject({ code: 'unauthorized' })
  })
})

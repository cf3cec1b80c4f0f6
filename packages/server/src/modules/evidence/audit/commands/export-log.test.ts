import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCtx } from '#platform/context'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { exportLog } from './export-log.ts'

/** Enough for many pieces. */
const EVENTS = 700

let app: TestApp
let organizationId: string
let asOwner: Tokens

beforeAll(async () => {
  app = await startApp({ policy: 'business-manager' })
  const owner = await app.member('farm', { email: 'owner@farm.test', roles: ['tenant_admin'] })
  organizationId = owner.organizationId
  asOwner = await app.signIn(owner.email)
  const ctx = createCtx(app.services, {
    requestId: 'many',
    client: { ip: '', userAgent: '' },
    actor: { kind: 'system', name: 'test' },
    organizationId,
    policy: (await app.services.ports.policies.current()).compiled,
  })
  await Promise.all(
    Array.from({ length: EVENTS }, (_, i) =>
      app.audit.recordNow(ctx, { type: 'test.happened', data: { i, padding: 'x'.repeat(1_000) } }),
    ),
  )
  await app.audit.settle()
})
afterAll(() => app.stop())

const path = (who: TestMember) => `/organizations/farm/members/${who.wire.member}`

/** Somebody who may export, with the context of their request. */
async function exporter(name: string) {
  const member = await app.member('farm', { email: `${name}@farm.test`, roles: ['tenant_admin'] })
  const { accessToken } = await app.signIn(member.email)
  const principal = (await app.services.ports.principalOfBearer(accessToken, app.clock.now()))!
  const ctx = createCtx(app.services, {
    requestId: name,
    client: { ip: '', userAgent: '' },
    actor: principal.actor,
    organizationId,
    principal,
    policy: principal.policy,
  })
  return { member, ctx, accessToken }
}

describe('an export that is being read', () => {
  // The attack: begin a download, read it slowly, and have the rest after one was let go.
  test.each([
    [
      'is deactivated',
      'unauthorized',
      (who: TestMember) => ['POST', `${path(who)}/deactivate`, undefined] as const,
    ],
    ['is demoted', 'forbidden', (who: TestMember) => ['PATCH', path(who), { roles: ['staff'] }] as const],
    [
      'has their privileges suspended',
      'forbidden',
      (who: TestMember) => ['POST', `${path(who)}/suspend-privileges`, { reason: 'Review' }] as const,
    ],
    [
      'is let go',
      'unauthorized',
      (who: TestMember) =>
        ['POST', `${path(who)}/leave-date`, { date: '2026-03-02', occasion: 'termination' }] as const,
    ],
  ])('[FT-AC-23] is cut off when its reader %s', async (what, code, act) => {
    const { member, ctx } = await exporter(what.replaceAll(' ', '-'))
    const pieces: Buffer[] = []
    const reading = async () => {
      for await (const piece of await exportLog(ctx, {})) {
        pieces.push(piece as Buffer)
        if (pieces.length > 1) continue
        const [method, address, body] = act(member)
        const answer = await app.request(method, address, { as: asOwner, ...(body ? { body } : {}) })
        expect(answer.status).toBe(200)
      }
    }
    await expect(reading()).rejects.toMatchObject({ code })
    // What was on its way already, and no more.
    expect(pieces.length).toBeLessThanOrEqual(3)
    expect(Buffer.concat(pieces).toString()).not.toContain('"end"')
  })

  test('goes on to its end while the reader’s sign-in grows stale', async () => {
    const { ctx } = await exporter('patient')
    const pieces: Buffer[] = []
    for await (const piece of await exportLog(ctx, {})) {
      pieces.push(piece as Buffer)
      if (pieces.length === 1) app.clock.advance(3_600)
    }
    expect(pieces.length).toBeGreaterThan(5)
    const lines = Buffer.concat(pieces).toString().trimEnd().split('\n')
    expect(lines.at(-1)).toContain('end')
  })
})

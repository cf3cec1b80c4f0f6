import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp, type TestApp } from '#test/app'
import { verifyLog } from '../log/verify.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.stop())

test('reaches what the platform logged of failed sign-ins, also when the account is gone, and nothing else there', async () => {
  const asAdmin = await app.signIn(
    (await app.member('acme', { email: 'admin@acme.example', roles: ['admin'] })).email,
  )
  const asStranger = await app.signIn(
    (await app.member('other', { email: 'admin@other.example', roles: ['admin'] })).email,
  )
  const [gone, other] = [
    await app.member('acme', { email: 'Gone@acme.example', roles: ['user'] }),
    await app.member('other', { email: 'stays@other.example', roles: ['user'] }),
  ]
  const fail = async (email: string) =>
    expect(
      (await app.request('POST', '/auth/login', { body: { email, password: 'Wrong-Harbour-1' } })).status,
    ).toBe(401)
  for (const [member, as] of [
    [gone, asAdmin],
    [other, asStranger],
  ] as const) {
    await fail(member.email)
    const path = `/organizations/${member.organization}/members/${member.wire.member}?acknowledge=history-stays`
    expect((await app.request('DELETE', path, { as })).status).toBe(204)
    await fail(member.email)
  }
  expect(await platformValues()).toEqual(['Gone@acme.example', 'stays@other.example'])

  // The threat: an administrator wipes what the log has of a person of another organization.
  const erase = (user: string) =>
    app.request('POST', '/organizations/acme/audit/erasures', { as: asAdmin, body: { user } })
  expect((await erase(other.wire.user)).body).toEqual({ events: 0 })
  expect(await platformValues()).toHaveLength(2)

  expect((await erase(gone.wire.user)).body.events).toBeGreaterThan(2)
  expect(await platformValues()).toEqual(['stays@other.example'])
  expect((await app.events()).at(-1)).toBe('audit.personal_erased')
  expect((await erase(gone.wire.user)).body).toEqual({ events: 0 })
  const platform = await app.organization('platform')
  await app.audit.settle()
  expect(await verifyLog(app.db, platform.id)).toEqual([])
})

/** Addresses that stand in clear in the platform's log, each with the address it was tried from. */
async function platformValues(): Promise<string[]> {
  const { id } = await app.organization('platform')
  const { rows } = await app.ownerDb.transaction(`org:${id}`, (tx) =>
    sql<{ email: string; ip: string }>`
      select p.facts #>> '{email,value}' as email, p.facts #>> '{ip,value}' as ip
      from audit_personal p join audit_events e on e.organization_id = p.organization_id and e.id = p.event_id
      where e.type = 'sessions.sign_in_failed'`.execute(tx),
  )
  for (const { ip } of rows) expect(ip).toBe('127.0.0.1')
  return rows.map(({ email }) => email).sort()
}

/** What happens is in the log, with who, when, where from, on what, and what changed. */
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, PASSWORD, type RequestOptions, type TestMember, type Tokens } from './support/app.ts'
import {
  changing,
  createStage,
  type Driven,
  drive,
  mutations,
  type Stage,
  USER_AGENT,
} from './support/mutations.ts'
import { nameOf } from './support/routes.ts'

let stage: Stage

beforeAll(async () => {
  stage = await createStage()
})
afterAll(() => stage.stop())

describe('a day at acme', () => {
  const WHERE = { ip: '203.0.113.5', userAgent: 'Browser/1.0' }
  let admin: TestMember
  let ada: TestMember
  let asAdmin: Tokens

  beforeAll(async () => {
    admin = await stage.app.member('acme', { email: 'admin@acme.test', roles: ['admin'] })
    ada = await stage.app.member('acme', { email: 'ada@acme.test', roles: ['user'] })
    asAdmin = await stage.app.signIn(admin.email)
  })

  /** A request of somebody at WHERE. */
  const ask = (method: string, path: string, { headers, ...rest }: RequestOptions = {}) =>
    stage.app.request(method, path, {
      ...rest,
      remoteAddress: WHERE.ip,
      headers: { 'user-agent': WHERE.userAgent, ...headers },
    })
  const signIn = async (password = PASSWORD) => {
    const answer = await ask('POST', '/auth/login', { body: { email: ada.email, password } })
    return {
      ...answer.body,
      cookie: answer.raw.cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
    }
  }
  const members = (rest: string) => `/organizations/acme/members/${rest}`

  /** The newest event of a type, as an auditor reads it. */
  async function logged(type: string) {
    const answer = await stage.app.request('GET', `/organizations/acme/audit/events?type=${type}&limit=1`, {
      as: asAdmin,
    })
    expect(answer.body.items, type).toHaveLength(1)
    return answer.body.items[0]
  }

  test('[PS-17] sign-ins with who and from where, failures and refusals with their reason, privileges old and new, sessions made, rotated and ended', async () => {
    const at = stage.app.clock.now().toISOString()
    const asAda = await signIn()
    const { session } = (await logged('sessions.signed_in')).actor
    const self = { kind: 'user', id: ada.wire.user, member: ada.wire.member, session }
    expect(session).toMatch(/^ses_/)
    expect(await logged('sessions.signed_in')).toMatchObject({
      ...{ at, outcome: 'success', actor: self, client: WHERE, target: { type: 'session', id: session } },
    })

    expect((await signIn('Wrong-Harbour-1')).code).toBe('sessions.invalid_credentials')
    expect(await logged('sessions.sign_in_failed')).toMatchObject({
      ...{ at, outcome: 'failure', reason: 'wrong_password', client: WHERE },
      ...{ target: { type: 'user', id: ada.wire.user }, personal: { email: ada.email } },
    })

    const denied = await ask('DELETE', members(admin.wire.member), { as: asAda })
    expect(denied.status).toBe(403)
    expect(await logged('decisions.denied')).toMatchObject({
      ...{ at, outcome: 'denied', reason: denied.body.reason, actor: self, client: WHERE },
      ...{ target: { type: 'members', id: admin.wire.member }, data: { permission: 'delete:members' } },
    })

    const headers = { cookie: asAda.cookie, origin: ORIGIN }
    expect((await ask('POST', '/auth/step-up', { headers, body: { password: PASSWORD } })).status).toBe(200)
    expect(await logged('sessions.rotated')).toMatchObject({
      ...{ at, actor: self, client: WHERE, reason: 'step_up', target: { type: 'session', id: session } },
    })
    expect((await ask('POST', '/auth/logout', { as: asAda })).status).toBe(204)
    expect(await logged('sessions.ended')).toMatchObject({
      ...{ at, actor: self, client: WHERE, reason: 'sign_out', target: { type: 'session', id: session } },
    })

    await ask('PATCH', members(ada.wire.member), { as: asAdmin, body: { roles: ['manager'] } })
    expect(await logged('roles.changed')).toMatchObject({
      ...{
        at,
        actor: { id: admin.wire.user },
        client: WHERE,
        target: { type: 'member', id: ada.wire.member },
      },
      ...{ before: { roles: ['user'] }, after: { roles: ['manager'] } },
    })
  })

  test('[SA-10] attempts to sign in, roles and with them permissions given and taken, changes of accounts, refreshes of tokens', async () => {
    const before = (await stage.app.events('acme')).length
    const member = ada.wire.member
    const asAda = await signIn()
    await signIn('Wrong-Harbour-1')
    await ask('POST', '/auth/refresh', { body: { refreshToken: asAda.refreshToken } })
    stage.app.clock.advance(60)
    await ask('POST', '/auth/refresh', { body: { refreshToken: asAda.refreshToken } })
    for (const role of ['admin', 'user'])
      await ask('PATCH', members(member), { as: asAdmin, body: { roles: [role] } })
    await ask('PATCH', '/me', {
      as: await signIn().then(({ accessToken }) => accessToken),
      body: { name: 'Ada B' },
    })
    for (const action of ['reset-password', 'deactivate', 'reactivate'])
      expect((await ask('POST', members(`${member}/${action}`), { as: asAdmin })).status).toBeLessThan(300)
    await ask('DELETE', members(`${member}?acknowledge=history-stays`), { as: asAdmin })

    expect((await stage.app.events('acme')).slice(before)).toEqual([
      ...['sessions.signed_in', 'sessions.sign_in_failed', 'sessions.refreshed'],
      // The token had been spent: whoever has it, its session ends.
      ...['sessions.refresh_reused', 'sessions.ended'],
      ...['roles.changed', 'roles.changed'],
      ...['sessions.signed_in', 'identity.profile_changed'],
      ...['identity.password_reset', 'sessions.ended'],
      ...['members.deactivated', 'identity.account_deactivated'],
      ...['members.reactivated', 'identity.account_reactivated'],
      ...['roles.ended', 'identity.account_deleted', 'members.deleted'],
    ])
  })
})

describe('every route that changes something', () => {
  test.each(changing.map((route) => [nameOf(route), route] as const))(
    '[FT-AC-21] [FT-OM-15] leaves who, where, when, what, on what, from where and what changed: %s',
    async (name, route) => {
      const driven = await drive(stage, route)
      const { answer, app, organizationId, by } = driven
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
      const events = await eventsOf(driven)
      const { event, states } = mutations[name]!
      expect(events.map(({ leaf }) => leaf.type)).toContain(event)
      for (const { leaf, personal } of events) {
        expect(leaf, leaf.type).toMatchObject({
          organization: organizationId,
          at: app.clock.now().toISOString(),
          outcome: 'success',
          target: { type: expect.stringMatching(/./), id: expect.stringMatching(/./) },
          requestId: answer.headers['x-request-id'],
        })
        // Who chooses a new password for a temporary one is not signed in yet, and is the target.
        expect([leaf.actor.id, leaf.target.id], leaf.type).toContain(by)
        expect(personal, leaf.type).toMatchObject({ ip: '127.0.0.1', userAgent: USER_AGENT })
      }
      const own = events.find(({ leaf }) => leaf.type === event)!
      for (const state of ['before', 'after'] as const)
        expect(state in own.leaf, `${event} has ${state}`).toBe(states.includes(state))
      if (app !== stage.app && app !== stage.platform) await app.stop()
    },
  )

  test('has an entry in support/mutations.ts, and every entry a route', () => {
    expect(Object.keys(mutations).sort()).toEqual(changing.map(nameOf).sort())
  })
})

/** What a request left in the log of its organization, with the clear values. */
async function eventsOf({ answer, app, organizationId: id }: Driven) {
  const requestId = answer.headers['x-request-id']
  const { rows } = await app.ownerDb.transaction(`org:${id}`, (tx) =>
    sql<{ leaf: string; personal: Record<string, { value: unknown }> | null }>`
      select e.leaf, (
        select json_object_agg(f.key, f.value) from audit_personal p, jsonb_each(p.facts) f
        where p.organization_id = e.organization_id and p.event_id = e.id) as personal
      from audit_events e where e.organization_id = ${id} and e.request_id = ${requestId} order by e.id`.execute(
      tx,
    ),
  )
  return rows.map(({ leaf, personal }) => ({
    leaf: JSON.parse(leaf),
    personal: Object.fromEntries(Object.entries(personal ?? {}).map(([field, { value }]) => [field, value])),
  }))
}

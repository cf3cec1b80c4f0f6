import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { quickPolicy } from '#test/policies'

let app: TestApp
let slug: string
let admin: TestMember
let ada: TestMember
let asAdmin: Tokens
let asAda: Tokens
let count = 0

beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('sales-agent') })
})
afterAll(() => app.stop())

beforeEach(async () => {
  slug = `acme-${++count}`
  admin = await app.member(slug, { email: `admin@${slug}.test`, name: 'Agnes', roles: ['admin'] })
  ada = await app.member(slug, { email: `ada@${slug}.test`, roles: ['user'] })
  asAdmin = await app.signIn(admin.email)
  asAda = await app.signIn(ada.email)
})

const look = (path: string) => app.request('GET', `/organizations/${slug}${path}`, { as: asAdmin })
const log = async (query = '') => (await app.request('GET', `/me/access-log${query}`, { as: asAda })).body
const whats = async () => (await log()).items.map(({ what }: { what: string }) => what)

describe('who looked', () => {
  test('[SA-14] at a person is seen by that person: who, when and what', async () => {
    await look(`/members/${ada.wire.member}`)
    expect((await log()).items).toMatchObject([
      {
        at: app.clock.now().toISOString(),
        what: 'member',
        reader: { kind: 'user', id: admin.wire.user, name: 'Agnes' },
      },
    ])
    await look(`/members/${ada.wire.member}/sessions`)
    await look(`/audit/events?target=${ada.wire.member}`)
    await look(`/audit/events?actor=${ada.wire.user}`)
    await look('/members')
    expect(await whats()).toEqual(['members', 'audit_events', 'sessions', 'member'])
    expect((await log()).items[0].count).toBe(2)
  })

  test('is noted once an hour for each reader, person and kind of data', async () => {
    for (let i = 0; i < 5; i++) await look(`/members/${ada.wire.member}`)
    expect(await whats()).toEqual(['member'])
    app.clock.advance(3_600)
    asAdmin = await app.signIn(admin.email)
    asAda = await app.signIn(ada.email)
    await look(`/members/${ada.wire.member}`)
    expect(await whats()).toEqual(['member', 'member'])
  })

  test('is read page by page', async () => {
    await look(`/members/${ada.wire.member}`)
    await look(`/members/${ada.wire.member}/sessions`)
    await look('/members')
    const first = await log('?limit=2')
    expect(first.items).toHaveLength(2)
    const second = await log(`?limit=2&cursor=${first.nextCursor ?? first.next}`)
    expect(second.items.map(({ what }: { what: string }) => what)).toEqual(['member'])
  })

  test('at oneself is nobody’s to note, nor what was refused or found nobody', async () => {
    await app.request('GET', `/organizations/${slug}/members/${ada.wire.member}`, { as: asAda })
    await look(`/members/${admin.wire.member}`)
    await look('/members/mem_00000000000000000000000000')
    const { id } = await app.organization(slug)
    const noted = await app.ownerDb.transaction(`org:${id}`, (tx) =>
      sql`select from audit_events where organization_id = ${id} and type like 'privacy.%'`.execute(tx),
    )
    expect(noted.rows).toHaveLength(0)
    expect(await whats()).toEqual([])
  })

  test('of another organization, or before one came, is not shown', async () => {
    await look('/members')
    app.clock.advance(1)
    const late = await app.member(slug, { email: `late@${slug}.test`, roles: ['user'] })
    const as = await app.signIn(late.email)
    expect((await app.request('GET', '/me/access-log', { as })).body.items).toEqual([])
  })
})

describe('clear values in the log', () => {
  test('[SA-14] end when the policy says, in every log, and no proof changes', async () => {
    const clear = async () => {
      const { id } = await app.organization(slug)
      const { rows } = await app.ownerDb.transaction(`org:${id}`, (tx) =>
        sql<{ n: number }>`select count(*) as n from audit_personal where organization_id = ${id}`.execute(
          tx,
        ),
      )
      return Number(rows[0]!.n)
    }
    expect(await clear()).toBeGreaterThan(0)
    await app.jobs.runOnce()
    expect(await clear()).toBeGreaterThan(0)
    const { compiled } = await app.services.ports.policies.current()
    app.clock.advance(compiled.policy.audit.personalSeconds! + 1)
    await Promise.all([app.jobs.runOnce(), (await app.sibling()).jobs.runOnce()])
    expect(await clear()).toBe(0)
    expect(await app.events(slug)).toContain('privacy.expired')
    asAdmin = await app.signIn(admin.email)
    const signedIn = await look(`/audit/events?type=sessions.signed_in&actor=${admin.wire.user}`)
    // The newest is of now and in clear; the one before it says that something was erased.
    expect(signedIn.body.items[0].erased).toEqual([])
    expect(signedIn.body.items[1].erased).toEqual(expect.arrayContaining(['ip']))
  })
})

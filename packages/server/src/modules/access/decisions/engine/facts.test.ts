import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createPool, Database } from '#platform/database'
import { newId, type Uuid } from '#platform/ids'
import { installContextKey } from '#platform/secrets'
import { freshDatabase, type TestDatabase } from '#test/database'
import { type FactsQuestion, FactsReader } from './facts.ts'

const NOW = new Date('2026-03-02T09:00:00Z')
const master = randomBytes(32)
const nothing = { organization: null, user: null, address: null, type: null, resource: null }

let database: TestDatabase
let db: Database
let owner: Database
let reader: FactsReader
const ids: Record<string, Uuid> = {}

beforeAll(async () => {
  database = await freshDatabase()
  const open = (url: string) =>
    new Database(
      { transactions: createPool(url, { max: 2 }), statements: createPool(url, { max: 2 }) },
      master,
    )
  db = open(database.appUrl)
  owner = open(database.ownerUrl)
  const client = await database.owner.connect()
  await installContextKey(client, master, NOW)
  client.release()
  await database.owner.query(
    `insert into policy_versions (id, number, sha256, name, version, source, author, reason, changes, applied_at)
     values ($1, 1, '', 'p', '1', '', '', '', '{}', $2)`,
    [newId(NOW), NOW],
  )
  for (const [slug, kind] of [
    ['platform', 'platform'],
    ['acme', 'organization'],
    ['globex', 'organization'],
  ] as const) {
    await seed(slug, kind)
  }
  reader = new FactsReader(db)
})

afterAll(async () => {
  await Promise.all([db.close(), owner.close()])
  await database.drop()
})

/** An organization with one member, called after it, and one registered order. */
async function seed(slug: string, kind: string) {
  const [organizationId, userId, memberId] = [newId(NOW), newId(NOW), newId(NOW)]
  ids[slug] = organizationId
  ids[`user of ${slug}`] = userId
  const at = { createdAt: NOW, updatedAt: NOW }
  const policyVersionId = (await database.owner.query('select id from policy_versions')).rows[0].id
  await owner.transaction(`org:${organizationId}`, async (tx) => {
    await tx
      .insertInto('organizations')
      .values({ id: organizationId, kind, slug, name: slug, ...at })
      .execute()
    const email = `one@${slug}.test`
    await tx
      .insertInto('users')
      .values({ id: userId, email, emailKey: email, ...at })
      .execute()
    await tx.insertInto('members').values({ organizationId, id: memberId, userId, createdAt: NOW }).execute()
    const given = { policyVersionId, assignedBy: 'operator:test', assignedAt: NOW }
    await tx
      .insertInto('userRoles')
      .values({ organizationId, id: newId(NOW), memberId, userId, role: `role of ${slug}`, ...given })
      .execute()
    await tx
      .insertInto('resources')
      .values({ organizationId, type: 'orders', id: '1', attributes: `{"owner":"${slug}"}`, updatedAt: NOW })
      .execute()
  })
}

const ask = (scope: string, about: Partial<FactsQuestion> = {}) =>
  reader.ask({ ...nothing, scope: ids[scope]!, ...about })

describe('facts', () => {
  test("an organization reads its own members' standing and its own resources", async () => {
    const row = await ask('acme', { user: ids['user of acme']!, type: 'orders', resource: '1' })
    expect(row).toMatchObject({
      elsewhere: null,
      user_id: ids['user of acme'],
      membership_active: true,
      registered: true,
      attributes: { owner: 'acme' },
    })
    expect(row?.assignments?.map(([, role]) => role)).toEqual(['role of acme'])
    expect((await ask('acme', { address: 'one@acme.test' }))?.user_id).toBe(ids['user of acme'])
  })

  test("[FT-OM-17] under an organization's scope another organization, its members and its resources do not exist", async () => {
    expect(await ask('acme', { organization: 'globex' })).toBeUndefined()
    expect(await ask('acme', { organization: ids['globex']! })).toBeUndefined()
    expect(await ask('acme', { organization: 'platform' })).toBeUndefined()
    expect(await ask('acme', { user: ids['user of globex']! })).toMatchObject({
      elsewhere: null,
      user_id: null,
      assignments: null,
    })
    expect((await ask('acme', { address: 'one@globex.test' }))?.user_id).toBeNull()
    await owner.transaction(`org:${ids['globex']}`, (tx) =>
      tx
        .insertInto('resources')
        .values({ organizationId: ids['globex']!, type: 'orders', id: 'theirs', updatedAt: NOW })
        .execute(),
    )
    expect(await ask('acme', { type: 'orders', resource: 'theirs' })).toMatchObject({ registered: false })
    expect(await ask('globex', { type: 'orders', resource: 'theirs' })).toMatchObject({ registered: true })
  })

  test('the platform reads any organization by slug and by id, and answers keep the order of the questions', async () => {
    const rows = await Promise.all([
      ask('platform', { organization: 'globex', user: ids['user of globex']! }),
      ask('platform', { organization: 'nowhere' }),
      ask('platform', { organization: ids['acme']!, type: 'orders', resource: '1' }),
      ask('acme'),
    ])
    expect(rows.map((row) => row && (row.elsewhere?.slug ?? 'its own'))).toEqual([
      'globex',
      undefined,
      'acme',
      'its own',
    ])
    expect(rows[2]?.attributes).toEqual({ owner: 'acme' })
  })

  test("the platform's staff have their platform membership's standing in an organization", async () => {
    const row = await ask('acme', { user: ids['user of platform']! })
    expect(row).toMatchObject({ elsewhere: null, member_organization_id: ids['platform'] })
    expect(row?.assignments?.map(([, role]) => role)).toEqual(['role of platform'])
  })

  test('a scope that the server did not sign sees nothing, whatever SQL is sent', async () => {
    const forged = db.sign(`org:${ids['acme']}`).replace(ids['acme']!, ids['globex']!)
    const foreign = db.sign(`account:${ids['user of globex']}`)
    for (const context of [forged, foreign, `org:${ids['globex']}`, '']) {
      const facts = await database.app.query('select * from decision_facts($1, $2, $3, $4, $5, $6, $7)', [
        [context],
        [1],
        [null],
        [null],
        [null],
        [null],
        [null],
      ])
      expect(facts.rowCount).toBe(0)
      const subjects = await database.app.query('select * from decision_subjects($1, $2, true, null, 10)', [
        context,
        ids['globex'],
      ])
      expect(subjects.rowCount).toBe(0)
    }
    const other = await database.app.query('select * from decision_subjects($1, $2, true, null, 10)', [
      db.sign(`org:${ids['acme']}`),
      ids['globex'],
    ])
    expect(other.rowCount).toBe(0)
  })

  test('one statement answers all questions of a tick, and answers the same question once', async () => {
    const prepared = vi.spyOn(db, 'prepared')
    const questions = [
      { user: ids['user of acme']! },
      { address: 'one@acme.test' },
      {},
      { type: 'orders', resource: '1' },
    ]
    const rows = await Promise.all(Array.from({ length: 48 }, (_, i) => ask('acme', questions[i % 4])))
    expect(prepared).toHaveBeenCalledTimes(1)
    expect(prepared.mock.calls[0]?.[2][1]).toBe('{1,1,1,1}')
    expect(rows.map((row) => [row?.user_id ?? null, row?.registered])).toEqual(
      rows.map((_, i) => [i % 4 < 2 ? ids['user of acme'] : null, i % 4 === 3]),
    )
    expect(await ask('acme', questions[0])).not.toBe(rows[0])
    expect(prepared).toHaveBeenCalledTimes(2)
    prepared.mockRestore()
  })
})

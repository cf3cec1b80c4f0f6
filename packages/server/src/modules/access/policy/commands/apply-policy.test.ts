import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { openOperatorDatabase } from '../../../../services.ts'
import { applyPolicy, currentPolicy, PolicyRefused } from './apply-policy.ts'

const shop = (change = '') => `
writ: 1
name: shop
title: Access Control Policy
version: "1.0"
owner: Owner
languages: [en, he]
organizations: { ownerRole: admin, membership: many, rolesPerMember: many, maySet: [authentication.session] }
resources:
  leads: [read, write, delete]
roles:
  admin: { allow: ["*:*"], assign: ["*"] }
  manager:
    inherits: [user]
    allow: [write:leads, read:members, read:roles]
    deny: [delete:leads]
  user:
    default: true
    allow: [read:leads, read:policy]
${change}`

let app: TestApp
let admin: TestMember
let asAdmin: Tokens
let operator: ReturnType<typeof openOperatorDatabase>

const apply = (source: string) =>
  applyPolicy(operator, { source, file: 'shop.policy.yaml', author: 'operator:pat', reason: 'a test' })

beforeAll(async () => {
  app = await startApp({ policy: shop() })
  admin = await app.member('acme', { email: 'ada@example.com', roles: ['admin'] })
  await app.member('acme', { email: 'max@example.com', roles: ['manager', 'user'] })
  asAdmin = await app.signIn(admin.email)
  operator = openOperatorDatabase({
    ownerUrl: app.database.ownerUrl,
    masterKey: app.masterKey,
    now: app.clock.now,
  })
})
afterAll(async () => {
  await operator.db.close()
  await app.stop()
})

describe('apply policy', () => {
  test('[SA-15] roles, permissions and what each role may do stand in tables, inheritance and wildcards expanded', async () => {
    const { rows } = await app.database.owner.query(`
      select r.name, p.effect, count(*)::int as permissions from roles r
      join role_permissions p on p.policy_version_id = r.policy_version_id and p.role = r.name
      join permissions d on d.policy_version_id = p.policy_version_id and d.name = p.permission
      where d.resource = 'leads' group by r.rank, r.name, p.effect order by r.rank, p.effect`)
    expect(rows).toEqual([
      { name: 'admin', effect: 'allow', permissions: 3 },
      { name: 'manager', effect: 'allow', permissions: 2 },
      { name: 'manager', effect: 'deny', permissions: 1 },
      { name: 'user', effect: 'allow', permissions: 1 },
    ])
    const { rows: held } = await app.database.app.query('select 1 from user_roles')
    expect(held).toEqual([])
    const seen = await app.db.transaction(`org:${admin.organizationId}`, (tx) =>
      tx
        .selectFrom('userRoles')
        .innerJoin('users', 'users.id', 'userRoles.userId')
        .select(['email', 'role'])
        .orderBy('role')
        .execute(),
    )
    expect(seen).toEqual([
      { email: 'ada@example.com', role: 'admin' },
      { email: 'max@example.com', role: 'manager' },
      { email: 'max@example.com', role: 'user' },
    ])
  })

  test('the very file that is in force changes nothing', async () => {
    const before = await app.events()
    expect(await apply(shop())).toMatchObject({ changed: false, number: 1 })
    expect(await app.events()).toEqual(before)
  })

  test('a file that is wrong is refused with every problem and its place', async () => {
    const before = await app.events()
    const wrong = shop()
      .replace('ownerRole: admin', 'ownerRole: amdin')
      .replace('inherits: [user]', 'inherits: [usr]')
    const refused = await apply(wrong).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(PolicyRefused)
    expect((refused as PolicyRefused).problems).toEqual([
      expect.stringMatching(/^shop\.policy\.yaml:8:\d+ organizations\.ownerRole: Unknown role "amdin"/),
      expect.stringMatching(/^shop\.policy\.yaml:14:\d+ roles\.manager\.inherits/),
    ])
    expect((await currentPolicy(operator))?.number).toBe(1)
    expect(await app.events()).toEqual(before)
  })

  test('a role that somebody holds cannot vanish, nor an organization lose its owners', async () => {
    const without = shop().replace(/ {2}manager:[\s\S]*?deny.*\n/, '')
    await expect(apply(without)).rejects.toMatchObject({
      problems: [expect.stringMatching(/^roles\.manager is missing: 1 member holds it/)],
    })
    const otherOwner = shop()
      .replace('roles:\n', 'roles:\n  boss: { allow: ["*:*"], assign: ["*"] }\n')
      .replace('ownerRole: admin', 'ownerRole: boss')
    await expect(apply(otherOwner)).rejects.toMatchObject({
      problems: [
        'organizations.ownerRole: 1 organization has no active boss. Make a member boss there first.',
      ],
    })
    expect((await currentPolicy(operator))?.number).toBe(1)
  })

  test('of 5 applications at once of one file one is stored', async () => {
    const before = (await currentPolicy(operator))!.number
    const answers = await Promise.all(Array.from({ length: 5 }, () => apply(shop('# more\n'))))
    expect(answers.filter(({ changed }) => changed)).toHaveLength(1)
    expect((await currentPolicy(operator))!.number).toBe(before + 1)
  })

  test('[FT-AC-11] a new version holds from the next request on; an assignment keeps the definition it was given under', async () => {
    const max = await app.signIn('max@example.com')
    const members = await app.request('GET', '/organizations/acme/members', { as: max })
    expect(members.status).toBe(200)
    const memberId = members.body.items.find((item: { email: string }) => item.email === 'max@example.com').id
    const versions = (await app.request('GET', '/policy/versions', { as: asAdmin })).body.items.length
    const before = await app.events()
    const applied = await apply(shop().replace(', read:members', ''))
    expect((await app.events()).slice(before.length)).toEqual(['policy.applied'])
    expect(applied.changes.map((change) => change.sentence)).toContain('manager may no longer read:members.')
    expect((await app.request('GET', '/organizations/acme/members', { as: max })).status).toBe(403)

    const history = await app.request('GET', `/organizations/acme/members/${memberId}/assignments`, {
      as: asAdmin,
    })
    const manager = history.body.items.find((item: { role: string }) => item.role === 'manager')
    expect(manager.policyVersion.number).toBe(1)
    expect(manager.definition.permissions).toContainEqual({
      permission: 'read:members',
      effect: 'allow',
      condition: null,
    })
    const past = await app.request('GET', `/policy/versions/${manager.policyVersion.id}`, { as: asAdmin })
    expect(past.body).toMatchObject({ number: 1, source: shop(), author: 'operator:test' })
    const list = await app.request('GET', '/policy/versions?limit=1', { as: asAdmin })
    expect(list.body.items).toMatchObject([
      { number: applied.number, author: 'operator:pat', reason: 'a test' },
    ])
    expect((await app.request('GET', '/policy/versions', { as: asAdmin })).body.items).toHaveLength(
      versions + 1,
    )
    expect(
      (await app.request('GET', `/policy/versions?limit=1&cursor=${list.body.nextCursor}`, { as: asAdmin }))
        .body.items[0].number,
    ).toBe(applied.number - 1)
  })

  test('[FT-AC-11] the document of any version is rendered in the languages it is written in', async () => {
    const current = await app.request('GET', '/policy?format=md', { as: asAdmin })
    expect(current.headers['content-type']).toBe('text/markdown; charset=utf-8')
    expect(current.raw.body).toContain('# Access Control Policy')
    const hebrew = await app.request('GET', '/policy?format=html&language=he', { as: asAdmin })
    expect(hebrew.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(hebrew.raw.body).toContain('dir="rtl"')
    expect((await app.request('GET', '/policy?format=md&language=fr', { as: asAdmin })).status).toBe(422)
    const { body } = await app.request('GET', '/policy/versions', { as: asAdmin })
    const first = body.items.at(-1)
    const past = await app.request('GET', `/policy/versions/${first.id}?format=md`, { as: asAdmin })
    expect(past.raw.body).toContain('# Access Control Policy')
    const missing = await app.request(
      'GET',
      `/policy/versions/${first.id.replace(/.$/, (c: string) => (c === '0' ? '1' : '0'))}`,
      { as: asAdmin },
    )
    expect(missing).toMatchObject({ status: 404, body: { code: 'policy.not_found' } })
  })

  test('[SA-05] roles are listed by rank with their permissions, who may give each, and how many hold it', async () => {
    const { body } = await app.request('GET', '/organizations/acme/roles', { as: asAdmin })
    expect(body.items.map((role: { name: string; rank: number }) => [role.name, role.rank])).toEqual([
      ['admin', 0],
      ['manager', 1],
      ['user', 2],
    ])
    expect(body.items[1]).toMatchObject({
      inherits: ['user'],
      assignedBy: ['admin'],
      holders: 1,
      isOwner: false,
    })
    expect(body.items[1].permissions).toContainEqual({
      permission: 'read:leads',
      effect: 'allow',
      condition: null,
    })
    expect(body.items[1].permissions).toContainEqual({
      permission: 'delete:leads',
      effect: 'deny',
      condition: null,
    })
    const permissions = await app.request('GET', '/organizations/acme/permissions', { as: asAdmin })
    expect(permissions.body.items).toContainEqual({
      name: 'write:leads',
      action: 'write',
      resource: 'leads',
      scope: 'organization',
      sensitive: false,
      description: null,
    })
  })

  test('[SA-05] a member may hold several roles and has the permissions of all', async () => {
    const { body } = await app.request('GET', '/organizations/acme/members?role=manager', { as: asAdmin })
    expect(body.items).toMatchObject([{ email: 'max@example.com', roles: ['manager', 'user'] }])
  })
})

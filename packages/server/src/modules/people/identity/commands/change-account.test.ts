import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Actor, type Ctx, createCtx, type Tx } from '#platform/context'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { quickPolicy } from '#test/policies'
import {
  createUser,
  deactivateAccount,
  deleteAccount,
  findAccountByAddress,
  makeTemporaryPassword,
  reactivateAccount,
  resetPassword,
} from '../index.ts'

let app: TestApp
beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('flask-track') })
})
afterAll(() => app.stop())

/** An organization acting on its own accounts: what its commands do after they have authorized. */
async function ctxOf(slug: string, actor: Actor = { kind: 'anonymous' }): Promise<Ctx> {
  const { id } = await app.organization(slug)
  const { compiled } = await app.services.ports.policies.current()
  return createCtx(app.services, {
    requestId: 'test',
    client: { ip: '', userAgent: '' },
    actor,
    organizationId: id,
    policy: compiled,
  })
}

async function as<T>(ctx: Ctx, work: (ctx: Ctx, tx: Tx) => Promise<T>): Promise<T> {
  return ctx.tx((tx) => work(ctx, tx))
}

const operator: Actor = { kind: 'operator', name: 'test' }
const isAlive = async (tokens: Tokens) => (await app.request('GET', '/me', { as: tokens })).status === 200

let number = 0
async function newMember(): Promise<TestMember> {
  number++
  return app.member(`lab-${number}`, { email: `person-${number}@example.com`, roles: ['viewer'] })
}

describe('an account that belongs to one organization', () => {
  test('gets a temporary password, which ends its sessions and lifts a lock', async () => {
    const { organization, email, userId } = await newMember()
    const tokens = await app.signIn(email)
    for (let i = 0; i < 10; i++)
      await app.request('POST', '/auth/login', { body: { email, password: 'Loud-Harbour-47' } })
    const ctx = await ctxOf(organization)
    const password = await makeTemporaryPassword(ctx)
    await as(ctx, (c, tx) => resetPassword(c, tx, userId, password))
    expect(await isAlive(tokens)).toBe(false)
    expect(
      (await app.request('POST', '/auth/refresh', { body: { refreshToken: tokens.refreshToken } })).status,
    ).toBe(401)
    const answer = await app.request('POST', '/auth/login', { body: { email, password: password.clear } })
    expect(answer.body.status).toBe('password_change_required')
    expect((await app.events(organization)).slice(-4)).toEqual([
      'identity.password_reset',
      'sessions.ended',
      'sessions.refresh_refused',
      'sessions.challenged',
    ])
  })

  test('is deactivated at once, and reactivated without what had ended', async () => {
    const { organization, email, userId } = await newMember()
    const tokens = await app.signIn(email)
    const ctx = await ctxOf(organization)
    expect(await as(ctx, (c, tx) => deactivateAccount(c, tx, userId))).toBe(true)
    expect(await isAlive(tokens)).toBe(false)
    await expect(app.signIn(email)).rejects.toThrow('401')
    expect(await as(ctx, (c, tx) => deactivateAccount(c, tx, userId))).toBe(false)
    expect(await as(ctx, (c, tx) => reactivateAccount(c, tx, userId))).toBe(true)
    expect(await isAlive(tokens)).toBe(false)
    expect(await isAlive(await app.signIn(email))).toBe(true)
    expect(await app.events(organization)).toEqual([
      'sessions.signed_in',
      'identity.account_deactivated',
      'sessions.ended',
      'sessions.sign_in_failed',
      'identity.account_reactivated',
      'sessions.signed_in',
    ])
  })

  test('is deleted with its sessions, and its address is free again', async () => {
    const { organization, email, userId } = await newMember()
    const tokens = await app.signIn(email)
    const ctx = await ctxOf(organization)
    expect(await as(ctx, (c, tx) => deleteAccount(c, tx, userId))).toBe(true)
    expect(await isAlive(tokens)).toBe(false)
    expect(await findAccountByAddress(ctx, email)).toBeUndefined()
    expect(await app.events(organization)).toEqual(['sessions.signed_in', 'identity.account_deleted'])
  })
})

describe('an account that belongs to several', () => {
  async function shared() {
    const member = await newMember()
    await app.member(`${member.organization}-other`, { email: member.email, roles: ['viewer'] })
    return { ...member, other: `${member.organization}-other` }
  }

  // Whoever resets it in one organization could sign in to the other.
  test.each<[string, (ctx: Ctx, tx: Tx, userId: string) => Promise<unknown>]>([
    ['password', async (ctx, tx, userId) => resetPassword(ctx, tx, userId, { hash: 'x', isTemporary: true })],
    ['status', (ctx, tx, userId) => deactivateAccount(ctx, tx, userId)],
  ])('keeps its %s whatever one of them wants', async (_, change) => {
    const { organization, email, userId } = await shared()
    const tokens = await app.signIn(email, { organization })
    const ctx = await ctxOf(organization)
    await expect(as(ctx, (c, tx) => change(c, tx, userId))).rejects.toMatchObject({
      code: 'identity.belongs_elsewhere',
      status: 403,
    })
    expect(await isAlive(tokens)).toBe(true)
    expect(await app.events(organization)).toEqual(['sessions.signed_in'])
  })

  test('is not deleted by one of them', async () => {
    const { organization, email, userId } = await shared()
    expect(await as(await ctxOf(organization), (c, tx) => deleteAccount(c, tx, userId))).toBe(false)
    await app.signIn(email, { organization })
  })

  test('is deactivated by the operator in all of them, each of which records it', async () => {
    const { organization, other, email, userId } = await shared()
    const all = [await app.signIn(email, { organization }), await app.signIn(email, { organization: other })]
    await as(await ctxOf(organization, operator), (c, tx) => deactivateAccount(c, tx, userId))
    for (const tokens of all) expect(await isAlive(tokens)).toBe(false)
    for (const slug of [organization, other]) {
      expect(await app.events(slug)).toEqual([
        'sessions.signed_in',
        'identity.account_deactivated',
        'sessions.ended',
      ])
    }
  })
})

test.each(['resetPassword', 'deactivateAccount', 'deleteAccount'] as const)(
  "%s does not find another organization's account, also for the operator's own command there",
  async (name) => {
    const [mine, theirs] = [await newMember(), await newMember()]
    const command = {
      deactivateAccount,
      deleteAccount,
      resetPassword: (c: Ctx, tx: Tx, id: string) =>
        resetPassword(c, tx, id, { hash: 'x', isTemporary: true }),
    }[name]
    for (const actor of [undefined, operator]) {
      const ctx = await ctxOf(mine.organization, actor)
      await expect(as<unknown>(ctx, (c, tx) => command(c, tx, theirs.userId))).rejects.toMatchObject({
        code: 'identity.not_found',
        status: 404,
      })
    }
    expect(await app.events(theirs.organization)).toEqual([])
  },
)

describe('creating an account', () => {
  test('takes an address once, however it is spelt and whoever has it, also 20 at once', async () => {
    const { email, organization } = await newMember()
    const ctx = await ctxOf('creator')
    await expect(
      as(ctx, (c, tx) => createUser(c, tx, { email: email.toUpperCase(), name: '' })),
    ).rejects.toMatchObject({ code: 'identity.address_taken' })
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        as(ctx, (c, tx) => createUser(c, tx, { email: 'new@example.com', name: 'New' })),
      ),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await app.events('creator')).toEqual(['identity.account_created'])
    expect(await app.events(organization)).toEqual([])
  })

  test('refuses what is no address, naming the field', async () => {
    const ctx = await ctxOf('creator')
    const created = as(ctx, (c, tx) => createUser(c, tx, { email: 'ada\u202e@example.com', name: '' }))
    await expect(created).rejects.toMatchObject({
      code: 'invalid_input',
      particulars: { errors: [{ path: 'email' }] },
    })
  })

  test('leaves no clear password anywhere in the database', async () => {
    const ctx = await ctxOf('creator')
    const password = await makeTemporaryPassword(ctx)
    const id = await as(ctx, (c, tx) =>
      createUser(c, tx, { email: 'temp@example.com', name: 'Temp', password }),
    )
    const text = await app.ownerDb.transaction(`account:${id}`, async (tx) => {
      const user = await tx.selectFrom('users').selectAll().where('id', '=', id).execute()
      await app.ownerDb.switchScope(tx, `org:${ctx.organizationId}`)
      const log = await tx.selectFrom('auditEvents').selectAll().execute()
      const personal = await tx.selectFrom('auditPersonal').selectAll().execute()
      return JSON.stringify([user, log, personal])
    })
    expect(text).toContain('$2y$')
    expect(text).not.toContain(password.clear)
  })
})

describe("one's own profile", () => {
  test('is changed by oneself, recorded with before and after, and unchanged leaves nothing', async () => {
    const { organization, email } = await newMember()
    const tokens = await app.signIn(email)
    const answer = await app.request('PATCH', '/me', { as: tokens, body: { name: ' Ada L. ', locale: 'he' } })
    expect(answer).toMatchObject({ status: 200, body: { email, name: 'Ada L.', locale: 'he' } })
    await app.request('PATCH', '/me', { as: tokens, body: { locale: 'he' } })
    expect(await app.events(organization)).toEqual(['sessions.signed_in', 'identity.profile_changed'])
  })

  test('[FT-OM-15] is in the log of every organization that shows it', async () => {
    const { organization, email } = await newMember()
    await app.member(`${organization}-too`, { email, roles: ['viewer'] })
    const tokens = await app.signIn(email, { organization })
    await app.request('PATCH', '/me', { as: tokens, body: { name: 'Ada M.' } })
    expect(await app.events(`${organization}-too`)).toEqual(['identity.profile_changed'])
  })

  test.each([
    { name: 'Ada\u202e' },
    { name: 'x'.repeat(201) },
    { locale: 'not a tag' },
    { email: 'else@example.com' },
    { status: 'active' },
  ])('refuses %j', async (body) => {
    const { email } = await newMember()
    const tokens = await app.signIn(email)
    expect((await app.request('PATCH', '/me', { as: tokens, body })).status).toBe(422)
  })

  test('permissions are those held now', async () => {
    const { email, memberId, organizationId } = await newMember()
    const tokens = await app.signIn(email)
    const held = async () =>
      (await app.request('GET', '/me/permissions', { as: tokens })).body.permissions as {
        permission: string
        roles: string[]
      }[]
    expect((await held()).length).toBeGreaterThan(0)
    for (const { roles } of await held()) expect(roles).toEqual(['viewer'])
    await app.ownerDb.transaction(`org:${organizationId}`, (tx) =>
      tx
        .updateTable('userRoles')
        .set({ endedAt: app.clock.now(), endedBy: 'operator:test' })
        .where('memberId', '=', memberId)
        .execute(),
    )
    expect(await held()).toEqual([])
  })
})

test('nobody reads a hash of a password but in the transaction of its own account', async () => {
  const { userId, organizationId } = await newMember()
  const read = (scope: `org:${string}` | `account:${string}`) =>
    app.db.transaction(scope, async (tx) => {
      const { sql } = await import('kysely')
      return (
        await sql<{ passwordHash: string }>`select password_hash from account_credentials(${userId})`.execute(
          tx,
        )
      ).rows
    })
  expect(await read(`org:${organizationId}`)).toEqual([])
  expect((await read(`account:${userId}`))[0]!.passwordHash).toMatch(/^\$2/)
  await expect(
    app.db.transaction(`account:${userId}`, (tx) => tx.selectFrom('users').select('passwordHash').execute()),
  ).rejects.toThrow('permission denied')
})

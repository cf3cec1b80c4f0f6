import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PASSWORD, startApp, type TestApp } from '../../server/test/support/app.ts'
import { enrolTotp } from '../../server/test/support/second-factors.ts'
import type { Asker } from '../src/io.ts'
import { operatorName } from '../src/with-operator.ts'
import { type Ran, runWrit } from './transcript.ts'

const policies = fileURLToPath(new URL('../../../policies/', import.meta.url))

let app: TestApp
let folder: string

beforeEach(async () => {
  app = await startApp({ policy: 'prosaas' })
  folder = mkdtempSync(join(tmpdir(), 'writ-operator-'))
})

afterEach(async () => {
  await app.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the command beside the server, as an operator who has a PostgreSQL of their own. */
function writ(
  args: readonly string[],
  options: { ask?: Asker; env?: Record<string, string>; width?: number } = {},
): Promise<Ran> {
  const { env, ...rest } = options
  const database = { DATABASE_URL: app.database.appUrl, DATABASE_OWNER_URL: app.database.ownerUrl }
  return runWrit(args, {
    cwd: folder,
    env: { ...database, WRIT_MASTER_KEY: app.masterKey.toString('base64'), ...env },
    ...rest,
  })
}

async function json(...args: string[]) {
  const { stdout, stderr, code } = await writ([...args, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

function answering(answer: boolean | undefined): Asker {
  return { confirm: async () => answer, select: async () => undefined }
}

/** Who did the newest event of a log. */
async function lastActor(slug?: string): Promise<string> {
  const { id } = await app.organization(slug ?? 'platform')
  return app.ownerDb.transaction(`org:${id}`, async (tx) => {
    const row = await tx
      .selectFrom('auditEvents')
      .select('leaf')
      .where('organizationId', '=', id)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow()
    return JSON.stringify(JSON.parse(row.leaf).actor)
  })
}

describe('create-organization', () => {
  test('makes an owner whose temporary password is shown once and opens the account', async () => {
    const { stdout, code } = await writ([
      'admin',
      'create-organization',
      'acme',
      'Acme Ltd',
      '--owner',
      'ada@example.com',
    ])
    expect(code).toBe(0)
    expect(stdout).toContain('✓ Acme Ltd (acme) exists, owned by ada@example.com.')
    const password = /Temporary password: (\S+)/.exec(stdout)![1]!
    const answer = await app.request('POST', '/auth/login', { body: { email: 'ada@example.com', password } })
    expect(answer.body.status).toBe('password_change_required')
    expect(await lastActor()).toContain(operatorName())
  })

  test.each([
    [['Bad Slug', 'Acme', '--owner', 'ada@example.com'], 'slug: should have 1 to 63 lower-case letters'],
    [['acme', '', '--owner', 'ada@example.com'], 'name: '],
    [['acme', 'Acme', '--owner', 'ada'], 'owner: '],
  ])('refuses %j and changes nothing', async (args, sentence) => {
    const { code, stderr } = await writ(['admin', 'create-organization', ...args])
    expect(code).toBe(3)
    expect(stderr).toContain(sentence)
  })

  test('refuses a slug that is taken', async () => {
    await json('admin', 'create-organization', 'acme', 'Acme', '--owner', 'ada@example.com')
    const { code, stdout } = await writ([
      'admin',
      'create-organization',
      'acme',
      'Acme',
      '--owner',
      'bob@example.com',
      '--json',
    ])
    expect(code).toBe(3)
    expect(JSON.parse(stdout).error.code).toBe('organizations.slug_taken')
  })
})

describe('create-user', () => {
  test('makes a member with the role, as an act of the operator', async () => {
    await app.member('acme', { email: 'ada@example.com', roles: ['owner'] })
    const created = await json(
      'admin',
      'create-user',
      '--organization',
      'acme',
      '--email',
      'eve@example.com',
      '--role',
      'agent',
    )
    expect(created).toMatchObject({
      organization: 'acme',
      email: 'eve@example.com',
      role: 'agent',
      id: expect.stringMatching(/^mem_/),
    })
    expect(created.temporaryPassword.length).toBeGreaterThan(11)
    expect(await app.events('acme')).toContain('members.added')
    expect(await lastActor('acme')).toContain(operatorName())
  })

  test('names the roles there are when the role is unknown', async () => {
    await app.member('acme', { email: 'ada@example.com', roles: ['owner'] })
    const { code, stderr } = await writ([
      'admin',
      'create-user',
      '--organization',
      'acme',
      '--email',
      'eve@example.com',
      '--role',
      'agnt',
    ])
    expect(code).toBe(3)
    expect(stderr).toMatch(/no such role.*\n.*agnt\n.*roles: .*agent/s)
    expect(await app.events('acme')).toEqual([])
  })

  test('says that there is no such organization', async () => {
    const { code, stderr } = await writ([
      'admin',
      'create-user',
      '--organization',
      'acm',
      '--email',
      'eve@example.com',
      '--role',
      'agent',
    ])
    expect(code).toBe(3)
    expect(stderr).toContain('Organization not found.')
  })
})

describe('platform roles', () => {
  test('are given and taken by the operator, and in the log of the platform', async () => {
    const granted = await json('admin', 'grant-platform-role', 'root@example.com', 'system_admin')
    expect(granted).toMatchObject({
      email: 'root@example.com',
      role: 'system_admin',
      temporaryPassword: expect.any(String),
    })
    expect(await lastActor()).toContain(operatorName())
    await json('admin', 'revoke-platform-role', 'root@example.com', 'system_admin')
    const again = await writ(['admin', 'revoke-platform-role', 'root@example.com', 'system_admin'])
    expect(again.code).toBe(3)
  })

  test('of an organization are refused', async () => {
    const { code, stdout } = await writ([
      'admin',
      'grant-platform-role',
      'root@example.com',
      'agent',
      '--json',
    ])
    expect(code).toBe(3)
    expect(JSON.parse(stdout).error.code).toBe('roles.unknown')
  })
})

describe('create-application', () => {
  test('prints a credential that the server takes', async () => {
    const { id, credential } = await json('admin', 'create-application', 'order service')
    expect(id).toMatch(/^app_/)
    const answer = await app.request('POST', '/access/v1/evaluation', { as: credential, body: {} })
    expect(answer.status).not.toBe(401)
  })
})

describe('revoke-application', () => {
  test('[FT-AC-19] shuts an application of the platform out with its next request, once, on the record', async () => {
    const { id, credential } = await json('admin', 'create-application', 'old service')
    const ask = () => app.request('POST', '/access/v1/evaluation', { as: credential, body: {} })
    expect((await ask()).status).not.toBe(401)
    expect(await json('admin', 'revoke-application', id, '--yes')).toEqual({ id, name: 'old service' })
    expect((await ask()).status).toBe(401)
    expect((await app.events()).at(-1)).toBe('applications.revoked')
    const { applications } = await json('admin', 'list-applications')
    expect(applications.find((each: { id: string }) => each.id === id)).toMatchObject({
      name: 'old service',
      revokedAt: expect.any(String),
    })
    const again = await writ(['admin', 'revoke-application', id, '--yes', '--json'])
    expect(again.code).not.toBe(0)
    for (const unknown of ['app_00000000000000000000000000', 'nonsense'])
      expect((await writ(['admin', 'revoke-application', unknown, '--yes'])).code).not.toBe(0)
  })
})

describe('create-client', () => {
  test('registers an application of the one sign-on; its secret is shown once, and revoke-client ends it', async () => {
    const redirect = 'https://till.example.com/callback'
    const { id, secret } = await json('admin', 'create-client', 'Till', '--redirect', redirect)
    expect([id, secret]).toEqual([expect.stringMatching(/^cli_/), expect.stringMatching(/^writ_cs_/)])
    const { clients } = await json('admin', 'list-clients')
    expect(clients).toMatchObject([
      { id, name: 'Till', type: 'web', redirectUris: [redirect], revokedAt: null },
    ])
    expect(JSON.stringify(clients)).not.toContain(secret)
    expect((await writ(['admin', 'revoke-client', id], { ask: answering(false) })).code).toBe(130)
    await json('admin', 'revoke-client', id, '--yes')
    const again = await writ(['admin', 'revoke-client', id, '--yes', '--json'])
    expect(JSON.parse(again.stdout).error.code).toBe('sign_on.client_already_revoked')
    expect((await app.events()).slice(-2)).toEqual(['sign_on.client_created', 'sign_on.client_revoked'])
  })

  test('says what is wrong with an address', async () => {
    const wrong = await writ(['admin', 'create-client', 'Till', '--redirect', 'http://till.example.com/'])
    expect(wrong.code).not.toBe(0)
    expect(wrong.stderr).toContain('should begin with https://')
  })
})

describe('create-forward-host', () => {
  test('registers an origin once; remove-forward-host takes it away, and both are in the log', async () => {
    const origin = 'https://wiki.example.com'
    expect(await json('admin', 'create-forward-host', `${origin}/`)).toEqual({ origin })
    expect((await json('admin', 'list-forward-hosts')).hosts).toMatchObject([{ origin }])
    const again = await writ(['admin', 'create-forward-host', origin, '--json'])
    expect([again.code, JSON.parse(again.stdout).error.code]).toEqual([3, 'forward_auth.already_registered'])
    await json('admin', 'remove-forward-host', origin)
    expect((await json('admin', 'list-forward-hosts')).hosts).toEqual([])
    expect((await app.events()).slice(-2)).toEqual([
      'forward_auth.host_registered',
      'forward_auth.host_removed',
    ])
  })
})

describe('rotate-keys', () => {
  test('keeps tokens that were issued before', async () => {
    const tokens = await signedIn()
    expect(await json('admin', 'rotate-keys')).toMatchObject({ retired: 0 })
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(200)
  })

  test('--now refuses them from the next request on', async () => {
    const tokens = await signedIn()
    expect(await json('admin', 'rotate-keys', '--now', '--yes')).toMatchObject({ retired: 1 })
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(401)
    expect((await app.events()).at(-1)).toBe('sessions.keys_rotated')
  })

  test('--now asks, and does nothing without a yes', async () => {
    const tokens = await signedIn()
    expect((await writ(['admin', 'rotate-keys', '--now'], { ask: answering(false) })).code).toBe(130)
    expect((await writ(['admin', 'rotate-keys', '--now'], { ask: answering(undefined) })).code).toBe(130)
    expect((await writ(['admin', 'rotate-keys', '--now'])).code).toBe(2)
    expect((await app.request('GET', '/me', { as: tokens })).status).toBe(200)
  })

  async function signedIn() {
    await app.member('acme', { email: 'ada@example.com', roles: ['agent'] })
    return app.signIn('ada@example.com')
  }
})

describe('policy apply', () => {
  const changed = () =>
    readFileSync(join(policies, 'prosaas.policy.yaml'), 'utf8').replace('after: 10', 'after: 4')

  test('shows what changes, asks, and puts the policy into force', async () => {
    writeFileSync(join(folder, 'next.policy.yaml'), changed())
    const args = ['policy', 'apply', 'next.policy.yaml', '--reason', 'stricter']
    const refused = await writ(args, { ask: answering(false) })
    expect(refused).toMatchObject({
      code: 130,
      stdout: expect.stringContaining('- authentication.lockout.after is now 4; before: 10.'),
    })
    const applied = await writ(args, { ask: answering(true) })
    expect(applied).toMatchObject({ code: 0, stdout: expect.stringContaining('In force as version 2.') })
    expect(await writ(args)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('in force already, version 2'),
    })
    expect(await lastActor()).toContain(operatorName())
  })

  test('without a terminal needs --yes, and says so in JSON too', async () => {
    writeFileSync(join(folder, 'next.policy.yaml'), changed())
    const { code, stdout, stderr } = await writ([
      'policy',
      'apply',
      'next.policy.yaml',
      '--reason',
      'x',
      '--json',
    ])
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
    expect(JSON.parse(stdout).error.hint).toContain('--yes')
    expect(await json('policy', 'apply', 'next.policy.yaml', '--reason', 'x', '--yes')).toMatchObject({
      applied: true,
      version: 2,
      narrows: 1,
    })
  })

  test('refuses a policy that takes away a role somebody holds', async () => {
    await app.member('acme', { email: 'ada@example.com', roles: ['owner'] })
    const { code, stderr } = await writ([
      'policy',
      'apply',
      join(policies, 'sales-agent.policy.yaml'),
      '--reason',
      'x',
      '--yes',
    ])
    expect(code).toBe(3)
    expect(stderr).toContain('roles.owner is missing')
  })
})

describe('audit export', () => {
  test('from the database verifies against the key of the log', async () => {
    await json('admin', 'create-application', 'order service')
    await app.audit.settle()
    const { events } = await json('audit', 'export', '--organization', 'platform', '--out', 'log.jsonl')
    const report = await json('audit', 'verify', 'log.jsonl')
    expect(report).toMatchObject({ ok: true, entries: events, whole: true, trust: 'embedded-key' })
    expect(events).toBeGreaterThan(1)
    expect((await app.events()).at(-1)).toBe('audit.exported')
  })

  test('from a server says how the server refused it', async () => {
    await app.http.listen({ port: 0, host: '127.0.0.1' })
    const address = app.http.server.address() as { port: number }
    const url = `http://127.0.0.1:${address.port}`
    const args = ['audit', 'export', '--organization', 'acme', '--url', url, '--out', 'log.jsonl']
    const refused = await writ(args)
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('answered 401: Sign in first')
    expect(refused.stderr).toContain('Set WRIT_TOKEN')
    await app.member('acme', { email: 'ada@example.com', roles: ['owner'] })
    const { accessToken } = await app.signIn('ada@example.com')
    await app.audit.settle()
    const taken = await writ(args, { env: { WRIT_TOKEN: accessToken } })
    expect(taken).toMatchObject({ code: 0, stderr: expect.stringContaining('written to log.jsonl') })
    expect(await json('audit', 'verify', 'log.jsonl')).toMatchObject({ ok: true })
  })

  test('of nobody leaves no file behind', async () => {
    const { code, stderr } = await writ(['audit', 'export', '--organization', 'nobody', '--out', 'log.jsonl'])
    expect(code).toBe(3)
    expect(stderr).toContain('Organization not found.')
  })
})

describe('the database', () => {
  test('as its owner is needed', async () => {
    const { code, stderr } = await runWrit(['admin', 'rotate-keys'], {
      cwd: folder,
      env: { DATABASE_URL: app.database.appUrl },
    })
    expect(code).toBe(4)
    expect(stderr).toContain('DATABASE_OWNER_URL should name the same database as its owner')
  })

  test('that cannot be reached is a sentence, not a stack trace', async () => {
    const nowhere = 'postgresql://writ_app@127.0.0.1:9/writ'
    const { code, stderr } = await runWrit(['admin', 'rotate-keys'], {
      cwd: folder,
      env: { DATABASE_URL: nowhere, DATABASE_OWNER_URL: nowhere },
    })
    expect(code).toBe(4)
    expect(stderr).toContain('No connection to the PostgreSQL')
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  test('is not made where no server was set up', async () => {
    const { code, stderr } = await runWrit(['admin', 'rotate-keys', '--data', join(folder, 'none')], {
      cwd: folder,
    })
    expect(code).toBe(4)
    expect(stderr).toContain('where no server was set up')
  })

  test('and every other wrong variable are named at once', async () => {
    const { stderr } = await runWrit(['admin', 'rotate-keys'], {
      cwd: folder,
      env: { WRIT_PORT: 'x', WRIT_POTR: '1' },
    })
    expect(stderr).toContain('WRIT_PORT')
    expect(stderr).toContain('WRIT_POTR')
  })
})

describe('recover-account', () => {
  /** Signs in, as far as a role goes that demands a second factor, and sets one up. */
  async function enrolledSession(email: string): Promise<string> {
    const { body } = await app.request('POST', '/auth/login', { body: { email, password: PASSWORD } })
    await enrolTotp(app, body.accessToken)
    return body.accessToken
  }

  test('lets the only administrator of the platform in again who lost the password and the second factor', async () => {
    const root = await app.platformMember({ email: 'root@example.com', role: 'system_admin' })
    const session = await enrolledSession(root.email)
    const { temporaryPassword } = await json('admin', 'recover-account', root.email, '--second-factor')
    expect(await app.request('GET', '/me', { as: session })).toMatchObject({ status: 401 })
    const body = { email: root.email, password: temporaryPassword }
    expect((await app.request('POST', '/auth/login', { body })).body.status).toBe('password_change_required')
    expect(await app.events()).toEqual(expect.arrayContaining(['identity.password_reset', 'factors.reset']))
    expect(await lastActor()).toContain(operatorName())
  })

  test('leaves the second factor where it is not told to remove it', async () => {
    const root = await app.platformMember({ email: 'root@example.com', role: 'system_admin' })
    await enrolledSession(root.email)
    const { temporaryPassword } = await json('admin', 'recover-account', root.email)
    const body = { email: root.email, password: temporaryPassword }
    expect((await app.request('POST', '/auth/login', { body })).body.status).toBe('mfa_required')
  })

  test("says that an address is nobody's", async () => {
    const { stderr, code } = await writ(['admin', 'recover-account', 'nobody@example.com'])
    expect(code).not.toBe(0)
    expect(stderr).toContain('Account not found.')
  })
})

describe('create-client', () => {
  test('says what is wrong in the words of its options', async () => {
    const { stderr, code } = await writ([
      'admin',
      'create-client',
      'Till',
      '--redirect',
      'http://till.example/back',
    ])
    expect(code).not.toBe(0)
    expect(stderr).toContain('--redirect')
    expect(stderr).not.toContain('redirectUris')
  })
})

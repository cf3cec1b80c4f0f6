/**
 * The real server in this process, on a database of its own, with a clock that stands until it is moved.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { hash as bcrypt } from '@node-rs/bcrypt'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { applyPolicy } from '#access/policy'
import { addressKey } from '#people/identity'
import { ensureSigningKey } from '#people/sessions'
import { ensureSignOnKey } from '#people/sign-on'
import { settled } from '#platform/background'
import { readConfig } from '#platform/config'
import { createPool, Database } from '#platform/database'
import { newId, toWire, type Uuid } from '#platform/ids'
import { renderMail } from '#platform/mail/render'
import { readMails } from '#platform/outbox'
import { createPasswords, type Passwords } from '#platform/passwords'
import { installContextKey } from '#platform/secrets'
import { createLog } from '#platform/telemetry'
import { type App, createApp } from '../../src/app.ts'
import { openOperatorDatabase } from '../../src/services.ts'
import { freshDatabase, type TestDatabase } from './database.ts'

export const NOW = new Date('2026-03-02T09:00:00Z')
export const ORIGIN = 'http://localhost:8484'
/** Meets the rules of all four policies. */
export const PASSWORD = 'Quiet-Harbour-47'

export interface TestClock {
  now(): Date
  advance(seconds: number): void
}

export interface TestMember {
  readonly userId: Uuid
  readonly memberId: Uuid
  readonly organizationId: Uuid
  readonly organization: string
  readonly email: string
  readonly password: string
  /** As the API spells them. */
  readonly wire: { readonly user: string; readonly member: string; readonly organization: string }
}

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
  readonly cookie: string
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails where it is not there
  readonly body: any
  readonly headers: LightMyRequestResponse['headers']
  readonly raw: LightMyRequestResponse
}

export interface TestMail {
  readonly kind: string
  readonly to: string
  readonly language: string
  readonly subject: string
  /** As plain text. */
  readonly text: string
  /** Of the mail's action, without which it is undefined. */
  readonly url: string | undefined
}

export interface RequestOptions {
  /** Whose access token is sent: a signed-in token set, a bearer, or nobody. */
  readonly as?: Tokens | string | undefined
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly remoteAddress?: string
}

export interface TestApp extends App {
  readonly clock: TestClock
  readonly database: TestDatabase
  readonly db: Database
  readonly ownerDb: Database
  readonly masterKey: Buffer
  inject(options: InjectOptions): Promise<LightMyRequestResponse>
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>
  /** Creates the organization at the first call with this slug. */
  organization(slug: string): Promise<{ id: Uuid; slug: string; wire: string }>
  /** A member of an organization; the account is made when the address is new. Seeded beside the API: no event. */
  member(
    slug: string,
    input: { email: string; name?: string; roles: readonly string[]; password?: string },
  ): Promise<TestMember>
  /** A member of the platform holding a platform role. */
  platformMember(input: { email: string; role: string }): Promise<TestMember>
  signIn(email: string, options?: { password?: string; organization?: string }): Promise<Tokens>
  /**
   * Types of an organization's events in order of commit; without a slug, the platform's. Not that somebody looked: a
   * test looks often, and those that are about looking ask for those events.
   */
  events(slug?: string): Promise<string[]>
  /** Mails of the outbox in the order they were written: what was sent to a mail server is no longer among them. */
  mails(): Promise<TestMail[]>
  /** A second server on the same database and clock. */
  sibling(): Promise<App>
  stop(): Promise<void>
}

const passwordHashes = new Map<string, Promise<string>>()

/**
 * @param options.policy one of the four by name, or the text of a policy
 * @param options.environment further variables of the configuration
 */
export async function startApp(
  options: { policy?: string; now?: Date; environment?: Record<string, string> } = {},
): Promise<TestApp> {
  const database = await freshDatabase()
  const masterKey = randomBytes(32)
  const clock = createClock(options.now ?? NOW)
  const pools = (url: string) => ({
    transactions: createPool(url, { max: 8 }),
    statements: createPool(url, { max: 4 }),
  })
  const db = new Database(pools(database.appUrl), masterKey)
  const operator = openOperatorDatabase({ ownerUrl: database.ownerUrl, masterKey, now: clock.now })
  const ownerDb = operator.db
  const client = await database.owner.connect()
  await installContextKey(client, masterKey, clock.now())
  client.release()
  const {
    compiled,
    organizationId: platformId,
    versionId,
  } = await applyPolicy(operator, {
    source: policySource(options.policy ?? 'sales-agent'),
    author: 'operator:test',
    reason: 'test',
  })
  await ownerDb.transaction(`org:${platformId}`, async (tx) => {
    await ensureSigningKey(tx, masterKey, compiled.policy.authentication.tokens.algorithm, clock.now())
    await ensureSignOnKey(tx, masterKey, clock.now())
  })
  const passwords: Passwords = createPasswords()
  const config = readConfig({
    WRIT_LOG: process.env['TEST_LOG'] ?? 'silent',
    WRIT_URL: ORIGIN,
    ...options.environment,
  })
  const input = {
    config,
    masterKey,
    publicUrl: options.environment?.['WRIT_URL'] ?? ORIGIN,
    passwords,
    log: createLog(config.logLevel),
    now: clock.now,
  }
  const app = await createApp({ ...input, db })
  const siblings: { app: App; db: Database; passwords: Passwords }[] = []
  const seed = createSeed({ ownerDb, clock, platformId, versionId })
  return {
    ...app,
    ...seed,
    clock,
    database,
    db,
    ownerDb,
    masterKey,
    inject: (inject) => app.http.inject(inject),
    request: (method, path, request) => send(app, method, path, request),
    signIn: (email, signIn) => signInTo(app, email, signIn),
    async mails() {
      await settled(app.services)
      const mails = await readMails(app.services)
      return mails.map(({ kind, to, language, action, ...words }) => {
        const { subject, text } = renderMail({ ...words, action }, language)
        return { kind, to, language, subject, text, url: action?.url }
      })
    },
    async sibling() {
      const other = new Database(pools(database.appUrl), masterKey)
      // Of its own, as another process has: what is queued here waits for nothing there.
      const others = createPasswords()
      const sibling = await createApp({ ...input, db: other, passwords: others })
      siblings.push({ app: sibling, db: other, passwords: others })
      return sibling
    },
    async stop() {
      for (const sibling of siblings) await sibling.app.close()
      await app.close()
      await Promise.all([
        passwords.stop(),
        db.close(),
        ownerDb.close(),
        ...siblings.flatMap((sibling) => [sibling.passwords.stop(), sibling.db.close()]),
      ])
      await database.drop()
    },
  }
}

/** Sends a request to an app (also a sibling) as a client would. */
export async function send(
  app: App,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const bearer = typeof options.as === 'string' ? options.as : options.as?.accessToken
  const raw = await app.http.inject({
    method: method as 'GET',
    url:
      path.startsWith('/') && !/^\/(auth|me|organizations|policy|invites|setup)\b/.test(path)
        ? path
        : `/api/v1${path}`,
    headers: {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body === undefined
      ? {}
      : { payload: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    ...(options.remoteAddress === undefined ? {} : { remoteAddress: options.remoteAddress }),
  })
  const isJson =
    String(raw.headers['content-type'] ?? '').includes('json') &&
    !String(raw.headers['content-type']).includes('ndjson')
  return {
    status: raw.statusCode,
    body: isJson && raw.body !== '' ? raw.json() : raw.body,
    headers: raw.headers,
    raw,
  }
}

async function signInTo(
  app: App,
  email: string,
  options: { password?: string; organization?: string } = {},
): Promise<Tokens> {
  const { password = PASSWORD, organization } = options
  const answer = await send(app, 'POST', '/auth/login', {
    body: { email, password, ...(organization ? { organization } : {}) },
  })
  if (answer.body?.status !== 'signed_in')
    throw new Error(`sign-in of ${email}: ${answer.status} ${JSON.stringify(answer.body)}`)
  const cookie = answer.raw.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  return { accessToken: answer.body.accessToken, refreshToken: answer.body.refreshToken, cookie }
}

function createClock(start: Date): TestClock {
  let time = start.getTime()
  return {
    now: () => new Date(time),
    advance(seconds) {
      time += seconds * 1000
    },
  }
}

function policySource(policy: string): string {
  if (policy.includes('\n')) return policy
  return readFileSync(
    fileURLToPath(new URL(`../../../../policies/${policy}.policy.yaml`, import.meta.url)),
    'utf8',
  )
}

function createSeed({
  ownerDb,
  clock,
  platformId,
  versionId,
}: {
  ownerDb: Database
  clock: TestClock
  platformId: Uuid
  versionId: Uuid
}) {
  const organizations = new Map<string, Uuid>([['platform', platformId]])
  const accounts = new Map<string, Uuid>()

  async function organization(slug: string) {
    const known = organizations.get(slug)
    const id = known ?? newId(clock.now())
    if (!known) {
      organizations.set(slug, id)
      const at = clock.now()
      await ownerDb.transaction(`org:${id}`, (tx) =>
        tx
          .insertInto('organizations')
          .values({ id, slug, name: `${slug} Ltd`, createdAt: at, updatedAt: at })
          .execute(),
      )
    }
    return { id, slug, wire: toWire('org', id) }
  }

  async function member(
    slug: string,
    input: { email: string; name?: string; roles: readonly string[]; password?: string },
  ): Promise<TestMember> {
    const { id: organizationId, wire } = await organization(slug)
    const password = input.password ?? PASSWORD
    const at = clock.now()
    const passwordHash = await testHash(password)
    const key = addressKey(input.email)!
    const known = accounts.get(key)
    const userId = known ?? newId(at)
    accounts.set(key, userId)
    const memberId = newId(at)
    await ownerDb.transaction(`org:${organizationId}`, async (tx) => {
      if (!known) {
        const user = {
          id: userId,
          email: input.email,
          emailKey: key,
          name: input.name ?? input.email.split('@')[0]!,
          passwordHash,
          createdAt: at,
          updatedAt: at,
        }
        await tx
          .insertInto('users')
          .values({ ...user, passwordChangedAt: at, emailVerifiedAt: at })
          .execute()
      }
      await ownerDb.switchScope(tx, `attach:${organizationId}:${userId}`)
      await tx.insertInto('members').values({ organizationId, id: memberId, userId, createdAt: at }).execute()
      for (const role of input.roles) {
        const assignment = {
          organizationId,
          id: newId(at),
          memberId,
          userId,
          role,
          source: slug === 'platform' ? 'operator' : 'assigned',
        }
        await tx
          .insertInto('userRoles')
          .values({ ...assignment, policyVersionId: versionId, assignedBy: 'operator:test', assignedAt: at })
          .execute()
      }
    })
    return {
      userId,
      memberId,
      organizationId,
      organization: slug,
      email: input.email,
      password,
      wire: { user: toWire('usr', userId), member: toWire('mem', memberId), organization: wire },
    }
  }

  return {
    organization,
    member,
    platformMember: ({ email, role }: { email: string; role: string }) =>
      member('platform', { email, roles: [role] }),
    async events(slug = 'platform'): Promise<string[]> {
      const { id } = await organization(slug)
      return ownerDb.transaction(`org:${id}`, async (tx) => {
        const rows = await tx
          .selectFrom('auditEvents')
          .select('type')
          .where('organizationId', '=', id)
          .where('type', 'not in', ['privacy.read', 'privacy.listed'])
          .orderBy('id')
          .execute()
        return rows.map((row) => row.type)
      })
    },
  }
}

/** bcrypt at its lowest cost: a sign-in upgrades or verifies it as any other hash, and a test does not wait for it. */
function testHash(password: string): Promise<string> {
  let hash = passwordHashes.get(password)
  if (!hash) {
    hash = bcrypt(password, 4)
    passwordHashes.set(password, hash)
  }
  return hash
}

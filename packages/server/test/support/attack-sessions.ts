/**
 * Members who are signed in without the price of a password: a session as sign-in leaves it, made beside the API.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { DEVICE_COOKIE, SESSION_COOKIE } from '#people/sessions'
import { newSecret, sha256 } from '#platform/crypto'
import { newId, type Uuid } from '#platform/ids'
import type { App } from '../../src/app.ts'
import {
  type Answer,
  ORIGIN,
  type RequestOptions,
  send,
  type TestApp,
  type TestMember,
  type Tokens,
} from './app.ts'

export interface SignedIn extends Tokens {
  readonly sessionId: Uuid
  readonly member: TestMember
}

const ABSOLUTE_MS = 24 * 60 * 60 * 1000

/** Opens a session for a seeded member. Its cookie, access token and refresh token hold as those of a sign-in do. */
export async function openSessionOf(app: TestApp, member: TestMember): Promise<SignedIn> {
  const { userId, memberId, organizationId } = member
  const now = app.clock.now()
  const sessionId = newId(now)
  const [cookie, refreshToken] = [newSecret(), newSecret('writ_rt_')]
  const expiresAt = new Date(now.getTime() + ABSOLUTE_MS)
  const tokenVersion = await app.ownerDb.transaction(`org:${organizationId}`, async (tx) => {
    const { tokenVersion } = await tx
      .selectFrom('users')
      .select('tokenVersion')
      .where('id', '=', userId)
      .executeTakeFirstOrThrow()
    const owned = {
      organizationId,
      id: sessionId,
      userId,
      memberId,
      tokenVersion,
      secretHash: sha256(cookie),
    }
    const times = { createdAt: now, authenticatedAt: now, lastUsedAt: now, expiresAt }
    await tx
      .insertInto('sessions')
      .values({ ...owned, ...times, ip: '192.0.2.7', userAgent: 'test' })
      .execute()
    const family = { organizationId, id: newId(now), sessionId, tokenHash: sha256(refreshToken) }
    await tx
      .insertInto('refreshTokens')
      .values({ ...family, issuedAt: now, expiresAt })
      .execute()
    return tokenVersion
  })
  const { compiled: policy } = await app.services.ports.policies.current()
  const input = { sessionId, userId, organizationId, tokenVersion, policy }
  const { token: accessToken } = await app.services.ports.issueAccessToken(input, now)
  return { accessToken, refreshToken, cookie: `${SESSION_COOKIE}=${cookie}`, sessionId, member }
}

/** A new member of an organization, signed in. */
export async function signedInMember(
  app: TestApp,
  slug: string,
  input: { email: string; roles: readonly string[] },
): Promise<SignedIn> {
  return openSessionOf(app, await app.member(slug, input))
}

/** Sends a request with the session's cookie as a page of our own would. */
export function sendWithCookie(
  app: App,
  method: string,
  path: string,
  cookie: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const headers = { cookie, origin: ORIGIN, 'sec-fetch-site': 'same-origin', ...options.headers }
  return send(app, method, path, { ...options, headers })
}

/** Makes an application of an organization, beside the API; answers its id and credential. */
export async function seedApplication(app: TestApp, slug: string): Promise<{ id: Uuid; credential: string }> {
  const { id: organizationId } = await app.organization(slug)
  const credential = newSecret('writ_app_')
  const id = newId(app.clock.now())
  const row = {
    organizationId,
    id,
    name: 'Guard',
    secretHash: sha256(credential),
    createdBy: 'operator:test',
    createdAt: app.clock.now(),
  }
  await app.ownerDb.transaction(`org:${organizationId}`, (tx) =>
    tx.insertInto('applications').values(row).execute(),
  )
  return { id, credential }
}

/** A browser on which a member has signed in before, made beside the API; answers its id and cookie. */
export async function seedDevice(
  app: TestApp,
  { userId }: TestMember,
): Promise<{ id: Uuid; cookie: string }> {
  const [id, secret] = [newId(app.clock.now()), newSecret()]
  const at = app.clock.now()
  await app.ownerDb.transaction(`account:${userId}`, (tx) =>
    tx
      .insertInto('devices')
      .values({
        userId,
        id,
        secretHash: sha256(secret),
        name: 'Firefox on Linux',
        createdAt: at,
        lastUsedAt: at,
      })
      .execute(),
  )
  return { id, cookie: `${DEVICE_COOKIE}=${secret}` }
}

/** A passkey of a member, whose key nobody has, made beside the API; answers its id. */
export async function seedPasskey(app: TestApp, { userId }: TestMember): Promise<Uuid> {
  const [id, createdAt] = [newId(app.clock.now()), app.clock.now()]
  const key = { credentialId: randomBytes(32), publicKey: randomBytes(77), signCount: 0 }
  await app.ownerDb.transaction(`account:${userId}`, (tx) =>
    tx
      .insertInto('passkeys')
      .values({ userId, id, ...key, name: 'Seeded', isBackedUp: false, createdAt })
      .execute(),
  )
  return id
}

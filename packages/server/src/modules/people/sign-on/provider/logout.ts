/**
 * Telling applications that a session ended (OpenID Connect Back-Channel Logout 1.0). What ended it made the message
 * due in its own transaction, so a message is neither forgotten nor sent for a session that goes on. It may be sent
 * twice where a server ends between sending and noting it: its `jti` is the same, and to end twice is to end once.
 *
 * @module
 */
import type Provider from 'oidc-provider'
import { createCtx, type Services } from '#platform/context'
import { toWire } from '#platform/ids'
import { events } from '../catalog.ts'
import type { SignOnClient } from '../model/client.ts'
import { deleteExpired } from '../store/artifacts.ts'
import { findClient } from '../store/clients.ts'
import {
  announceLostSessions,
  claimLogouts,
  type DueLogout,
  deleteSettled,
  settleLogout,
} from '../store/logouts.ts'

const AT_ONCE = 20
/** An attempt takes at most this long; a server that died in between is taken over from. */
const LEASE_SECONDS = 60
const TIMEOUT_MS = 5_000
const FIRST_PAUSE_SECONDS = 5
const LONGEST_PAUSE_SECONDS = 3_600
/** The session's tokens are worth nothing anyway; after some hours nobody waits for the message. */
const MOST_ATTEMPTS = 12
const KEPT_SECONDS = 86_400

/** Tells every application that is due, as many as there are. */
export async function deliverLogouts(services: Services, provider: () => Promise<Provider>): Promise<void> {
  for (;;) {
    const now = services.now()
    const due = await services.db.transaction('sign-on', (tx) =>
      claimLogouts(tx, now, new Date(now.getTime() + LEASE_SECONDS * 1000), AT_ONCE),
    )
    if (due.length === 0) return
    const told = await provider()
    await Promise.all(due.map((logout) => deliver(services, told, logout)))
    if (due.length < AT_ONCE) return
  }
}

async function deliver(services: Services, provider: Provider, logout: DueLogout): Promise<void> {
  const client = await services.db.transaction('sign-on', (tx) => findClient(tx, logout.clientId))
  // A revoked application hears nothing any more.
  const problem = client?.backchannelUri ? await tell(provider, client, logout) : 'not_registered'
  const now = services.now()
  const isLast = client === undefined || logout.attempts >= MOST_ATTEMPTS
  const pause = Math.min(FIRST_PAUSE_SECONDS * 2 ** (logout.attempts - 1), LONGEST_PAUSE_SECONDS)
  const { policies } = services.ports
  const ctx = createCtx(services, {
    requestId: logout.id,
    client: { ip: '', userAgent: '' },
    actor: { kind: 'system', name: 'back-channel logout' },
    organizationId: logout.organizationId,
    policy: (await policies.current()).compiled,
  })
  await services.db.transaction(`org:${logout.organizationId}`, async (tx) => {
    await services.db.inScope(tx, 'sign-on', () =>
      settleLogout(
        tx,
        logout.id,
        problem === undefined
          ? { deliveredAt: now }
          : isLast
            ? { failedAt: now }
            : { dueAt: new Date(now.getTime() + pause * 1000) },
      ),
    )
    if (problem !== undefined && !isLast) return
    const make = problem === undefined ? events.logout_delivered : events.logout_failed
    await ctx.record(
      tx,
      make({
        target: { type: 'client', id: logout.clientId },
        ...(problem === undefined ? {} : { outcome: 'failure' as const, reason: problem }),
        data: { user: logout.userId, attempts: logout.attempts },
      }),
    )
  })
}

/**
 * One attempt; undefined: the application took it. The address is the operator's and was checked when it was
 * registered; a redirect would be somebody else's and is not followed, and what is answered is not read.
 */
async function tell(
  provider: Provider,
  client: SignOnClient,
  logout: DueLogout,
): Promise<string | undefined> {
  try {
    const answer = await fetch(client.backchannelUri!, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ logout_token: await logoutToken(provider, logout) }),
    })
    await answer.body?.cancel()
    return answer.status === 200 || answer.status === 204 ? undefined : `answered_${answer.status}`
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'unreachable'
  }
}

/** Section 2.4: no nonce, so that it cannot be taken for an ID token. */
async function logoutToken(provider: Provider, { id, userId, clientId, sid }: DueLogout): Promise<string> {
  const client = (await provider.Client.find(toWire('cli', clientId)))!
  const sub = toWire('usr', userId)
  const token = new provider.IdToken({ sub }, { client })
  Object.assign(token, { mask: { sub: null } })
  token.set('events', { 'http://schemas.openid.net/event/backchannel-logout': {} })
  token.set('jti', id)
  token.set('sid', sid)
  return token.issue({ use: 'logout' })
}

export function findLostSessions(services: Services): Promise<void> {
  return services.db.transaction('sign-on', (tx) => announceLostSessions(tx, services.now()))
}

/** What expired a day ago is of no use even to tell a second use from an unknown one. */
export async function clearArtifacts(services: Services): Promise<void> {
  const before = new Date(services.now().getTime() - KEPT_SECONDS * 1000)
  for (;;) {
    const removed = await services.db.transaction('sign-on', (tx) => deleteExpired(tx, before, 1_000))
    if (removed === 0) break
  }
  await services.db.transaction('sign-on', (tx) => deleteSettled(tx, before))
}

/**
 * The provider's storage: PostgreSQL, shared by all servers, with what the library leaves to it.
 *
 * - An id is a credential: its SHA-256 is the key, and the payload is sealed under the master key, bound to its row.
 * - Whatever a session gave is found only while that session holds, read anew at every look-up: sign-out, deactivation,
 *   deletion, a password change or a suspension end codes and tokens on the next request, on every server.
 * - `consume` is one conditional update. The library looks first and consumes later, so many at once all pass its look;
 *   one passes here, and to lose is to have presented something spent: the grant ends (RFC 9700 section 4.14.2).
 *
 * @module
 */
import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import { signOut } from '#people/sessions'
import type { Services, Tx } from '#platform/context'
import { seal, sha256 } from '#platform/crypto'
import { fromWire, newId, toWire, type Uuid } from '#platform/ids'
import { events } from '../catalog.ts'
import { accessClaims } from '../model/claims.ts'
import { metadataOf } from '../model/client.ts'
import {
  consumeArtifact,
  deleteArtifact,
  deleteOfGrant,
  type FoundArtifact,
  findArtifact,
  insertOnce,
  saveArtifact,
} from '../store/artifacts.ts'
import { findClient } from '../store/clients.ts'
import { endGrant, insertGrant } from '../store/grants.ts'
import { insertParticipant } from '../store/logouts.ts'
import { boundTo, openPayload, payloadKey } from './access-token.ts'
import { acting, type Bearer, contextOf } from './acting.ts'
import { bearerOfGrant, bearerOfSession } from './bearers.ts'

/** What may be seen once and never again: proofs (RFC 9449) and assertions (RFC 7523). */
const ONCE = 'ReplayDetection'

export class SignOnAdapter implements Adapter {
  readonly #services: Services
  readonly #model: string

  constructor(services: Services, model: string) {
    this.#services = services
    this.#model = model
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    if (this.#model === 'Client') return this.#findClient(id)
    return this.#find('idHash', id)
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#find('uidHash', uid)
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#find('userCodeHash', userCode)
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    if (expiresIn === undefined) throw new Error(`${this.#model} without an end`)
    const now = this.#services.now()
    const idHash = sha256(id)
    const grantHash = grantHashOf(this.#model, id, payload)
    const session =
      this.#model === 'Session' && payload.accountId ? this.#browser(payload.accountId) : undefined
    const row = {
      model: this.#model,
      idHash,
      grantHash,
      uidHash: this.#model === 'Session' && payload.uid ? sha256(payload.uid) : null,
      userCodeHash: payload.userCode ? sha256(payload.userCode) : null,
      sessionId: session?.sessionId ?? null,
      payload: seal(
        payloadKey(this.#services),
        Buffer.from(JSON.stringify(payload)),
        boundTo(this.#model, idHash),
      ),
      isInFlight: payload.inFlight === true,
      createdAt: now,
      expiresAt: new Date(now.getTime() + expiresIn * 1000),
    }
    await this.#services.db.transaction('sign-on', async (tx) => {
      if (this.#model === ONCE) {
        if (!(await insertOnce(tx, row))) throw new errors.InvalidRequest('this proof was already used')
        return
      }
      // Whoever begins to decide on a device code claims it; the decision itself is then theirs to write.
      const claims = row.isInFlight && payload.accountId === undefined && payload.error === undefined
      if (!(await saveArtifact(tx, row, claims)))
        throw new errors.InvalidRequest(`this ${this.#model} was already used`)
      if (this.#model === 'Grant') await this.#noteGrant(tx, idHash, payload)
      if (session) await this.#noteParticipants(tx, session, payload)
      await this.#recordIssue(tx, payload, grantHash)
    })
  }

  async consume(id: string): Promise<void> {
    const idHash = sha256(id)
    const outcome = await this.#services.db.transaction('sign-on', async (tx) => {
      const consumed = await consumeArtifact(tx, this.#model, idHash, this.#services.now())
      // A device that asks again while its first question is still under way is no thief: it is refused, no more.
      if (!consumed.won && consumed.grantHash && this.#model !== 'DeviceCode')
        await this.#endGrant(tx, consumed.grantHash, 'reuse')
      return consumed
    })
    if (outcome.won) return
    if (this.#model === 'PushedAuthorizationRequest')
      throw new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used')
    throw new errors.InvalidGrant('already used')
  }

  async destroy(id: string): Promise<void> {
    if (this.#model === 'Grant' && isOfDevice()) return
    const idHash = sha256(id)
    const gone = await this.#services.db.transaction('sign-on', async (tx) => {
      if (this.#model === 'Grant') await this.#endGrant(tx, idHash, becauseOf(Provider.ctx?.oidc?.route))
      return deleteArtifact(tx, this.#model, idHash)
    })
    if (this.#model === 'Session') await this.#signOut(gone)
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    if (isOfDevice()) return
    await this.#services.db.transaction('sign-on', (tx) => deleteOfGrant(tx, this.#model, sha256(grantId)))
  }

  async #findClient(id: string): Promise<AdapterPayload | undefined> {
    const clientId = fromWire('cli', id)
    if (clientId === undefined) return undefined
    const client = await this.#services.db.transaction('sign-on', (tx) => findClient(tx, clientId))
    if (!client) return undefined
    acting()?.clients.set(id, client)
    return metadataOf(client) as AdapterPayload
  }

  async #find(
    key: 'idHash' | 'uidHash' | 'userCodeHash',
    value: string,
  ): Promise<AdapterPayload | undefined> {
    const now = this.#services.now()
    const row = await this.#services.db.transaction('sign-on', (tx) =>
      findArtifact(tx, this.#model, key, sha256(value), now),
    )
    if (!row) return undefined
    const payload = openPayload(this.#services, this.#model, row)
    if (row.consumedAt) payload.consumed = Math.floor(row.consumedAt.getTime() / 1000)
    if (this.#model === 'Session') return (await this.#sessionHolds(row, key)) ? payload : undefined
    // What was sealed says whose it is; the column is for finding it.
    const grantHash = this.#model === 'Grant' ? row.idHash : grantHashOf(this.#model, '', payload)
    if (!grantHash) return payload
    const bearer = await bearerOfGrant(this.#services, grantHash)
    if (!bearer || toWire('usr', bearer.userId) !== payload.accountId) return undefined
    const present = acting()
    if (present) present.grant = bearer
    // As of now, not as of issue: what is introspected is what holds. What was not granted is not told.
    if (this.#model === 'AccessToken')
      payload.extra = renewed(payload.extra, accessClaims(bearer.principal, now))
    return payload
  }

  /** A browser session of the provider is only ever the shadow of this browser's own session. */
  async #sessionHolds({ sessionId }: FoundArtifact, key: string): Promise<boolean> {
    // Before anybody signed in it holds no more than a form's secret.
    if (sessionId === null) return true
    if (key === 'idHash') return acting()?.browser?.sessionId === sessionId
    return (await bearerOfSession(this.#services, sessionId)) !== undefined
  }

  #browser(accountId: string): Bearer {
    const browser = acting()?.browser
    if (!browser || toWire('usr', browser.userId) !== accountId)
      throw new errors.AccessDenied(undefined, 'the session that this began with has ended')
    return browser
  }

  async #noteGrant(tx: Tx, idHash: Buffer, { accountId, clientId }: AdapterPayload): Promise<void> {
    const { principal, sessionId, userId, sessionExpiresAt } = this.#browser(accountId ?? '')
    await insertGrant(tx, {
      organizationId: principal.home.organizationId,
      idHash,
      sessionId,
      userId,
      clientId: clientUuid(clientId),
      createdAt: this.#services.now(),
      sessionExpiresAt,
    })
  }

  /** Who is to hear when the session ends. */
  async #noteParticipants(tx: Tx, bearer: Bearer, { authorizations = {} }: AdapterPayload): Promise<void> {
    const now = this.#services.now()
    for (const [clientId, { sid }] of Object.entries(authorizations)) {
      if (!sid) continue
      const client = await findClient(tx, clientUuid(clientId))
      if (!client?.backchannelUri) continue
      await insertParticipant(tx, {
        organizationId: bearer.principal.home.organizationId,
        id: newId(now),
        sessionId: bearer.sessionId,
        userId: bearer.userId,
        clientId: client.id,
        sid,
        createdAt: now,
        sessionExpiresAt: bearer.sessionExpiresAt,
      })
    }
  }

  async #recordIssue(tx: Tx, payload: AdapterPayload, grantHash: Buffer | null): Promise<void> {
    const isAuthorization =
      this.#model === 'AuthorizationCode' || (this.#model === 'DeviceCode' && grantHash !== null)
    const isRefresh = this.#model === 'RefreshToken' && (payload.rotations ?? 0) > 0
    if (!isAuthorization && !isRefresh) return
    const bearer = isRefresh ? acting()?.grant : acting()?.browser
    if (!bearer) throw new errors.AccessDenied(undefined, 'the session that this began with has ended')
    const make = isRefresh ? events.token_refreshed : events.authorized
    const event = make({
      target: { type: 'client', id: clientUuid(payload.clientId) },
      data: { session: bearer.sessionId, scope: payload.scope ?? '' },
    })
    await this.#record(tx, bearer, event)
  }

  async #endGrant(tx: Tx, idHash: Buffer, because: 'reuse' | 'revoked' | 'signed_out'): Promise<void> {
    const ended = await endGrant(tx, idHash, because, this.#services.now())
    if (!ended || because === 'signed_out') return
    const bearer = await bearerOfSession(this.#services, ended.sessionId)
    // A session that is gone has said so itself.
    if (!bearer) return
    const make = because === 'reuse' ? events.reused : events.revoked
    await this.#record(
      tx,
      bearer,
      make({ target: { type: 'client', id: ended.clientId }, data: { session: ended.sessionId } }),
    )
  }

  #record(
    tx: Tx,
    bearer: Bearer,
    event: Parameters<ReturnType<typeof contextOf>['record']>[1],
  ): Promise<void> {
    const ctx = contextOf(this.#services, bearer)
    return this.#services.db.inScope(tx, `org:${ctx.organizationId}`, () => ctx.record(tx, event))
  }

  /** Signing out of one is signing out of all: the session itself ends, and everything with it. */
  async #signOut(gone: FoundArtifact | undefined): Promise<void> {
    const browser = acting()?.browser
    if (!gone?.sessionId || gone.sessionId !== browser?.sessionId) return
    if (Provider.ctx?.oidc?.route !== 'end_session_confirm') return
    await signOut(contextOf(this.#services, browser, browser.principal))
  }
}

function grantHashOf(model: string, id: string, { grantId }: AdapterPayload): Buffer | null {
  if (model === 'Grant') return sha256(id)
  // An interaction names a grant and is none of its fruits.
  return grantId && model !== 'Interaction' ? sha256(grantId) : null
}

function becauseOf(route: string | undefined): 'reuse' | 'revoked' | 'signed_out' {
  if (route === 'token') return 'reuse'
  return route === 'revocation' ? 'revoked' : 'signed_out'
}

/** Whether the library ends a grant because a device presented its code again; see {@link SignOnAdapter.consume}. */
function isOfDevice(): boolean {
  const oidc = Provider.ctx?.oidc
  return oidc?.route === 'token' && String(oidc.params?.['grant_type']).endsWith(':device_code')
}

function clientUuid(id: string | undefined): Uuid {
  const uuid = fromWire('cli', id ?? '')
  if (uuid === undefined) throw new Error('the provider named a client that is not ours')
  return uuid
}

/** The values of now, under the names that were handed over at issue. */
function renewed(
  issued: AdapterPayload['extra'],
  claims: ReturnType<typeof accessClaims>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => issued !== undefined && name in issued))
}

/**
 * The request that the provider is working on. The library calls its storage and its hooks without one, so it is kept
 * beside the call: who is signed in with the browser, and what standing was read.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyRequest } from 'fastify'
import { type Client, type Ctx, createCtx, type Principal, type Services } from '#platform/context'
import { clientOf } from '#platform/http'
import type { Uuid } from '#platform/ids'
import type { SignOnClient } from '../model/client.ts'

/** Somebody whose session holds and who owes nothing. */
export interface Bearer {
  readonly principal: Principal
  readonly sessionId: Uuid
  readonly userId: Uuid
  /** The session's absolute end: nothing that comes of it lives longer. */
  readonly sessionExpiresAt: Date
}

export interface Acting {
  readonly request: FastifyRequest
  readonly client: Client
  /** Of the browser's own cookie; undefined for requests of applications. */
  readonly browser: Bearer | undefined
  /** Of the grant that was read last: the code or token that this request is about. */
  grant: Bearer | undefined
  /** Applications read in this request, by their ids on the wire. */
  readonly clients: Map<string, SignOnClient>
}

const store = new AsyncLocalStorage<Acting>()

/** Runs what the library does for a request. */
export function actFor<T>(request: FastifyRequest, browser: Bearer | undefined, work: () => T): T {
  const acting = { request, client: clientOf(request), browser, grant: undefined, clients: new Map() }
  return store.run(acting, work)
}

/** The request that is being worked on; undefined in work that no request asked for. */
export function acting(): Acting | undefined {
  return store.getStore()
}

/** Who the present request is about: the bearer of the grant, else whoever sits at the browser. */
export function presentBearer(): Bearer | undefined {
  const present = store.getStore()
  return present?.grant ?? present?.browser
}

/** A context to record in, as the act of the person whose session it is. `as`: one to act in, too. */
export function contextOf(services: Services, { principal }: Bearer, as?: Principal): Ctx {
  const present = store.getStore()
  return createCtx(services, {
    requestId: present?.request.id ?? 'none',
    client: present?.client ?? { ip: '', userAgent: '' },
    actor: principal.actor,
    organizationId: principal.home.organizationId,
    policy: principal.policy,
    ...(as ? { principal: as } : {}),
  })
}

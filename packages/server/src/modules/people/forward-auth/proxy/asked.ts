/**
 * What a reverse proxy asks about: read from the headers it adds, which are anybody's to write and so are believed from
 * trusted addresses only.
 *
 * nginx says `X-Original-URL` (its configuration sets it). Traefik and Caddy say `X-Forwarded-Proto`, `-Host`, `-Uri` and
 * `-Method`. Each passes the other's headers on as the client sent them; so where both are there, they must agree.
 *
 * @module
 */
import { BlockList, isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Config } from '#platform/config'
import { errors } from '../catalog.ts'
import { hostOrigin, isNavigation, returnPath } from '../model.ts'

export interface Asked {
  /** Of the host that is guarded. */
  readonly origin: string
  /** Path and query that the person wanted; `/` where it is no path that may be returned to. */
  readonly path: string
  /** Somebody looks at the answer. */
  readonly isNavigation: boolean
  /** nginx takes nothing but 2xx, 401 and 403 for an answer; the others pass a redirect on. */
  readonly isNginx: boolean
}

/** @throws `forward_auth.untrusted_proxy`, `forward_auth.unclear_host` */
export function readAsked(request: FastifyRequest, config: Pick<Config, 'trustedProxies'>): Asked {
  const peer = request.raw.socket.remoteAddress ?? ''
  if (!isTrusted(peer, config.trustedProxies)) throw errors.untrusted_proxy({ address: peer })
  const original = originalUrl(request)
  const forwarded = forwardedUrl(request)
  const url = original ?? forwarded
  if (!url || (original && forwarded && original.host !== forwarded.host)) throw errors.unclear_host()
  const origin = hostOrigin(url.origin)
  if (origin === undefined) throw errors.unknown_host({ origin: url.origin })
  const method = (original ? undefined : one(request, 'x-forwarded-method')) ?? 'GET'
  const mode = one(request, 'sec-fetch-mode')
  return {
    origin,
    path: returnPath(url.pathname + url.search),
    // The subrequest of nginx is a GET whatever the request is; its configuration says which it was.
    isNavigation: isNavigation(original ? (one(request, 'x-original-method') ?? method) : method, {
      mode,
      accept: request.headers.accept,
    }),
    isNginx: original !== undefined,
  }
}

function originalUrl(request: FastifyRequest): URL | undefined {
  const text = one(request, 'x-original-url')
  if (text === undefined) return undefined
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined
  if (url?.username !== '' || url.password !== '') throw errors.unclear_host()
  return url
}

function forwardedUrl(request: FastifyRequest): URL | undefined {
  const host = one(request, 'x-forwarded-host')
  const proto = one(request, 'x-forwarded-proto')
  if (host === undefined || proto === undefined) return undefined
  // A websocket begins as a request of http, and Traefik names it by what it becomes.
  const scheme = { http: 'http', https: 'https', ws: 'http', wss: 'https' }[proto.toLowerCase()]
  const text = `${scheme}://${host}`
  if (scheme === undefined || !/^[\w.:[\]-]+$/.test(host) || !URL.canParse(text)) throw errors.unclear_host()
  const path = one(request, 'x-forwarded-uri') ?? '/'
  return new URL(returnPath(path), text)
}

/** A header that is there once. Twice, one of them is the client's, and the parts of a proxy may have read the other. */
function one(request: FastifyRequest, name: string): string | undefined {
  const { rawHeaders } = request.raw
  let found: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() !== name) continue
    if (found !== undefined) throw errors.unclear_host()
    found = rawHeaders[i + 1]!
  }
  return found === '' ? undefined : found
}

const lists = new WeakMap<readonly string[], BlockList>()

/** Loopback, or what the operator named. The address is the connection's: no header has a say in it. */
function isTrusted(peer: string, trusted: readonly string[]): boolean {
  let list = lists.get(trusted)
  if (!list) {
    list = blockListOf(['127.0.0.0/8', '::1', ...trusted])
    lists.set(trusted, list)
  }
  const address = peer.replace(/^::ffff:(?=\d+\.)/i, '').split('%')[0]!
  return address !== '' && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}

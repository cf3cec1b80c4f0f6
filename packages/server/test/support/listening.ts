/**
 * A server that listens, and what comes to it over a socket: a browser with its cookies, and programs whose requests for
 * the public address are sent to where the server really is, as a reverse proxy would send them.
 *
 * @module
 */
import type { AddressInfo } from 'node:net'
import type { App } from '../../src/app.ts'
import { type Answer, ORIGIN } from './app.ts'

export interface Listening {
  /** Where the server really listens. */
  readonly address: string
  /** A fetch for the public address. */
  fetch(url: string | URL | Request, init?: RequestInit): Promise<Response>
  /** A browser of its own. @param cookie `name=value` pairs that it has from the start */
  browser(cookie?: string): Browser
}

/** Listens on a free port of this machine until the app closes. */
export async function listen(app: App): Promise<Listening> {
  await app.http.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.http.server.address() as AddressInfo
  const address = `http://127.0.0.1:${port}`
  const fetchPublic: Listening['fetch'] = (url, init) => {
    const wanted = new URL(url instanceof Request ? url.url : url)
    if (wanted.origin !== ORIGIN) throw new Error(`a request left the server: ${wanted}`)
    return fetch(new URL(wanted.pathname + wanted.search, address), { ...init, redirect: 'manual' })
  }
  return { address, fetch: fetchPublic, browser: (cookie) => new Browser(fetchPublic, cookie) }
}

/** The same for a server that does not listen: over no socket, as the other tests ask it. */
export function unheard(app: App): Listening {
  const ask: Listening['fetch'] = async (url, init = {}) => {
    const { pathname, search } = new URL(url instanceof Request ? url.url : url)
    const { headers, body, method = 'GET' } = init
    const isForm = body instanceof URLSearchParams
    const raw = await app.http.inject({
      method: method as 'GET',
      url: pathname + search,
      headers: {
        ...(isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...Object.fromEntries(new Headers(headers)),
      },
      ...(body ? { payload: String(body) } : {}),
    })
    const answered = new Headers()
    for (const [name, value] of Object.entries(raw.headers))
      for (const each of [value].flat()) if (each !== undefined) answered.append(name, String(each))
    const isEmpty = raw.statusCode === 204 || raw.statusCode === 304
    return new Response(isEmpty ? null : raw.body, { status: raw.statusCode, headers: answered })
  }
  return { address: ORIGIN, fetch: ask, browser: (cookie) => new Browser(ask, cookie) }
}

/** A form, as a program sends it. */
export function posting(app: App, path: string, form: Record<string, string>): Promise<Answer> {
  return asAnswer(
    unheard(app).fetch(new URL(path, ORIGIN), { method: 'POST', body: new URLSearchParams(form) }),
  )
}

/** A request with an access token of an application. */
export function bearing(app: App, path: string, token: string): Promise<Answer> {
  return asAnswer(
    unheard(app).fetch(new URL(path, ORIGIN), { headers: { authorization: `Bearer ${token}` } }),
  )
}

async function asAnswer(response: Promise<Response>): Promise<Answer> {
  const { status, headers, ...answer } = await response.then(async (each) => ({
    status: each.status,
    headers: Object.fromEntries(each.headers),
    text: await each.text(),
  }))
  const isJson = String(headers['content-type'] ?? '').includes('json')
  return { status, headers, body: isJson ? JSON.parse(answer.text) : answer.text, raw: undefined as never }
}

interface Cookie {
  readonly value: string
  readonly path: string
  readonly attributes: string
}

/** Keeps cookies by their path, and follows redirects as long as they stay at the public address. */
export class Browser {
  readonly cookies = new Map<string, Cookie>()
  readonly #fetch: Listening['fetch']

  constructor(fetchPublic: Listening['fetch'], cookie = '') {
    this.#fetch = fetchPublic
    for (const pair of cookie.split('; ').filter(Boolean)) {
      const at = pair.indexOf('=')
      this.#keep(pair.slice(0, at), { value: pair.slice(at + 1), path: '/', attributes: '' })
    }
  }

  /** One request, no redirect. */
  async open(
    url: string | URL,
    { form, headers = {} }: { form?: Record<string, string>; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const { pathname } = new URL(url, ORIGIN)
    const cookie = [...this.cookies]
      .filter(
        ([, { path }]) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`),
      )
      .map(([key, { value }]) => `${key.split(' ')[0]}=${value}`)
      .join('; ')
    const answer = await this.#fetch(new URL(url, ORIGIN), {
      headers: {
        accept: 'text/html',
        ...(cookie === '' ? {} : { cookie }),
        ...(form ? { origin: ORIGIN, 'sec-fetch-site': 'same-origin' } : {}),
        ...headers,
      },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    })
    for (const line of answer.headers.getSetCookie()) this.#store(line)
    return answer
  }

  /** Follows redirects until one leaves for another site, or none comes. */
  async follow(
    url: string | URL,
    options: Parameters<Browser['open']>[1] = {},
  ): Promise<{ at: URL; answer: Response }> {
    let at = new URL(url, ORIGIN)
    let answer = await this.open(at, options)
    for (let steps = 0; steps < 20; steps++) {
      const location = answer.headers.get('location')
      if (location === null) return { at, answer }
      at = new URL(location, at)
      if (at.origin !== ORIGIN) return { at, answer }
      answer = await this.open(at)
    }
    throw new Error(`redirected without end: ${at}`)
  }

  #store(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const at = pair.indexOf('=')
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/'
    const expires = attributes.find((attribute) => /^expires=/i.test(attribute))?.slice(8)
    const name = pair.slice(0, at)
    if (expires !== undefined && new Date(expires).getTime() <= 0) this.cookies.delete(`${name} ${path}`)
    else this.#keep(name, { value: pair.slice(at + 1), path, attributes: attributes.join('; ') })
  }

  #keep(name: string, cookie: Cookie): void {
    this.cookies.set(`${name} ${cookie.path}`, cookie)
  }
}

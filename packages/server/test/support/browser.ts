/**
 * As much of a browser as sign-on needs: a jar that keeps cookies as RFC 6265bis says, redirects that are followed one by
 * one, forms that are filled in and sent. Real HTTP; no script runs.
 *
 * @module
 */
import { type IncomingHttpHeaders, request as send } from 'node:http'

export interface Page {
  readonly status: number
  /** Where the last redirect led. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Every address on the way, the last one too. */
  readonly trail: readonly string[]
}

export interface BrowserOptions {
  /** Ports of origins that are not where their name says: `https://wiki.example.test` on a port of this machine, over plain HTTP. */
  readonly places?: Readonly<Record<string, number>>
  /** For cookies that expire. Default: the machine's clock. */
  readonly now?: () => Date
}

interface Cookie {
  readonly name: string
  readonly value: string
  readonly path: string
  readonly isSecure: boolean
  readonly expires: number
}

interface RequestOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
}

const MOST_REDIRECTS = 20

export class Browser {
  readonly #options: BrowserOptions
  /** By host name: a port is no border for cookies. */
  readonly #jar = new Map<string, Map<string, Cookie>>()
  /** All requests that were sent. */
  sent = 0

  constructor(options: BrowserOptions = {}) {
    this.#options = options
  }

  /** Opens an address as a person does, and follows redirects. */
  async open(address: string, options: RequestOptions = {}): Promise<Page> {
    const trail: string[] = []
    let url = new URL(address)
    let next = options
    for (;;) {
      if (trail.length > MOST_REDIRECTS) throw new Error(`redirected without end: ${trail.join('\n → ')}`)
      trail.push(url.href)
      const page = await this.fetch(url.href, {
        ...next,
        headers: { accept: 'text/html,*/*;q=0.8', 'sec-fetch-mode': 'navigate', ...next.headers },
      })
      const isRedirect = page.status >= 300 && page.status < 400
      const location = isRedirect ? page.headers.location : refreshOf(page.text)
      if (location === undefined) return { ...page, trail }
      // A 307 or 308 repeats the request; every other redirect is followed by a GET.
      if (page.status !== 307 && page.status !== 308) next = { headers: { ...options.headers } }
      url = new URL(location, url)
    }
  }

  /** Fills in the form of a page and sends it. Hidden fields and the values that stand there are sent, too. */
  async submit(page: Page, fields: Readonly<Record<string, string>> = {}, which = 0): Promise<Page> {
    const form = formsOf(page.text)[which]
    if (!form)
      throw new Error(`${page.url} (${page.status}) has no form ${which}: ${page.text.slice(0, 300)}`)
    const to = new URL(form.action || page.url, page.url)
    const values = { ...form.fields, ...fields }
    if (form.method === 'get') {
      to.search = new URLSearchParams(values).toString()
      return this.open(to.href)
    }
    return this.open(to.href, {
      method: 'POST',
      form: values,
      headers: { origin: new URL(page.url).origin, 'sec-fetch-site': 'same-origin' },
    })
  }

  /** One request with the cookies of its host; redirects are not followed. */
  fetch(address: string, { method = 'GET', headers = {}, form }: RequestOptions = {}): Promise<Page> {
    const url = new URL(address)
    const body = form && new URLSearchParams(form).toString()
    const cookie = this.cookies(address)
    this.sent++
    return new Promise((resolve, reject) => {
      const request = send(
        {
          host: '127.0.0.1',
          port: this.#options.places?.[url.origin] ?? (url.port || 80),
          path: url.pathname + url.search,
          method,
          headers: {
            host: url.host,
            ...(cookie === '' ? {} : { cookie }),
            ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
            ...headers,
          },
        },
        (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('error', reject)
          response.on('end', () => {
            for (const line of response.headers['set-cookie'] ?? []) this.keep(address, line)
            const text = Buffer.concat(parts).toString()
            resolve({
              status: response.statusCode!,
              url: url.href,
              headers: response.headers,
              text,
              trail: [url.href],
            })
          })
        },
      )
      request.on('error', reject)
      request.end(body)
    })
  }

  /** A Set-Cookie line of an answer, kept if a browser would. */
  keep(address: string, line: string): void {
    const url = new URL(address)
    const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
    const at = pair.indexOf('=')
    const name = pair.slice(0, at)
    const attributes = new Map(
      rest.map((part) => {
        const [key = '', ...value] = part.split('=')
        return [key.toLowerCase(), value.join('=')] as const
      }),
    )
    const isSecure = attributes.has('secure')
    if (isSecure && !isTrustworthy(url)) return
    if (
      name.startsWith('__Host-') &&
      !(isSecure && attributes.get('path') === '/' && !attributes.has('domain'))
    )
      return
    const maxAge = attributes.get('max-age')
    const expires =
      maxAge !== undefined
        ? this.#now() + Number(maxAge) * 1000
        : attributes.has('expires')
          ? Date.parse(attributes.get('expires')!)
          : Number.POSITIVE_INFINITY
    const jar = this.#jar.get(url.hostname) ?? new Map<string, Cookie>()
    this.#jar.set(url.hostname, jar)
    if (expires <= this.#now()) jar.delete(name)
    else {
      const path = attributes.get('path') ?? '/'
      jar.set(name, { name, value: pair.slice(at + 1), path, isSecure, expires })
    }
  }

  /** The Cookie header for an address; empty without one. */
  cookies(address: string): string {
    const url = new URL(address)
    return [...(this.#jar.get(url.hostname)?.values() ?? [])]
      .filter((cookie) => cookie.expires > this.#now())
      .filter((cookie) => !cookie.isSecure || isTrustworthy(url))
      .filter(({ path }) => url.pathname === path || url.pathname.startsWith(path.replace(/\/?$/, '/')))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  #now(): number {
    return (this.#options.now?.() ?? new Date()).getTime()
  }
}

/** Secure cookies go over TLS, and to this machine. */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\]|.+\.localhost)$/.test(hostname)
}

/** Where a page goes on to by itself, at once. */
function refreshOf(html: string): string | undefined {
  const [, tag = ''] = /<meta\b([^>]*http-equiv="refresh"[^>]*)>/i.exec(html) ?? []
  return /^0;\s*url=(.*)$/i.exec(attribute(tag, 'content') ?? '')?.[1]
}

interface Form {
  readonly action: string
  readonly method: string
  readonly fields: Record<string, string>
}

/** The forms of a page, with what stands in them. Reads what our own pages are written like, not all of HTML. */
export function formsOf(html: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, tag = '', inside = '']) => {
    const fields: Record<string, string> = {}
    for (const [, input = ''] of inside.matchAll(/<input\b([^>]*)>/g)) {
      const name = attribute(input, 'name')
      const type = attribute(input, 'type')
      const isChosen = !['checkbox', 'radio'].includes(type ?? '') || /\schecked\b/.test(input)
      if (name !== undefined && type !== 'submit' && isChosen) fields[name] = attribute(input, 'value') ?? ''
    }
    return {
      action: attribute(tag, 'action') ?? '',
      method: (attribute(tag, 'method') ?? 'get').toLowerCase(),
      fields,
    }
  })
}

function attribute(tag: string, name: string): string | undefined {
  const match = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)')`).exec(` ${tag}`)
  const text = match?.[1] ?? match?.[2]
  return text
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

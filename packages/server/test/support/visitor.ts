/**
 * A person with a browser that has no JavaScript: opens pages, follows redirects, keeps cookies, fills in forms.
 *
 * @module
 */
import type { LightMyRequestResponse } from 'fastify'
import type { App } from '../../src/app.ts'
import { ORIGIN } from './app.ts'

export interface FormOnPage {
  readonly action: string
  /** What the browser would send unchanged. */
  readonly fields: Readonly<Record<string, string>>
  /** Names that a person may fill in. */
  readonly inputs: readonly string[]
  readonly button: string
}

export interface PageSeen {
  readonly status: number
  /** Where the visitor ended, after redirects. */
  readonly address: string
  readonly title: string
  readonly html: string
  /** As it reads, without markup. */
  readonly text: string
  readonly forms: readonly FormOnPage[]
  readonly headers: LightMyRequestResponse['headers']
}

export class Visitor {
  readonly cookies = new Map<string, string>()
  readonly #app: App
  readonly #headers: Readonly<Record<string, string>>
  #page: PageSeen | undefined

  constructor(app: App, headers: Readonly<Record<string, string>> = {}) {
    this.#app = app
    this.#headers = headers
  }

  get page(): PageSeen {
    if (!this.#page) throw new Error('visitor: no page is open')
    return this.#page
  }

  /** Types an address. */
  open(address: string): Promise<PageSeen> {
    return this.#go('GET', address, undefined, 'none')
  }

  /** Fills in the form whose action ends so (default: the first that has a field to fill in) and presses its button. */
  submit(values: Readonly<Record<string, string>> = {}, action?: string): Promise<PageSeen> {
    const { forms, address } = this.page
    const names = Object.keys(values)
    const form =
      action === undefined
        ? (forms.find(({ inputs }) => names.length > 0 && names.every((name) => inputs.includes(name))) ??
          forms[0])
        : forms.find((each) => each.action === action)
    if (!form) throw new Error(`visitor: no form ${action ?? ''} on ${address}:\n${this.page.text}`)
    const unknown = names.filter((name) => !form.inputs.includes(name))
    if (unknown.length > 0)
      throw new Error(`visitor: no field ${unknown.join()} on ${address}:\n${this.page.text}`)
    const target = form.action === '' ? address : form.action
    return this.#go('POST', target, { ...form.fields, ...values }, 'same-origin')
  }

  /** Sends a form as another site, or a forger, would. */
  async post(address: string, fields: Readonly<Record<string, string>>, headers: Record<string, string>) {
    return this.#send('POST', address, new URLSearchParams(fields).toString(), headers)
  }

  async #go(
    method: 'GET' | 'POST',
    start: string,
    fields: Readonly<Record<string, string>> | undefined,
    site: string,
  ): Promise<PageSeen> {
    let address = start
    let answer = await this.#send(method, address, fields && new URLSearchParams(fields).toString(), {
      'sec-fetch-site': site,
      ...(method === 'POST' ? { origin: ORIGIN } : {}),
    })
    for (let hops = 0; answer.statusCode === 303 || answer.statusCode === 302; hops++) {
      if (hops > 10) throw new Error(`visitor: redirected in a circle, last to ${address}`)
      address = String(answer.headers.location)
      if (!address.startsWith('/')) break
      answer = await this.#send('GET', address, undefined, { 'sec-fetch-site': 'same-origin' })
    }
    this.#page = seen(address, answer)
    return this.#page
  }

  async #send(
    method: 'GET' | 'POST',
    url: string,
    payload: string | undefined,
    headers: Record<string, string>,
  ) {
    const answer = await this.#app.http.inject({
      method,
      url,
      headers: {
        ...(this.cookies.size > 0
          ? { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
          : {}),
        ...(payload === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        accept: 'text/html,application/xhtml+xml',
        ...this.#headers,
        ...headers,
      },
      ...(payload === undefined ? {} : { payload }),
    })
    for (const { name, value, expires, maxAge } of answer.cookies) {
      const isGone = value === '' || maxAge === 0 || (expires !== undefined && expires.getTime() === 0)
      if (isGone) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return answer
  }
}

function seen(address: string, answer: LightMyRequestResponse): PageSeen {
  const html = answer.body
  return {
    status: answer.statusCode,
    address,
    title: decoded((/<h1>(.*?)<\/h1>/s.exec(html)?.[1] ?? '').replace(/<[^>]+>/g, '')),
    html,
    text: decoded(html.replace(/<(script|style|title)[^>]*>.*?<\/\1>/gs, '').replace(/<[^>]+>/g, ' '))
      .replace(/\s+/g, ' ')
      .trim(),
    forms: [...html.matchAll(/<form ([^>]*)>(.*?)<\/form>/gs)].map(([, attributes = '', inner = '']) =>
      formOf(attributes, inner),
    ),
    headers: answer.headers,
  }
}

function formOf(attributes: string, inner: string): FormOnPage {
  const fields: Record<string, string> = {}
  const inputs: string[] = []
  for (const [, input = ''] of inner.matchAll(/<input ([^>]*)>/g)) {
    const name = attribute(input, 'name') ?? ''
    const type = attribute(input, 'type')
    if (type !== 'hidden' && !inputs.includes(name)) inputs.push(name)
    if (type === 'radio' && !/ checked/.test(input)) continue
    fields[name] = attribute(input, 'value') ?? ''
  }
  for (const [, select = '', options = ''] of inner.matchAll(/<select ([^>]*)>(.*?)<\/select>/gs)) {
    const name = attribute(select, 'name') ?? ''
    inputs.push(name)
    const chosen = /<option ([^>]*selected[^>]*)>/.exec(options) ?? /<option ([^>]*)>/.exec(options)
    fields[name] = attribute(chosen?.[1] ?? '', 'value') ?? ''
  }
  const button = decoded((/<button[^>]*>(.*?)<\/button>/s.exec(inner)?.[1] ?? '').replace(/<[^>]+>/g, ''))
  return { action: attribute(attributes, 'action') ?? '', fields, inputs, button }
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(tag)?.[1]
  return value === undefined ? undefined : decoded(value)
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#96': '`',
}

function decoded(text: string): string {
  return text.replace(/&(#?\w+);/g, (whole, entity: string) => ENTITIES[entity] ?? whole)
}

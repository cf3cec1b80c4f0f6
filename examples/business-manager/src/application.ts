/**
 * An application as this example has six of them: its pages, and in front of each task a question to Writ. What it is and
 * what can be done in it is in applications/.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Client } from '@writ/sdk'
import type { Answer, ApplicationDefinition, ApplicationOptions, Person, Place, Task } from './definition.ts'
import { decisionPage, leftPage, refusalPage, style, taskPage } from './pages.ts'
import { RelyingParty, type Session } from './relying-party.ts'

export class Application {
  readonly place: Place
  readonly relyingParty: RelyingParty
  readonly #writ: Client
  readonly #server: Server

  /** Answers at `options.url`, which names the port. */
  static async start(definition: ApplicationDefinition, options: ApplicationOptions): Promise<Application> {
    const { writUrl, clientId, clientSecret, url, neighbours } = options
    const issuer = `${writUrl}/oidc`
    const relyingParty = await RelyingParty.discover({ issuer, clientId, clientSecret, url })
    const writ = new Client({ url: writUrl, key: options.writKey })
    const application = new Application({ ...definition, writUrl, url, neighbours }, relyingParty, writ)
    await application.#listen()
    return application
  }

  private constructor(place: Place, relyingParty: RelyingParty, writ: Client) {
    this.place = place
    this.relyingParty = relyingParty
    this.#writ = writ
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: Error) => {
        process.stderr.write(`${place.title}: ${error.message}\n`)
        if (!response.headersSent) response.writeHead(503, { 'content-type': 'text/plain' })
        response.end('Writ could not be asked, so nothing was decided. Try again.\n')
      })
    })
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(Number(new URL(this.place.url).port), '127.0.0.1', resolve)
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.place.url)
    protect(response, this.place.writUrl)
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /sign-in':
        return this.#signIn(request, response, '/')
      case 'GET /callback':
        return this.#callback(request, response, url)
      case 'POST /back-channel-logout':
        return this.#backChannelLogout(request, response)
      case 'POST /sign-out':
        return this.#signOut(request, response)
      case 'GET /signed-out':
        return send(response, 200, leftPage(this.place))
    }
    const isPage = request.method === 'GET' && url.pathname === '/'
    const task = request.method === 'POST' ? this.#taskOf(url.pathname) : undefined
    if (!isPage && !task) return send(response, 404, refusalPage(this.place, 'There is no such page.'))
    if (task && !isOwnPage(request, this.place.url))
      return send(
        response,
        403,
        refusalPage(this.place, 'This did not come from a page of this application.'),
      )
    const session = await this.relyingParty.sessionOf(this.#cookie(request))
    const person = session && (await this.#personOf(session))
    if (!person) return this.#signIn(request, response, '/')
    return task ? this.#perform(response, person, task) : this.#home(response, person)
  }

  /** Everything that can be done here, and whether this person may, decided now. */
  async decisions(person: Person): Promise<Answer[]> {
    const { tasks } = this.place
    const answers = await this.#writ.checkAll(
      tasks.map(({ permission, own }) => ({
        subject: person.id,
        organization: person.organization,
        permission,
        ...(own ? { resource: { id: `own-${person.id}`, properties: { ownerId: person.id } } } : {}),
      })),
    )
    return answers.map(({ allowed, reason }, i) => ({ task: tasks[i]!, allowed, reason }))
  }

  async #home(response: ServerResponse, person: Person): Promise<void> {
    const answers = await this.decisions(person)
    const isOpen = answers.some(({ task, allowed }) => allowed && task.permission === this.place.entry)
    send(response, isOpen ? 200 : 403, decisionPage(this.place, person, answers, isOpen))
  }

  /** Asked again when it is done, and not when the page was drawn: a button is no permission. */
  async #perform(response: ServerResponse, person: Person, task: Task): Promise<void> {
    const answer = (await this.decisions(person)).find((each) => each.task === task)!
    send(response, answer.allowed ? 200 : 403, taskPage(this.place, answer))
  }

  async #personOf(session: Session): Promise<Person | undefined> {
    const info = await this.relyingParty.whoIs(session)
    return (
      info && {
        id: info.sub,
        name: String(info.name ?? info.email ?? info.sub),
        email: String(info.email ?? ''),
        organization: String(info['organization']),
        roles: (info['roles'] as string[] | undefined) ?? [],
      }
    )
  }

  async #signIn(request: IncomingMessage, response: ServerResponse, returnTo: string): Promise<void> {
    const kept = cookieOf(request, this.#browserCookie)
    const { url, browser } = await this.relyingParty.begin(returnTo, kept)
    setCookie(response, this.#browserCookie, browser, 3_600)
    redirect(response, url.href)
  }

  async #callback(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    try {
      const browser = cookieOf(request, this.#browserCookie)
      const { cookie, returnTo } = await this.relyingParty.finish(url, browser)
      setCookie(response, this.#sessionCookie, cookie)
      redirect(response, returnTo)
    } catch (error) {
      const why = (error as { error_description?: string }).error_description ?? (error as Error).message
      send(response, 403, refusalPage(this.place, `You were not signed in: ${why}.`))
    }
  }

  async #backChannelLogout(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = new URLSearchParams(await bodyOf(request)).get('logout_token') ?? ''
    try {
      await this.relyingParty.backChannelLogout(token)
      response.writeHead(200).end()
    } catch (error) {
      const body = { error: 'invalid_request', error_description: (error as Error).message }
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
  }

  async #signOut(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOwnPage(request, this.place.url))
      return send(
        response,
        403,
        refusalPage(this.place, 'This did not come from a page of this application.'),
      )
    const url = this.relyingParty.signOut(this.#cookie(request))
    setCookie(response, this.#sessionCookie, '', 0)
    redirect(response, url?.href ?? '/signed-out')
  }

  #taskOf(path: string): Task | undefined {
    return this.place.tasks.find(({ permission }) => path === `/tasks/${permission}`)
  }

  #cookie(request: IncomingMessage): string | undefined {
    return cookieOf(request, this.#sessionCookie)
  }

  get #sessionCookie(): string {
    return `__Host-${this.place.name}`
  }

  get #browserCookie(): string {
    return `__Host-${this.place.name}-sign-in`
  }
}

function protect(response: ServerResponse, writUrl: string): void {
  response.setHeader('cache-control', 'no-store')
  response.setHeader('referrer-policy', 'no-referrer')
  response.setHeader('x-content-type-options', 'nosniff')
  // Signing out is a form that leads to Writ.
  response.setHeader(
    'content-security-policy',
    `default-src 'none'; style-src ${style.source}; form-action 'self' ${writUrl}; base-uri 'none'; frame-ancestors 'none'`,
  )
}

/** A write comes from a page of this very application: another site's form would have the cookie sent along. */
function isOwnPage({ headers }: IncomingMessage, url: string): boolean {
  const site = headers['sec-fetch-site']
  return site === undefined ? headers.origin === url : site === 'same-origin'
}

function cookieOf({ headers: { cookie = '' } }: IncomingMessage, name: string): string | undefined {
  const found = cookie.split('; ').filter((pair) => pair.startsWith(`${name}=`))
  return found.length === 1 ? found[0]!.slice(name.length + 1) : undefined
}

function setCookie(response: ServerResponse, name: string, value: string, seconds?: number): void {
  const age = seconds === undefined ? '' : `; Max-Age=${seconds}`
  response.appendHeader('set-cookie', `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`)
}

function send(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(html)
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { location }).end()
}

const LARGEST_BODY = 100_000

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > LARGEST_BODY) throw new Error('the body is too large')
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

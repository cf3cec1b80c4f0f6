/** The demo's walk through one sign-on: six applications, and people who come in once and leave all at once. @module */
import type { Config, RunningServer } from '@writ/server'
import { openOperator } from '@writ/server/operator'
import {
  type Application,
  addressesOf,
  applications,
  startBusinessManager,
} from '../../examples/business-manager/src/business-manager.ts'
import type { Session } from '../../examples/business-manager/src/relying-party.ts'
import { freePort } from '../../packages/server/src/platform/postgres/endpoint.ts'
import { Browser, formsOf, type Page } from '../../packages/server/test/support/browser.ts'
import type { Person, Tour } from './tour.ts'
import { type Walk, WalkFailed } from './walk.ts'

/** The applications that a role has something to do in, as the policy says. */
const OPEN = {
  accountant: ['accounting'],
  staff: ['pos', 'livestock', 'restaurant'],
} as const

/** Longest wait for an application to be told. */
const TOLD_MS = 15_000

export class SignOnTour {
  readonly #walk: Walk
  readonly #tour: Tour
  readonly #server: RunningServer
  readonly #config: Config
  #six: readonly Application[] = []

  constructor(walk: Walk, tour: Tour, server: RunningServer, config: Config) {
    this.#walk = walk
    this.#tour = tour
    this.#server = server
    this.#config = config
  }

  /** For who wants to click. */
  get addresses(): readonly string[] {
    return this.#six.map(({ place }) => `${place.title.padEnd(15)} ${place.url}/`)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#six.map((application) => application.stop()))
  }

  /** Registers the six as the operator does, and starts them. */
  async start(): Promise<void> {
    this.#walk.step('Six applications are registered: each a client of its own, with a cookie of its own')
    const operator = await openOperator(this.#config, { name: 'demo' })
    try {
      const { credential: writKey } = await operator.createApplication('business manager')
      const registered: Record<string, { url: string; clientId: string; clientSecret: string }> = {}
      for (const { name, title } of applications) {
        const url = `http://localhost:${await freePort()}`
        const { id, secret } = await operator.createClient({ name: title, type: 'web', ...addressesOf(url) })
        registered[name] = { url, clientId: id, clientSecret: secret! }
        this.#walk.holds(`${title.padEnd(15)} ${url}   ${id}`, secret !== undefined)
      }
      this.#six = await startBusinessManager({ writUrl: this.#server.publicUrl, writKey, registered })
    } finally {
      await operator.close()
    }
  }

  async walk(): Promise<void> {
    const carla = await this.#tour.newcomer('Carla', 'accountant')
    const browser = new Browser()
    await this.#signInOnce(browser, carla, 'accountant')
    await this.#otherFive(browser, carla, 'accountant')
    await this.#tasks(browser)
    await this.#signOut(browser, carla)

    const dan = await this.#tour.newcomer('Dan', 'staff')
    const other = new Browser()
    await this.#signInOnce(other, dan, 'staff')
    await this.#otherFive(other, dan, 'staff')
    await this.#deactivate(other, dan)
  }

  async #signInOnce(
    browser: Browser,
    { name, email, password }: Person,
    role: keyof typeof OPEN,
  ): Promise<void> {
    const first = this.#six[0]!
    this.#walk.step(
      `${name}, ${role}, signs in once: at ${first.place.title}, which sends the browser to Writ`,
    )
    const asked = await browser.open(`${first.place.url}/`)
    this.#walk.holds(
      `${first.place.title} sends the browser to ${new URL(asked.url).origin}${new URL(asked.url).pathname}`,
      asked.url.startsWith(`${this.#server.publicUrl}/sign-in`),
    )
    const { page, took } = await timed(() => browser.submit(asked, { email, password }))
    this.#walk.holds(
      `${email} and the password, and back at ${first.place.title} after ${took}`,
      page.url === `${first.place.url}/` && page.text.includes(email),
    )
    this.#open(first, page, role)
  }

  async #otherFive(browser: Browser, { name, email }: Person, role: keyof typeof OPEN): Promise<void> {
    this.#walk.step(`The other five know ${name} without asking; what is open in them is the role's`)
    for (const application of this.#six.slice(1)) {
      const { page, took } = await timed(() => browser.open(`${application.place.url}/`))
      const isAsked = page.trail.some((address) => address.includes('/sign-in?'))
      if (isAsked || !page.text.includes(email))
        throw new WalkFailed(`${application.place.title} should know ${name}; the browser is at ${page.url}`)
      this.#open(application, page, role, `   ${took}, nobody asked`)
    }
  }

  #open({ place }: Application, { status }: Page, role: keyof typeof OPEN, more = ''): void {
    const isOpen = (OPEN[role] as readonly string[]).includes(place.name)
    const verdict = isOpen ? 'open' : `closed to the role ${role}`
    this.#walk.holds(`${place.title.padEnd(15)} ${status} ${verdict}${more}`, status === (isOpen ? 200 : 403))
  }

  async #tasks(browser: Browser): Promise<void> {
    this.#walk.step('Each task is asked about when it is done: a button on a page is no permission')
    for (const [name, permission, expected] of [
      ['accounting', 'export:financial-reports', 200],
      ['livestock', 'read:livestock', 403],
    ] as const) {
      const { place } = this.#named(name)
      const page = await browser.open(`${place.url}/`)
      const at = formsOf(page.text).findIndex(({ action }) => action === `/tasks/${permission}`)
      const { status } = await browser.submit(page, {}, at)
      this.#walk.holds(`${place.title.padEnd(15)} ${status} ${permission}`, status === expected)
    }
  }

  async #signOut(browser: Browser, { name }: Person): Promise<void> {
    const { place } = this.#named('accounting')
    this.#walk.step(`${name} signs out at ${place.title}, and with that of all six`)
    const sessions = this.#sessions()
    const page = await browser.open(`${place.url}/`)
    const at = formsOf(page.text).findIndex(({ action }) => action === '/sign-out')
    const asked = await browser.submit(page, {}, at)
    const began = performance.now()
    const left = asked.url.startsWith(this.#server.publicUrl)
      ? await browser.submit(asked, { logout: 'yes' })
      : asked
    this.#walk.holds(`Writ signs out and leads back to ${left.url}`, left.url === `${place.url}/signed-out`)
    await this.#out(browser, sessions, began)
  }

  async #deactivate(browser: Browser, person: Person): Promise<void> {
    this.#walk.step(`${this.#tour.owner.name} deactivates ${person.name}, who is out of all six`)
    const sessions = this.#sessions()
    await this.#tour.deactivate(person)
    await this.#out(browser, sessions, performance.now())
  }

  /** Tokens first: nobody had to be told for them to be dead. */
  async #out(browser: Browser, sessions: readonly Session[], began: number): Promise<void> {
    const statuses = await Promise.all(
      sessions.map(async ({ tokens }) => {
        const headers = { authorization: `Bearer ${tokens.access}` }
        return (await fetch(`${this.#server.publicUrl}/oidc/userinfo`, { headers })).status
      }),
    )
    this.#walk.holds(
      `the tokens of all six are refused: ${statuses.join(' ')}`,
      statuses.length === 6 && statuses.every((status) => status === 401),
    )
    while (this.#sessions().length > 0 && performance.now() - began < TOLD_MS)
      await new Promise((resolve) => setTimeout(resolve, 10))
    const still = this.#six.filter(({ relyingParty }) => relyingParty.sessions.length > 0)
    const names = still.map(({ place }) => place.title).join(', ')
    this.#walk.holds(
      `each of the six was told ${names === '' ? `and has forgotten the session, ${since(began)} later` : `(still in: ${names})`}`,
      still.length === 0,
    )
    const pages = []
    for (const { place } of this.#six) pages.push(await browser.open(`${place.url}/`))
    this.#walk.holds(
      'each of them asks to sign in again',
      pages.every(({ url }) => url.startsWith(`${this.#server.publicUrl}/sign-in`)),
    )
  }

  #sessions(): readonly Session[] {
    return this.#six.flatMap(({ relyingParty }) => relyingParty.sessions)
  }

  #named(name: string): Application {
    return this.#six.find(({ place }) => place.name === name)!
  }
}

async function timed(work: () => Promise<Page>): Promise<{ page: Page; took: string }> {
  const began = performance.now()
  const page = await work()
  return { page, took: since(began) }
}

function since(began: number): string {
  const ms = performance.now() - began
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/**
 * A server with every screen open, people for each of them, and a browser that looks at what it is shown: no violation
 * of WCAG 2.2 AA that axe can find, nothing wider than the window, no message in the console.
 *
 * @module
 */
import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import axe from 'axe-core'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { expect } from 'vitest'
import { startApp, type TestApp } from './app.ts'
import { quickPolicy } from './policies.ts'

export interface OpenServer {
  readonly app: TestApp
  readonly address: string
}

/** Everything that a policy may permit: passkeys alone, registering, a role that must have a second factor. */
export function openPolicy(): string {
  return quickPolicy('flask-track')
    .replace('methods: [password, ', 'methods: [password, passkey, ')
    .replace(
      'recommended: [platform_staff, owner, admin]',
      'recommended: [admin], required: [owner], removal: both',
    )
    .replace('activationMail: true', 'activationMail: true\n  selfRegister: [viewer, scientist]')
}

/** A server that listens where its public address says. Its clock is the machine's, as the browser's is. */
export async function openServer(policy = openPolicy()): Promise<OpenServer> {
  const port = await freePort()
  const address = `http://localhost:${port}`
  const app = await startApp({ policy, now: new Date(), environment: { WRIT_URL: address } })
  await app.http.listen({ port, host: '127.0.0.1' })
  return { app, address }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

export interface Look {
  readonly language: 'en' | 'he'
  readonly scheme: 'light' | 'dark'
  readonly width: number
}

export const LOOKS: readonly Look[] = [
  { language: 'en', scheme: 'light', width: 1280 },
  { language: 'en', scheme: 'dark', width: 360 },
  { language: 'he', scheme: 'light', width: 360 },
  { language: 'he', scheme: 'dark', width: 1280 },
]

/** A person's window. */
export class Window {
  readonly page: Page
  readonly seen: string[] = []
  readonly #context: BrowserContext
  readonly #look: Look
  readonly #complaints: string[] = []

  private constructor(context: BrowserContext, page: Page, look: Look) {
    this.#context = context
    this.page = page
    this.#look = look
    page.on('console', (message) => {
      // A form that was refused is answered with its status, which the browser notes; that is no complaint of the page.
      if (message.type() === 'error' && !/^Failed to load resource/.test(message.text()))
        this.#complaints.push(message.text())
    })
    page.on('pageerror', (error) => this.#complaints.push(String(error)))
  }

  static async open(browser: Browser, address: string, look: Look, { script = true } = {}): Promise<Window> {
    const context = await browser.newContext({
      baseURL: address,
      colorScheme: look.scheme,
      locale: look.language === 'he' ? 'he-IL' : 'en-GB',
      viewport: { width: look.width, height: 800 },
      javaScriptEnabled: script,
    })
    return new Window(context, await context.newPage(), look)
  }

  /** Goes to an address, then {@link look}s. */
  async go(path: string, name: string): Promise<void> {
    await this.page.goto(path)
    await this.look(name)
  }

  /** Fills in fields by name, presses the button of their form, then {@link look}s. */
  async submit(fields: Readonly<Record<string, string>>, name: string, form = 'form'): Promise<void> {
    const scope = this.page.locator(form).first()
    for (const [field, value] of Object.entries(fields))
      await this.page.locator(`[name="${field}"]`).first().fill(value)
    const holder = Object.keys(fields)[0]
    const target =
      holder === undefined
        ? scope
        : this.page.locator('form', { has: this.page.locator(`[name="${holder}"]`) }).first()
    await Promise.all([this.page.waitForEvent('load'), target.locator('button').first().click()])
    await this.look(name)
  }

  /** Presses what has these words, then {@link look}s. */
  async press(selector: string, name: string): Promise<void> {
    await Promise.all([this.page.waitForEvent('load'), this.page.locator(selector).first().click()])
    await this.look(name)
  }

  /** What is shown has its language and direction, fits the window, and nothing that axe can find is wrong. */
  async look(name: string): Promise<void> {
    const { page } = this
    this.seen.push(name)
    await this.#picture(name)
    const { language, width } = this.#look
    const about = `${name} (${language}, ${this.#look.scheme}, ${width})`
    expect(await page.locator('html').getAttribute('lang'), about).toBe(language)
    expect(await page.locator('html').getAttribute('dir'), about).toBe(language === 'he' ? 'rtl' : 'ltr')
    expect(
      await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'),
      `${about} is too wide`,
    ).toBe(true)
    await page.evaluate(axe.source)
    const found = (await page.evaluate(
      `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
    )) as { violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[] }
    const violations = found.violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    }))
    expect(violations, about).toEqual([])
    expect(this.#complaints, `${about}: the console`).toEqual([])
  }

  get path(): string {
    return new URL(this.page.url()).pathname
  }

  /** What has the focus, by its name. */
  focused(): Promise<string | null> {
    return this.page.evaluate(
      'document.activeElement.getAttribute("name") ?? document.activeElement.getAttribute("role")',
    )
  }

  /** An authenticator in this machine, as a phone or a laptop has one (WebDriver, section 11 of WebAuthn Level 3). */
  async addAuthenticator(): Promise<{ session: CDPSession; authenticatorId: string }> {
    const session = await this.#context.newCDPSession(this.page)
    await session.send('WebAuthn.enable')
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    return { session, authenticatorId }
  }

  close(): Promise<void> {
    return this.#context.close()
  }

  async #picture(name: string): Promise<void> {
    const folder = process.env['SCREENSHOTS']
    if (folder === undefined) return
    mkdirSync(folder, { recursive: true })
    const { language, scheme, width } = this.#look
    const file = `${name}.${language}.${scheme}.${width}.png`
    await this.page.screenshot({ path: `${folder}/${file}`, fullPage: true })
  }
}

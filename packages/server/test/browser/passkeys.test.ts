/**
 * Passkeys in a real browser, with an authenticator that the browser itself simulates (WebAuthn Level 3, section 11):
 * its own origin, its own keys, its own signatures.
 */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PASSWORD } from '#test/app'
import { launchBrowser } from '#test/chromium'
import { LOOKS, type OpenServer, openServer, Window } from '#test/screen-tour'
import { enrolTotp } from '#test/second-factors'

let browser: Browser
let server: OpenServer

beforeAll(async () => {
  browser = await launchBrowser()
  server = await openServer()
})

afterAll(async () => {
  await browser?.close()
  await server?.app.stop()
})

const open = () => Window.open(browser, server.address, LOOKS[0]!)

async function signIn(window: Window, email: string): Promise<void> {
  await window.page.goto('/sign-in')
  await window.page.fill('[name=email]', email)
  await window.page.fill('[name=password]', PASSWORD)
  await window.page.click('form button')
}

async function addPasskey(window: Window, name: string): Promise<void> {
  const { page } = window
  await page.goto('/account/passkeys')
  await page.fill('[name=name]', name)
  await page.click('form button')
  await window.look('passkey-create')
  await page.click('form[data-passkey] button')
}

test('a passkey is set up, is a second factor, signs in by itself, is renamed and removed', async () => {
  const { email } = await server.app.member('acme', { email: 'ada@acme.test', roles: ['scientist'] })
  const window = await open()
  const { page } = window
  const { session, authenticatorId } = await window.addAuthenticator()
  await signIn(window, email)
  await page.waitForURL('**/account')
  await addPasskey(window, 'Work laptop')
  await page.waitForSelector('.codes')
  expect(await page.locator('.codes li').count()).toBe(10)
  const code = await page.locator('.codes li').first().innerText()
  await page.click('.actions .button:not([download])')
  await window.look('account-with-passkey')
  expect(await page.locator('main').innerText()).toContain('Work laptop')

  await page.goto('/sign-out')
  await page.click('form button')
  await signIn(window, email)
  await window.look('second-step-passkey')
  await page.click('form[action="/sign-in/second-step/passkey"] button')
  // Asked for by the page as it opens, and answered: nothing is to be pressed.
  await page.waitForURL('**/account')

  await page.goto('/sign-out')
  await page.click('form button')
  await page.goto('/sign-in')
  await page.click('form[action="/sign-in/passkey"] button')
  await page.waitForURL('**/account')
  expect(await page.locator('main').innerText()).toContain(email)

  await page.click('a[href^="/account/passkeys/rename"]')
  await window.look('passkey-rename')
  await page.fill('[name=name]', '<b>"Desk"</b>')
  await page.click('form button')
  await page.waitForURL('**/account?done=passkey_renamed')
  expect(await page.locator('main').innerText()).toContain('<b>"Desk"</b>')
  await page.click('a[href^="/account/passkeys/remove"]')
  await window.look('passkey-remove')
  await page.fill('[name=password]', PASSWORD)
  await page.fill('[name=code]', code)
  await page.click('form button')
  await page.waitForURL('**/account?done=passkey_removed')
  const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId })
  expect(credentials).toHaveLength(1)

  // The key is still in the authenticator; here it opens nothing any more.
  await page.goto('/sign-out')
  await page.click('form button')
  await page.goto('/sign-in')
  await page.click('form[action="/sign-in/passkey"] button')
  await page.waitForSelector('[role=alert]:not([data-notice])')
  expect(new URL(page.url()).pathname).toBe('/sign-in/passkey/answer')
  await window.close()
})

test('who gives no passkey is told so by the page, and may go back', async () => {
  const window = await open()
  const { page } = window
  await page.addInitScript(
    "navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError'))",
  )
  await page.goto('/sign-in')
  await page.click('form[action="/sign-in/passkey"] button')
  await window.look('passkey-ask')
  expect(await page.locator('[data-notice]').isVisible()).toBe(false)
  await page.click('form[data-passkey] button')
  await page.waitForSelector('[data-notice]:not([hidden])')
  await window.look('passkey-not-given')
  await window.press('.links a', 'sign-in-again')
  await window.close()
})

test('a fresh proof by passkey opens what is sensitive', async () => {
  const { app } = server
  const { email } = await app.member('acme', { email: 'bo@acme.test', roles: ['scientist'] })
  const window = await open()
  const { page } = window
  await window.addAuthenticator()
  await signIn(window, email)
  await page.waitForURL('**/account')
  await addPasskey(window, 'Key')
  await page.waitForSelector('.codes')
  app.clock.advance(3_600)
  await page.goto('/account/recovery-codes')
  await page.click('form button')
  await page.waitForURL('**/account/confirm?**')
  await window.look('confirm-by-passkey')
  await page.click('form[action="/account/confirm/passkey"] button')
  await page.waitForURL('**/account/recovery-codes')
  await page.click('form button')
  await page.waitForSelector('.codes')
  await window.close()
})

test('without JavaScript no passkey is offered, and the other ways are', async () => {
  const { app } = server
  const { email } = await app.member('acme', { email: 'cy@acme.test', roles: ['scientist'] })
  const totp = await enrolTotp(app, (await app.signIn(email)).accessToken)
  const window = await Window.open(browser, server.address, LOOKS[0]!, { script: false })
  const { page } = window
  await page.goto('/sign-in')
  expect(await page.locator('form[action="/sign-in/passkey"]').isVisible()).toBe(false)
  await page.fill('[name=email]', email)
  await page.fill('[name=password]', PASSWORD)
  await page.click('form button')
  await page.fill('[name=code]', totp.code())
  await page.click('form button')
  await page.waitForURL('**/account')
  await page.goto('/account/passkeys')
  expect(await page.locator('main').innerText()).toContain('A passkey needs JavaScript')
  await window.close()
})

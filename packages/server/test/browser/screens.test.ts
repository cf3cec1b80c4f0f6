/**
 * Every page in a real browser: in both languages, both colour schemes, on a desk and in a hand. What axe can find wrong
 * fails; so does a page wider than its window, and any complaint in the console (a style or script that the policy of
 * the page forbids is one).
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD } from '#test/app'
import { launchBrowser } from '#test/chromium'
import { seedInvite } from '#test/invites'
import { linkFor } from '#test/recovery'
import { register } from '#test/relying-party'
import { LOOKS, type Look, type OpenServer, openServer, Window } from '#test/screen-tour'
import { enrolTotp, totp } from '#test/second-factors'

let browser: Browser
let server: OpenServer
/** An application of another site. */
let application: Server
let callback: string

beforeAll(async () => {
  browser = await launchBrowser()
  server = await openServer()
  application = createServer((_request, response) => response.end('arrived')).listen(0, '127.0.0.1')
  await once(application, 'listening')
  callback = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`
})

afterAll(async () => {
  await browser?.close()
  application?.close()
  await server?.app.stop()
})

const nameOf = ({ language, scheme, width }: Look) => `${language}, ${scheme}, ${width} wide`

describe.each(LOOKS.map((look) => [nameOf(look), look] as const))(
  'pages are whole and accessible: %s',
  (_, look) => {
    const tag = `${look.language}-${look.scheme}`
    const person = (name: string, role: string) =>
      server.app.member(`lab-${tag}`, {
        email: `${name}-${tag}@lab.test`,
        name: `Ada ${name}`,
        roles: [role],
      })
    const open = () => Window.open(browser, server.address, look)

    test('signing in, and what is refused', async () => {
      const { email } = await person('scientist', 'scientist')
      const window = await open()
      await window.go('/sign-in', 'sign-in')
      expect(await window.focused()).toBe('email')
      await window.submit({ email, password: '' }, 'sign-in-empty')
      expect(await window.focused()).toBe('password')
      await window.submit({ email, password: 'Wrong-Password-1' }, 'sign-in-refused')
      expect(await window.focused()).toBe('alert')
      expect(await window.page.inputValue('[name=email]')).toBe(email)
      await window.submit({ email, password: PASSWORD }, 'account-plain')
      await window.go('/account/password', 'change-password')
      await window.submit({ currentPassword: PASSWORD, newPassword: 'short' }, 'change-password-refused')
      await window.go('/account/email', 'change-email')
      await window.go('/account/profile', 'profile')
      await window.go('/account/recovery-codes', 'recovery-codes-renew')
      await window.go('/account/passkeys', 'passkey-add')
      await window.go('/account/confirm?return=%2Faccount', 'confirm')
      await window.go('/sign-out', 'sign-out')
      await window.submit({}, 'signed-out')
      await window.close()
    })

    test('the second step, several organizations, a new password', async () => {
      const { app } = server
      const member = await person('several', 'scientist')
      await app.member(`other-${tag}`, { email: member.email, roles: ['viewer'] })
      const { code, recoveryCodes } = await enrolTotp(
        app,
        (await app.signIn(member.email, { organization: member.organization })).accessToken,
      )
      const window = await open()
      await window.go('/sign-in?return=%2Faccount%2Forganization', 'sign-in-return')
      await window.submit({ email: member.email, password: PASSWORD }, 'second-step')
      expect(await window.focused()).toBe('code')
      await window.submit({ code: '000000' }, 'second-step-refused')
      await window.page.locator('summary').click()
      await window.look('second-step-recovery')
      await window.submit({ recoveryCode: recoveryCodes[0]! }, 'which-organization')
      await window.submit({}, 'switch-organization')
      await window.go('/account/authenticator/remove', 'authenticator-remove')
      await window.go('/account/confirm?return=%2Faccount', 'confirm-by-code')
      await window.submit({ code: code(0) }, 'account-with-app')
      await window.close()

      const temporary = await person('temporary', 'viewer')
      await app.ownerDb.transaction(`account:${temporary.userId}`, (tx) =>
        tx
          .updateTable('users')
          .set({ mustChangePassword: true })
          .where('id', '=', temporary.userId)
          .execute(),
      )
      const other = await open()
      await other.go('/sign-in', 'sign-in')
      await other.submit({ email: temporary.email, password: PASSWORD }, 'new-password')
      await other.submit({ newPassword: 'abc' }, 'new-password-refused')
      await other.submit({ newPassword: 'Quiet-Harbour-48!' }, 'account-after-new-password')
      await other.close()
    })

    test('a role that must have a second factor reaches nothing but setting one up', async () => {
      const { email } = await person('owner', 'owner')
      const window = await open()
      await window.go('/sign-in', 'sign-in')
      await window.submit({ email, password: PASSWORD }, 'enrolment')
      await window.page.goto('/account')
      expect(new URL(window.page.url()).pathname).toBe('/account/enrolment')
      await window.submit({}, 'authenticator')
      const secret = (await window.page.locator('.secret').innerText()).replace(/\s/g, '')
      await window.submit({ code: '000000' }, 'authenticator-refused')
      await window.submit({ code: totp(secret, server.app.clock.now()) }, 'recovery-codes')
      const [saved] = await Promise.all([
        window.page.waitForEvent('download'),
        window.page.locator('[download]').click(),
      ])
      expect(saved.suggestedFilename()).toBe('recovery-codes.txt')
      await window.press('.actions .button:not([download])', 'account-enrolled')
      await window.close()
    })

    test('what a mailed link opens', async () => {
      const member = await person('links', 'viewer')
      const window = await open()
      await window.go('/forgot', 'forgot')
      await window.submit({ email: '' }, 'forgot-empty')
      await window.submit({ email: member.email }, 'forgot-sent')
      await window.go('/reset-password?token=none', 'reset')
      await window.submit({ newPassword: 'Quiet-Harbour-48!' }, 'reset-dead')
      const token = await linkFor(server.app, member, 'password_reset')
      await window.go(`/reset-password?token=${token}`, 'reset')
      await window.submit({ newPassword: 'Quiet-Harbour-48!' }, 'reset-done')
      expect(window.path).toBe('/reset-password/done')
      for (const page of ['activate', 'verify-email', 'confirm-email', 'refuse-email'])
        await window.go(`/${page}?token=none`, page)
      await window.go('/verify-email/done', 'verify-done')
      await window.go('/refuse-email/done', 'refuse-done')
      await window.close()
    })

    test('coming in: invited, or registered', async () => {
      const inviter = await person('inviter', 'admin')
      const { token } = await seedInvite(server.app, inviter, {
        email: `new-${tag}@lab.test`,
        role: 'scientist',
      })
      const window = await open()
      await window.go('/invite?token=none', 'invite-dead')
      await window.go(`/invite?token=${token}`, 'invite')
      await window.submit({ name: 'Newt', password: 'abc' }, 'invite-refused')
      await window.submit({ password: PASSWORD }, 'invite-done')
      expect(window.path).toBe('/invite/done')
      await window.go('/register', 'register')
      await window.submit({ email: 'nobody' }, 'register-refused')
      await window.submit(
        { organization: inviter.organization, email: `own-${tag}@lab.test`, name: 'Own' },
        'register-sent',
      )
      expect(window.path).toBe('/register/sent')
      await window.go('/register/finish?token=none', 'register-finish')
      await window.go('/register/done', 'register-done')
      const existing = await seedInvite(server.app, inviter, {
        email: (
          await server.app.member(`elsewhere-${tag}`, { email: `there-${tag}@lab.test`, roles: ['viewer'] })
        ).email,
        role: 'viewer',
      })
      await window.go(`/invite?token=${existing.token}`, 'invite-existing')
      await window.press('main .button', 'sign-in-invited')
      await window.submit({ email: `there-${tag}@lab.test`, password: PASSWORD }, 'invite-join')
      await window.submit({}, 'account-joined')
      expect(window.path).toBe('/account')
      await window.close()
    })

    test('one sign-on: consent and back to the application, a device, signing out', async () => {
      const { email } = await person('sign-on', 'viewer')
      const { id } = await register(server.app, {
        name: 'Till <b>',
        isFirstParty: false,
        redirectUris: [callback],
      })
      const window = await open()
      const query = asking(id)
      await window.go(`/oidc/authorize?${query}`, 'sign-in-for-application')
      await window.page.locator('[name=email]').fill(email)
      await window.page.locator('[name=password]').fill(PASSWORD)
      await window.page.locator('form button').first().click()
      await window.page.waitForURL(/\/oidc\/interaction\//)
      await window.look('consent')
      await window.page.locator('button[value=allow]').click()
      // Another site, at the end of the redirects that answer a form: a form-action that forbade it would stop here.
      await window.page.waitForURL(`${callback}?**`)
      expect(new URL(window.page.url()).searchParams.get('code')).toEqual(expect.any(String))
      await window.go('/account', 'account-with-application')
      await window.submit({}, 'application-withdrawn', 'form[action="/account/applications/withdraw"]')
      expect(window.path).toBe('/account')
      await window.go('/device', 'device')
      await window.submit({ user_code: 'XXXX-XXXX' }, 'device-refused')
      await window.go('/oidc/logout', 'provider-sign-out')
      await window.go('/nothing/here', 'nothing-here')
      if (look.language === 'en') await window.go('/setup', 'setup')
      await window.go('/oidc/authorize?client_id=nobody', 'provider-error')
      await window.close()
    })
  },
)

// Browsers hold the redirects that answer a form to the form-action of its page, those of other sites too (CSP Level 3,
// section 6.3.1.1): a person who signs in would be stopped on the way back to the application.
test('a person who signs in arrives at the application, with and without JavaScript', async () => {
  const { email } = await server.app.member('lab-arrives', { email: 'arrives@lab.test', roles: ['viewer'] })
  const { id } = await register(server.app, { name: 'Till', redirectUris: [callback] })
  for (const script of [true, false]) {
    const window = await Window.open(browser, server.address, LOOKS[0]!, { script })
    const { page } = window
    await page.goto(`/oidc/authorize?${asking(id)}`)
    await page.fill('[name=email]', email)
    await page.fill('[name=password]', PASSWORD)
    await page.click('form button')
    await page.waitForURL(`${callback}?**`, { timeout: 10_000 })
    expect(new URL(page.url()).searchParams.get('code')).toEqual(expect.any(String))
    await window.close()
  }
})

/** What an application sends a browser with. */
function asking(client: string): URLSearchParams {
  return new URLSearchParams({
    client_id: client,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid profile email organization roles permissions',
    state: 'some-state',
    nonce: 'some-nonce',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
}

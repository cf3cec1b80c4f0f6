import { createServer, type IncomingMessage, type Server, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, startApp, type TestApp, type TestMember } from '#test/app'
import { openSessionOf, signedInMember } from '#test/attack-sessions'
import { Browser } from '#test/browser'
import { quickPolicy } from '#test/policies'
import { openOperatorDatabase } from '../../../services.ts'
import { registerHost } from './commands/register-host.ts'
import { removeHost } from './commands/remove-host.ts'

const WIKI = 'https://wiki.example.test'
const BOARD = 'https://board.example.test'
/** Through Traefik's or Caddy's way of asking. */
const SHOP = 'https://shop.example.test'
/** Behind the same proxy, and never registered. */
const STRAY = 'https://stray.example.test'

let app: TestApp
let proxy: Proxy
let operator: ReturnType<typeof openOperatorDatabase>
let writ: number
let owner: string

beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('business-manager') })
  await app.http.listen({ port: 0, host: '127.0.0.1' })
  writ = (app.http.server.address() as AddressInfo).port
  operator = openOperatorDatabase({
    ownerUrl: app.database.ownerUrl,
    masterKey: app.masterKey,
    now: app.clock.now,
  })
  for (const origin of [WIKI, BOARD, SHOP])
    await registerHost(operator, { origin, publicUrl: ORIGIN, by: 'test' })
  owner = (await signedInMember(app, 'acme', { email: 'ada@acme.example', roles: ['tenant_admin'] }))
    .accessToken
  proxy = await startProxy(writ)
})
afterAll(async () => {
  await proxy?.stop()
  await operator?.db.close()
  await app?.stop()
})

let people = 0

/** A new member, with a browser in which they have signed in. */
async function signedIn(
  role: string,
  name = 'Ben',
  organization = 'acme',
): Promise<{ browser: Browser; member: TestMember }> {
  const email = `p${++people}@${organization}.example`
  const member = await app.member(organization, { email, name, roles: [role] })
  const browser = newBrowser()
  await signInAt(browser, member)
  return { browser, member }
}

/** As the sign-in page leaves a browser. */
async function signInAt(browser: Browser, member: TestMember): Promise<void> {
  browser.keep(ORIGIN, `${(await openSessionOf(app, member)).cookie}; Path=/; Secure`)
}

function newBrowser(): Browser {
  const places = { [ORIGIN]: writ, ...Object.fromEntries(proxy.hosts.map((host) => [host, proxy.port])) }
  return new Browser({ places, now: app.clock.now })
}

/** What the application behind the proxy was told. */
const told = ({ text }: { text: string }) => JSON.parse(text) as Record<string, string>

async function asOwner(method: string, path: string, body?: unknown): Promise<void> {
  const answer = await app.request(method, `/organizations/acme${path}`, { as: owner, body })
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
}

describe.each([
  ['nginx', WIKI, BOARD],
  ['Traefik and Caddy', SHOP, SHOP],
])('behind %s', (_, host, other) => {
  test('a signed-in person is on the host without signing in again, and the application is told who they are', async () => {
    const { browser, member } = await signedIn('staff', 'Zoë "Ben" 100%')
    const page = await browser.open(`${host}/pages/7?q=a&b=%20c`)
    expect([page.status, page.url]).toEqual([200, `${host}/pages/7?q=a&b=%20c`])
    expect(told(page)).toEqual({
      path: '/pages/7?q=a&b=%20c',
      'x-writ-user': member.wire.user,
      'x-writ-email': member.email,
      'x-writ-name': 'Zo%C3%AB "Ben" 100%25',
      'x-writ-organization': member.wire.organization,
      'x-writ-roles': 'staff',
    })
    expect(decodeURIComponent(told(page)['x-writ-name']!)).toBe('Zoë "Ben" 100%')
    const again = await browser.open(`${host}/next`)
    expect(again.trail).toHaveLength(1)
    expect((await browser.open(`${other}/`)).status).toBe(200)
  })

  test('a person who is not signed in is sent to the sign-in page, and returns from it to the page they wanted', async () => {
    const browser = newBrowser()
    const signInPage = await browser.open(`${host}/deep?x=1`)
    expect(signInPage.url).toContain(`${ORIGIN}/sign-in?`)
    const { email, password } = await app.member('acme', {
      email: `p${++people}@acme.example`,
      roles: ['staff'],
    })
    const page = await browser.submit(signInPage, { email, password })
    expect([page.status, page.url]).toEqual([200, `${host}/deep?x=1`])
  })

  test('an address that is too long to be carried through the sign-in ends on the first page', async () => {
    const browser = newBrowser()
    const { trail } = await browser.open(`${host}/${'é'.repeat(400)}`)
    const member = await app.member('acme', { email: `p${++people}@acme.example`, roles: ['staff'] })
    await signInAt(browser, member)
    const wanted = new URL(trail.at(-1)!).searchParams.get('return')!
    expect(wanted.length).toBeLessThanOrEqual(2_000)
    expect((await browser.open(ORIGIN + wanted)).url).toBe(`${host}/`)
  })

  test('what is no page that somebody looks at is refused with 401 and sent nowhere', async () => {
    const answer = await newBrowser().fetch(`${host}/api`, {
      headers: { accept: '*/*', 'sec-fetch-mode': 'cors' },
    })
    expect([answer.status, answer.headers.location]).toEqual([401, undefined])
    const written = await newBrowser().fetch(`${host}/api`, {
      method: 'POST',
      headers: { accept: 'text/html' },
      form: { a: 'b' },
    })
    expect([written.status, written.headers.location]).toEqual([401, undefined])
  })

  test('standing is read for every request: a role change, a sign-out and a deactivation hold at once, the address of a header too', async () => {
    const { browser, member } = await signedIn('staff')
    await browser.open(`${host}/`)
    await asOwner('PATCH', `/members/${member.wire.member}`, { roles: ['accountant'] })
    expect(told(await browser.open(`${host}/`))['x-writ-roles']).toBe('accountant')
    await asOwner('POST', `/members/${member.wire.member}/deactivate`)
    expect((await browser.open(`${host}/`)).url).toContain(`${ORIGIN}/sign-in`)

    const second = await signedIn('staff')
    await second.browser.open(`${host}/`)
    const cookie = second.browser.cookies(ORIGIN)
    await app.request('POST', '/auth/logout', { headers: { cookie, origin: ORIGIN } })
    expect((await second.browser.open(`${host}/`)).url).toContain(`${ORIGIN}/sign-in`)
  })

  test('a client cannot say who it is: headers of its own are replaced, and without a session none arrive', async () => {
    const { browser } = await signedIn('staff')
    await browser.open(`${host}/`)
    const page = await browser.fetch(`${host}/`, { headers: { 'x-writ-roles': 'tenant_admin' } })
    expect(told(page)['x-writ-roles']).toBe('staff')
  })
})

type Way = (person: { browser: Browser; member: TestMember }) => Promise<unknown>

const asPerson =
  (method: string, path: string, body?: unknown): Way =>
  async ({ browser }) => {
    const headers = { cookie: browser.cookies(ORIGIN), origin: ORIGIN }
    const answer = await app.request(method, path, { headers, body })
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
  }

/** Each ends what a person holds; the cookie of a host is to end with it. */
const waysOut: Readonly<Record<string, Way>> = {
  'signing out': asPerson('POST', '/auth/logout'),
  'signing out everywhere': asPerson('POST', '/auth/logout-everywhere'),
  'a new password': asPerson('POST', '/me/password', {
    currentPassword: 'Quiet-Harbour-47',
    newPassword: 'Other-Harbour-58!',
  }),
  'an administrator who ends the sessions': ({ member }) =>
    asOwner('DELETE', `/members/${member.wire.member}/sessions`),
  deactivation: ({ member }) => asOwner('POST', `/members/${member.wire.member}/deactivate`),
  deletion: ({ member }) => asOwner('DELETE', `/members/${member.wire.member}?acknowledge=history-stays`),
  'the last day': ({ member }) =>
    app.ownerDb.transaction(`org:${member.organizationId}`, (tx) =>
      tx
        .updateTable('members')
        .set({ accessEndsAt: app.clock.now() })
        .where('id', '=', member.memberId)
        .execute(),
    ),
  'a suspended organization': ({ member }) =>
    app.ownerDb.transaction(`org:${member.organizationId}`, (tx) =>
      tx
        .updateTable('organizations')
        .set({ status: 'suspended' })
        .where('id', '=', member.organizationId)
        .execute(),
    ),
}

test.each(Object.entries(waysOut))(
  'after %s the next request to a host is refused, on every server',
  async (way, leave) => {
    const sibling = await app.sibling()
    const organization = way === 'a suspended organization' ? 'doomed' : 'acme'
    const person = await signedIn('staff', 'Ben', organization)
    await person.browser.open(`${WIKI}/`)
    const headers = { cookie: person.browser.cookies(WIKI), 'x-original-url': `${WIKI}/` }
    const statuses = () =>
      Promise.all(
        [app, sibling].map(
          async ({ http }) => (await http.inject({ url: '/forward-auth', headers })).statusCode,
        ),
      )
    expect(await statuses()).toEqual([204, 204])
    await leave(person)
    expect(await statuses()).toEqual([401, 401])
  },
)

describe('a permission in the address that the proxy asks', () => {
  test('is decided by the policy, and refused with 403 and its event where the policy says no', async () => {
    const { browser } = await signedIn('accountant')
    expect((await browser.open(`${WIKI}/`)).status).toBe(200)
    const before = (await app.events('acme')).filter((type) => type === 'decisions.denied').length
    expect((await browser.fetch(`${WIKI}/livestock/`)).status).toBe(403)
    const denied = (await app.events('acme')).filter((type) => type === 'decisions.denied')
    expect(denied).toHaveLength(before + 1)
    const { browser: herder } = await signedIn('staff')
    await herder.open(`${WIKI}/`)
    expect((await herder.fetch(`${WIKI}/livestock/`)).status).toBe(200)
  })

  test('that the policy does not know is refused', async () => {
    const { browser } = await signedIn('tenant_admin')
    await browser.open(`${WIKI}/`)
    const answer = await ask({ cookie: browser.cookies(WIKI), permission: 'fly:kites' })
    expect(answer.status).toBe(403)
    const both = await ask({
      cookie: browser.cookies(WIKI),
      permission: 'read:livestock&permission=fly:kites',
    })
    expect(both.status).toBe(403)
  })
})

describe('attacks', () => {
  test('a cookie of one host is worth nothing on another', async () => {
    const { browser } = await signedIn('staff')
    await browser.open(`${WIKI}/`)
    // The attacker runs the wiki, or reads its traffic, and presents its visitors' cookies to the board.
    const cookie = browser.cookies(WIKI)
    expect((await ask({ cookie, url: `${WIKI}/` })).status).toBe(204)
    expect((await ask({ cookie, url: `${BOARD}/` })).status).toBe(401)
    expect((await ask({ cookie, url: 'http://wiki.example.test/' })).status).toBe(403)
    expect((await ask({ cookie, url: `${WIKI}:8443/` })).status).toBe(403)
  })

  test("Writ's own cookie opens no host, and a host's opens nothing of Writ", async () => {
    const { browser } = await signedIn('staff')
    await browser.open(`${WIKI}/`)
    expect((await ask({ cookie: browser.cookies(ORIGIN) })).status).toBe(401)
    const value = browser.cookies(WIKI).match(/__Host-writ_forward=([\w-]+)/)![1]!
    const stolen = await app.request('GET', '/me', { headers: { cookie: `__Host-writ_session=${value}` } })
    expect(stolen.status).toBe(401)
  })

  test('a code is spent once of 20 times at once, over two servers', async () => {
    const { browser, code } = await withCode(WIKI)
    const sibling = await app.sibling()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? sibling : app).http.inject({
          url: `/forward-auth/callback?code=${code}`,
          headers: { 'x-original-url': `${WIKI}/.writ/callback`, cookie: browser.cookies(WIKI) },
        }),
      ),
    )
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([302, ...Array(19).fill(403)])
    const events = (await app.events('acme')).filter((type) => type === 'forward_auth.admitted')
    const before = events.length
    const replay = await browser.fetch(`${WIKI}/.writ/callback?code=${code}`)
    expect([replay.status, JSON.parse(replay.text).code]).toEqual([403, 'forward_auth.invalid_code'])
    expect((await app.events('acme')).filter((type) => type === 'forward_auth.admitted')).toHaveLength(before)
  })

  test('a code is worth nothing on another host, in another browser, without one, or after a minute', async () => {
    const { browser, code } = await withCode(WIKI)
    const path = `/.writ/callback?code=${code}`
    // Of the board the same browser has a cookie, too.
    await browser.fetch(`${BOARD}/.writ/sign-in`)
    expect((await browser.fetch(BOARD + path)).status).toBe(403)
    // Login CSRF: the attacker leaves with a browser of their own and has the victim open where they would come back.
    const victim = newBrowser()
    expect((await victim.fetch(WIKI + path)).status).toBe(403)
    await victim.fetch(`${WIKI}/.writ/sign-in`)
    expect((await victim.fetch(WIKI + path)).status).toBe(403)
    expect(victim.cookies(WIKI)).not.toContain('__Host-writ_forward=')
    app.clock.advance(60)
    expect((await browser.fetch(WIKI + path)).status).toBe(403)
  })

  test('a code and a cookie die with the session, also between the two redirects', async () => {
    const { browser, code } = await withCode(WIKI)
    const cookie = browser.cookies(ORIGIN)
    await app.request('POST', '/auth/logout', { headers: { cookie, origin: ORIGIN } })
    expect((await browser.fetch(`${WIKI}/.writ/callback?code=${code}`)).status).toBe(403)
  })

  test('a host is never one that the request chose: nobody is sent to an unregistered one', async () => {
    const { browser } = await signedIn('staff')
    const start = (host: string, path: string) =>
      browser.fetch(
        `${ORIGIN}/forward-auth/start?${new URLSearchParams({ host, return: path, browser: 'A'.repeat(43) })}`,
      )
    for (const host of [
      STRAY,
      'https://evil.test',
      `${WIKI}.evil.test`,
      'https://wiki.example.test@evil.test',
      `${WIKI}:444`,
      'http://wiki.example.test',
      'javascript:alert(1)',
      '//wiki.example.test',
    ]) {
      const answer = await start(host, '/')
      expect([host, answer.status, answer.headers.location]).toEqual([host, 403, undefined])
    }
    for (const path of [
      '//evil.test',
      '/\\evil.test',
      'https://evil.test',
      '@evil.test',
      '.evil.test',
      '/\t/evil',
    ]) {
      const landed = await browser.open((await start(WIKI, path)).headers.location!)
      expect([path, new URL(landed.url).origin]).toEqual([path, WIKI])
    }
    expect((await ask({ cookie: browser.cookies(WIKI), url: `${STRAY}/` })).status).toBe(403)
    expect(proxyStatus(await newBrowser().open(`${STRAY}/`))).toBe(403)
  })

  test('headers are believed from trusted addresses alone, once each, and where they agree', async () => {
    const { browser } = await signedIn('staff')
    await browser.open(`${WIKI}/`)
    const cookie = browser.cookies(WIKI)
    const code = async (headers: Record<string, string>, remoteAddress = '127.0.0.1') => {
      const answer = await app.http.inject({
        url: '/forward-auth',
        headers: { cookie, ...headers },
        remoteAddress,
      })
      return answer.statusCode === 204 ? 204 : answer.json().code
    }
    const asked = { 'x-original-url': `${WIKI}/` }
    const forwarded = (host: string) => ({ 'x-forwarded-proto': 'https', 'x-forwarded-host': host })
    expect(await code(asked)).toBe(204)
    expect(await code(asked, '::ffff:127.0.0.1')).toBe(204)
    expect(await code(forwarded('wiki.example.test'))).toBe(204)
    expect(await code({ ...asked, ...forwarded('wiki.example.test') })).toBe(204)
    // A client on the network that speaks as if it were the proxy.
    expect(await code(asked, '203.0.113.9')).toBe('forward_auth.untrusted_proxy')
    expect(await code({ ...asked, 'x-forwarded-for': '127.0.0.1' }, '203.0.113.9')).toBe(
      'forward_auth.untrusted_proxy',
    )
    // Traefik hands on the client's X-Original-URL; nginx the client's X-Forwarded-Host.
    expect(await code({ ...asked, ...forwarded('board.example.test') })).toBe('forward_auth.unclear_host')
    expect(await code({})).toBe('forward_auth.unclear_host')
    for (const url of ['wiki.example.test/', 'https://x@wiki.example.test/', 'ftp://wiki.example.test/', '/'])
      expect([url, await code({ 'x-original-url': url })]).toEqual([url, 'forward_auth.unclear_host'])
    for (const host of ['wiki.example.test, evil.test', 'wiki.example.test/', 'x@wiki.example.test', ''])
      expect([host, await code(forwarded(host))]).toEqual([host, 'forward_auth.unclear_host'])
    const twice = await twiceTheHeader(cookie)
    expect(twice).toBe(403)
  })

  test('two cookies of the name are none: one of them was put there by somebody', async () => {
    const { browser } = await signedIn('staff')
    const other = await signedIn('staff')
    await browser.open(`${WIKI}/`)
    await other.browser.open(`${WIKI}/`)
    const cookie = `${browser.cookies(WIKI)}; ${other.browser.cookies(WIKI)}`
    expect((await ask({ cookie })).status).toBe(401)
  })

  test('a host that was removed is out at once, and so are its codes', async () => {
    const origin = 'https://gone.example.test'
    await registerHost(operator, { origin, publicUrl: ORIGIN, by: 'test' })
    const { browser } = await signedIn('staff')
    expect((await browser.open(`${origin}/`)).status).toBe(200)
    const { browser: leaving, code } = await withCode(origin)
    await removeHost(operator, { origin, by: 'test' })
    expect((await ask({ cookie: browser.cookies(origin), url: `${origin}/` })).status).toBe(403)
    expect((await leaving.fetch(`${origin}/.writ/callback?code=${code}`)).status).toBe(403)
    // Registered anew it is another host: cookies of before stay dead.
    await registerHost(operator, { origin, publicUrl: ORIGIN, by: 'test' })
    expect((await ask({ cookie: browser.cookies(origin), url: `${origin}/` })).status).toBe(401)
    expect(await app.events()).toEqual(
      expect.arrayContaining(['forward_auth.host_registered', 'forward_auth.host_removed']),
    )
  })

  test('a cookie that was copied before a proof is worth nothing after it', async () => {
    const { browser } = await signedIn('staff')
    await browser.open(`${WIKI}/`)
    const copied = browser.cookies(WIKI)
    const stepUp = await app.request('POST', '/auth/step-up', {
      headers: { cookie: browser.cookies(ORIGIN), origin: ORIGIN },
      body: { password: 'Quiet-Harbour-47' },
    })
    expect(stepUp.status, JSON.stringify(stepUp.body)).toBeLessThan(300)
    for (const line of [stepUp.headers['set-cookie'] ?? []].flat()) browser.keep(ORIGIN, line)
    expect((await ask({ cookie: copied })).status).toBe(401)
    // The person notices nothing but a redirect.
    expect((await browser.open(`${WIKI}/`)).status).toBe(200)
  })

  test('who still owes a password of their own is on no host', async () => {
    const { browser, member } = await signedIn('staff')
    await browser.open(`${WIKI}/`)
    await app.ownerDb.transaction(`org:${member.organizationId}`, (tx) =>
      tx.updateTable('users').set({ mustChangePassword: true }).where('id', '=', member.userId).execute(),
    )
    expect((await ask({ cookie: browser.cookies(WIKI) })).status).toBe(401)
    const { trail } = await browser.open(`${WIKI}/`)
    expect(trail).toContainEqual(expect.stringContaining(`${ORIGIN}/sign-in`))
    expect(new URL(trail.at(-1)!).origin).toBe(ORIGIN)
  })
})

test('where one sign-on does not serve another application, each host asks for the password', async () => {
  const policy = quickPolicy('business-manager').replace('singleSignOn: true', 'singleSignOn: false')
  const other = await startApp({ policy })
  await other.http.listen({ port: 0, host: '127.0.0.1' })
  const { port } = other.http.server.address() as AddressInfo
  const between = await startProxy(port)
  const database = { ownerUrl: other.database.ownerUrl, masterKey: other.masterKey, now: other.clock.now }
  const itsOperator = openOperatorDatabase(database)
  try {
    for (const origin of [WIKI, BOARD])
      await registerHost(itsOperator, { origin, publicUrl: ORIGIN, by: 'test' })
    const member = await other.member('acme', { email: 'ada@acme.example', roles: ['staff'] })
    const places = { [ORIGIN]: port, [WIKI]: between.port, [BOARD]: between.port }
    const browser = new Browser({ places, now: other.clock.now })
    browser.keep(ORIGIN, `${(await openSessionOf(other, member)).cookie}; Path=/; Secure`)
    for (const host of [WIKI, BOARD]) {
      other.clock.advance(60)
      const asked = await browser.open(`${host}/deep`)
      expect(asked.url).toContain(`${ORIGIN}/account/confirm?`)
      // An old address of the history, or one that somebody made, says nothing of when this browser left.
      const start = new URL(ORIGIN + new URL(asked.url).searchParams.get('return'))
      start.searchParams.set('at', start.searchParams.get('at')!.replace(/^\d+/, '1'))
      expect((await browser.open(start.href)).url).toContain(`${ORIGIN}/account/confirm?`)
      const page = await browser.submit(asked, { password: member.password })
      expect([page.status, page.url]).toEqual([200, `${host}/deep`])
    }
    for (const host of [WIKI, BOARD]) expect((await browser.open(`${host}/`)).trail).toHaveLength(1)
  } finally {
    await between.stop()
    await itsOperator.db.close()
    await other.stop()
  }
})

test.each([
  'wiki.example.test',
  'https://wiki.example.test/path',
  'http://wiki.example.test',
  'https://u@wiki.example.test',
  'https://*.example.test/x',
  ORIGIN,
  '',
])(
  'a host is an origin that a cookie can be kept for, and not Writ itself: %s is refused',
  async (origin) => {
    await expect(registerHost(operator, { origin, publicUrl: ORIGIN, by: 'test' })).rejects.toMatchObject({
      code: 'invalid_input',
    })
  },
)

test('a host is registered once', async () => {
  await expect(
    registerHost(operator, { origin: `${WIKI}/`, publicUrl: ORIGIN, by: 'test' }),
  ).rejects.toMatchObject({
    code: 'forward_auth.already_registered',
  })
  await expect(removeHost(operator, { origin: STRAY, by: 'test' })).rejects.toMatchObject({
    code: 'forward_auth.not_found',
  })
})

// The requests of the tests ----------------------------------------------------------------------------------------

/** As nginx asks. */
async function ask({
  cookie,
  url = `${WIKI}/`,
  permission,
}: {
  cookie: string
  url?: string
  permission?: string
}) {
  const answer = await app.http.inject({
    url: `/forward-auth${permission ? `?permission=${permission}` : ''}`,
    headers: { cookie, 'x-original-url': url },
  })
  return { status: answer.statusCode, body: answer.body }
}

/** A signed-in browser that has left a host and been given the code to come back with, unspent. */
async function withCode(host: string): Promise<{ browser: Browser; code: string }> {
  const { browser } = await signedIn('staff')
  const left = await browser.fetch(`${host}/.writ/sign-in?return=/`)
  const start = await browser.fetch(left.headers.location!)
  const callback = new URL(start.headers.location!)
  expect(callback.origin + callback.pathname).toBe(`${host}/.writ/callback`)
  return { browser, code: callback.searchParams.get('code')! }
}

function twiceTheHeader(cookie: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = [
      'Cookie',
      cookie,
      'X-Original-URL',
      `${WIKI}/`,
      'X-Original-URL',
      `${BOARD}/`,
      'Host',
      'x',
    ]
    send({ host: '127.0.0.1', port: writ, path: '/forward-auth', headers }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    })
      .on('error', reject)
      .end()
  })
}

const proxyStatus = ({ status }: { status: number }) => status

// The proxy: what nginx does with auth_request, and Traefik with ForwardAuth -----------------------------------------

interface Proxy {
  readonly port: number
  readonly hosts: readonly string[]
  stop(): Promise<void>
}

const GONE = 'https://gone.example.test'
const TOLD = ['x-writ-user', 'x-writ-email', 'x-writ-name', 'x-writ-organization', 'x-writ-roles']

async function startProxy(port: number): Promise<Proxy> {
  const server = createServer((request, response) => {
    const origin = `https://${request.headers.host}`
    const path = request.url!
    const asNginx = origin !== SHOP
    const named: Record<string, string> = asNginx
      ? { 'x-original-url': origin + path, 'x-original-method': request.method! }
      : {
          'x-forwarded-proto': 'https',
          'x-forwarded-host': new URL(origin).host,
          'x-forwarded-uri': path,
          'x-forwarded-method': request.method!,
        }
    const toWrit = (target: string) =>
      subrequest(port, target, { ...(request.headers as Record<string, string>), ...named })
    void (async () => {
      if (path.startsWith('/.writ/')) {
        const answer = await toWrit(path.replace('/.writ/', '/forward-auth/'))
        return response.writeHead(answer.status, answer.headers as never).end(answer.text)
      }
      const permission = path.startsWith('/livestock/') ? '?permission=read:livestock' : ''
      const verdict = await toWrit(`/forward-auth${permission}`)
      if (verdict.status >= 200 && verdict.status < 300)
        return response.end(JSON.stringify(tell(path, verdict)))
      if (!asNginx) return response.writeHead(verdict.status, verdict.headers as never).end(verdict.text)
      const { location } = verdict.headers
      if (verdict.status === 401 && location) return response.writeHead(302, { location }).end()
      return response.writeHead(verdict.status === 401 || verdict.status === 403 ? verdict.status : 500).end()
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    hosts: [WIKI, BOARD, SHOP, STRAY, GONE],
    stop: () => closed(server),
  }
}

/** The application: it says what it was told, and was told nothing by the client. */
function tell(path: string, { headers }: { headers: IncomingMessage['headers'] }) {
  return { path, ...Object.fromEntries(TOLD.map((name) => [name, headers[name]])) }
}

function subrequest(port: number, path: string, headers: Record<string, string>) {
  const { 'content-length': _, 'transfer-encoding': __, ...kept } = headers
  return new Promise<{ status: number; headers: IncomingMessage['headers']; text: string }>(
    (resolve, reject) => {
      send({ host: '127.0.0.1', port, path, headers: kept }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
      })
        .on('error', reject)
        .end()
    },
  )
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hash as bcrypt } from '@node-rs/bcrypt'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer } from '../../../packages/server/src/main.ts'
import { type Operator, openOperator, readConfig } from '../../../packages/server/src/operator.ts'
import { freePort } from '../../../packages/server/src/platform/postgres/endpoint.ts'
import { Browser, type Page } from '../../../packages/server/test/support/browser.ts'
import { freshDatabase, type TestDatabase } from '../../../packages/server/test/support/database.ts'
import { quickPolicy } from '../../../packages/server/test/support/policies.ts'
import { type Application, addressesOf, applications, startBusinessManager } from './business-manager.ts'

const PASSWORD = 'Quiet-Harbour-47'
const policy = fileURLToPath(new URL('../../../policies/business-manager.policy.yaml', import.meta.url))

let database: TestDatabase
let server: Awaited<ReturnType<typeof startServer>>
let operator: Operator
let six: Application[]
let hash: string
let directory: string
let superuser: pg.Client

beforeAll(async () => {
  database = await freshDatabase()
  hash = await bcrypt(PASSWORD, 4)
  superuser = new pg.Client(database.superuserUrl)
  await superuser.connect()
  // The policy at a cost of passwords that tests can wait for.
  directory = mkdtempSync(join(tmpdir(), 'business-manager-'))
  const quick = join(directory, 'business-manager.policy.yaml')
  writeFileSync(quick, quickPolicy('business-manager'))
  const port = await freePort()
  const config = readConfig({
    DATABASE_URL: database.appUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    WRIT_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    WRIT_PORT: String(port),
    WRIT_URL: `http://localhost:${port}`,
    WRIT_LOG: 'silent',
    WRIT_POLICY: quick,
  })
  server = await startServer(config)
  operator = await openOperator(config, { name: 'test' })
  for (const slug of ['meadow', 'orchard'])
    await operator.createOrganization({ slug, name: slug, owner: `owner@${slug}.example` })
  await settled('owner@meadow.example')
  six = await startSix()
})
afterAll(async () => {
  await Promise.all((six ?? []).map((application) => application.stop()))
  await operator?.close()
  await server?.stop()
  await superuser?.end()
  await database?.drop()
  rmSync(directory, { recursive: true, force: true })
})

async function startSix(): Promise<Application[]> {
  const writUrl = server.publicUrl
  const { credential: writKey } = await operator.createApplication('business manager')
  const registered = Object.fromEntries(
    await Promise.all(
      applications.map(async ({ name, title }) => {
        const url = `http://localhost:${await freePort()}`
        const { id, secret } = await operator.createClient({ name: title, type: 'web', ...addressesOf(url) })
        return [name, { url, clientId: id, clientSecret: secret! }] as const
      }),
    ),
  )
  return startBusinessManager({ writUrl, writKey, registered })
}

let people = 0

/** Somebody who has been here before: with a password of their own and a verified address. */
async function person(role: string, organization = 'meadow') {
  const email = `p${++people}@${organization}.example`
  const { id } = await operator.createUser({ organization, email, role, name: `Person ${people}` })
  await settled(email)
  return { id, email, organization }
}

/** Beside the server and its row-level security: what a first sign-in and a click in a mail would have done. */
async function settled(email: string): Promise<void> {
  await superuser.query(
    'update users set password_hash = $1, must_change_password = false, email_verified_at = now() where email = $2',
    [hash, email],
  )
}

async function signIn(browser: Browser, email: string, at: Application): Promise<Page> {
  const page = await browser.open(`${at.place.url}/`)
  expect(page.url).toContain(`${server.publicUrl}/sign-in`)
  return browser.submit(page, { email, password: PASSWORD })
}

const urlOf = (application: Application) => `${application.place.url}/`
const named = (name: string) => six.find(({ place }) => place.name === name)!
const allowedOn = ({ text }: Page) =>
  [...text.matchAll(/<code>([^<]+)<\/code><\/td><td class="(yes|no)"/g)]
    .filter(([, , answer]) => answer === 'yes')
    .map(([, permission]) => permission)

describe('[BM-02] one sign-on serves the six applications', () => {
  test.each([
    ['tenant_admin', ['back-office', 'pos', 'livestock', 'restaurant', 'accounting']],
    ['admin', ['back-office', 'pos', 'livestock', 'restaurant']],
    ['staff', ['pos', 'livestock', 'restaurant']],
    ['accountant', ['accounting']],
    ['customer', ['storefront']],
  ])('a %s signs in once, is known to all six, and may act where the policy says so', async (role, open) => {
    const { email } = await person(role)
    const browser = new Browser()
    const first = await signIn(browser, email, six[0]!)
    expect(first.url).toBe(urlOf(six[0]!))
    const seen = [first]
    for (const application of six.slice(1)) {
      const page = await browser.open(urlOf(application))
      // No page of Writ's stood in between on which somebody would have had to do something.
      expect([page.url, page.trail.some((address) => address.includes('/sign-in?'))]).toEqual([
        urlOf(application),
        false,
      ])
      seen.push(page)
    }
    for (const page of seen) expect(page.text).toContain(email)
    const shops = six.filter((_, i) => seen[i]!.status === 200).map(({ place }) => place.name)
    expect(shops).toEqual(open)
  })

  test('in every tenant, and the decision is about the tenant of the person', async () => {
    const { email } = await person('accountant', 'orchard')
    const page = await signIn(new Browser(), email, named('accounting'))
    expect(allowedOn(page)).toEqual(['read:transactions', 'write:transactions', 'export:financial-reports'])
  })
})

describe('a task', () => {
  test('is asked about when it is done: a button on a page is no permission', async () => {
    const { email } = await person('staff')
    const browser = new Browser()
    const page = await signIn(browser, email, named('pos'))
    expect(allowedOn(page)).toEqual(['operate:pos'])
    expect((await browser.submit(page, {}, 0)).status).toBe(200)
    expect((await browser.submit(page, {}, 1)).status).toBe(403)
    expect((await browser.open(`${page.url}tasks/operate:livestock`)).status).toBe(404)
  })

  test('that another site sends with the cookie is refused', async () => {
    const { email } = await person('staff')
    const browser = new Browser()
    const page = await signIn(browser, email, named('pos'))
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    for (const path of ['tasks/operate:pos', 'sign-out'])
      expect((await browser.fetch(`${page.url}${path}`, { method: 'POST', form: {}, headers })).status).toBe(
        403,
      )
    expect((await browser.open(page.url)).url).toBe(page.url)
  })
})

/** Waits for what another process does on its own; says what did not happen. */
async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (const until = Date.now() + 15_000; !holds(); ) {
    if (Date.now() > until) throw new Error(`it did not come to pass that ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

const isIn = (subject: string) =>
  six.filter(({ relyingParty }) => relyingParty.sessions.some((each) => each.subject === subject))

/** Signed in at all six. */
async function everywhere(role: string) {
  const member = await person(role)
  const browser = new Browser()
  await signIn(browser, member.email, six[0]!)
  for (const application of six.slice(1)) await browser.open(urlOf(application))
  const sessions = six.map(({ relyingParty }) => relyingParty.sessions.at(-1)!)
  const { subject } = sessions[0]!
  expect(isIn(subject)).toHaveLength(6)
  return { ...member, browser, sessions, subject }
}

/** As the owner of the tenant does it. */
async function deactivate(member: string): Promise<void> {
  const { accessToken } = await post('/auth/login', { email: 'owner@meadow.example', password: PASSWORD })
  await post(`/organizations/meadow/members/${member}/deactivate`, undefined, accessToken)
}

async function post(path: string, body: unknown, token?: string) {
  const answer = await fetch(`${server.publicUrl}/api/v1${path}`, {
    method: 'POST',
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  expect(answer.status, text).toBeLessThan(300)
  return JSON.parse(text)
}

/** Asked of the provider itself, past the applications: what they know of it is another matter. */
async function expectDead(sessions: Awaited<ReturnType<typeof everywhere>>['sessions']): Promise<void> {
  for (const { tokens } of sessions) {
    const headers = { authorization: `Bearer ${tokens.access}` }
    expect((await fetch(`${server.publicUrl}/oidc/userinfo`, { headers })).status).toBe(401)
  }
}

describe('leaving', () => {
  test('signing out at one signs out of all six, and what they were given is worth nothing', async () => {
    const { browser, sessions, subject } = await everywhere('staff')
    const page = await browser.open(urlOf(named('livestock')))
    const signOut = [...page.text.matchAll(/<form /g)].length - 1
    const confirm = await browser.submit(page, {}, signOut)
    const left = confirm.url.startsWith(server.publicUrl)
      ? await browser.submit(confirm, { logout: 'yes' })
      : confirm
    expect(left.url).toBe(`${named('livestock').place.url}/signed-out`)
    await expectDead(sessions)
    await eventually('all six were told', () => isIn(subject).length === 0)
    for (const [i, { relyingParty }] of six.entries())
      expect(await relyingParty.refresh(sessions[i]!)).toBe(false)
    for (const application of six)
      expect((await browser.open(urlOf(application))).url).toContain(`${server.publicUrl}/sign-in`)
  })

  test('a person who is deactivated is out of all six at once', async () => {
    const { id, browser, sessions, subject } = await everywhere('staff')
    await deactivate(id)
    await expectDead(sessions)
    await eventually('all six were told', () => isIn(subject).length === 0)
    for (const [i, { relyingParty }] of six.entries())
      expect(await relyingParty.refresh(sessions[i]!)).toBe(false)
    for (const application of six)
      expect((await browser.open(urlOf(application))).url).toContain(`${server.publicUrl}/sign-in`)
  })

  test('a logout token that is not Writ’s, not for this application, or used before, ends nothing', async () => {
    const { sessions, subject } = await everywhere('customer')
    const post = (logout_token: string) =>
      new Browser().fetch(`${named('storefront').place.url}/back-channel-logout`, {
        method: 'POST',
        form: { logout_token },
      })
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const unsigned = `${part({ alg: 'none', typ: 'logout+jwt' })}.${part({ sub: subject, iss: `${server.publicUrl}/oidc` })}.`
    // An ID token is signed by the right key, and tells of no logout.
    for (const token of ['', 'x', unsigned, sessions[4]!.idToken, sessions[5]!.idToken])
      expect((await post(token)).status).toBe(400)
    expect(isIn(subject)).toHaveLength(6)
  })
})

test('a refresh token is exchanged once for many who wait, and the session goes on', async () => {
  const { email } = await person('accountant')
  const browser = new Browser()
  await signIn(browser, email, named('accounting'))
  const { relyingParty } = named('accounting')
  const session = relyingParty.sessions.at(-1)!
  const before = session.tokens
  expect(await Promise.all(Array.from({ length: 20 }, () => relyingParty.refresh(session)))).toEqual(
    Array(20).fill(true),
  )
  expect(session.tokens.refresh).not.toBe(before.refresh)
  expect((await browser.open(urlOf(named('accounting')))).status).toBe(200)
})

describe('coming back from the sign-on', () => {
  test('an answer that another browser brings signs nobody in', async () => {
    // Login CSRF: the attacker signs in as themselves and has the victim open the address they would come back to.
    const { email } = await person('staff')
    const attacker = new Browser()
    const pos = named('pos')
    await signIn(attacker, email, named('livestock'))
    const left = await attacker.fetch(`${pos.place.url}/sign-in`)
    const back = await attacker.fetch(left.headers.location!)
    expect(back.headers.location).toContain(`${pos.place.url}/callback?`)
    const victim = new Browser()
    const page = await victim.fetch(back.headers.location!)
    expect([page.status, victim.cookies(urlOf(pos))]).toEqual([403, ''])
    // And with the issuer of another provider in the answer (mix-up, RFC 9207) not in the right browser either.
    const forged = new URL(back.headers.location!)
    forged.searchParams.set('iss', 'https://evil.example')
    expect((await attacker.fetch(forged.href)).status).toBe(403)
  })
})

test('the applications are those of the policy, and ask for permissions that it knows', async () => {
  const { email } = await person('tenant_admin')
  const browser = new Browser()
  await signIn(browser, email, six[0]!)
  const text = readFileSync(policy, 'utf8')
  for (const application of six) {
    expect(text).toContain(`\n  ${application.place.name}:\n    title: ${application.place.title}\n`)
    expect((await browser.open(urlOf(application))).text).not.toContain('unknown')
  }
})

/**
 * One sign-on under attack: spent codes and tokens presented again, at once, on two servers; everything that ends a
 * session; applications that were revoked; and the word that goes to applications when a session ends.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, customFetch as joseFetch, jwtVerify } from 'jose'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { revokeClient, rotateSignOnKeys } from '#people/sign-on'
import type { App } from '../src/app.ts'
import { startApp, type TestApp, type TestMember } from './support/app.ts'
import { openSessionOf, seedApplication } from './support/attack-sessions.ts'
import { type Listening, listen } from './support/listening.ts'
import {
  authorization,
  CALLBACK,
  discover,
  exchange,
  ISSUER,
  type RelyingParty,
  register,
  relyingParty,
  signInto,
} from './support/relying-party.ts'
import { operatorOf } from './support/shop.ts'

let app: TestApp
let sibling: App
let here: Listening
let there: Listening
let ben: TestMember
let till: RelyingParty

beforeAll(async () => {
  app = await startApp()
  sibling = await app.sibling()
  here = await listen(app)
  there = await listen(sibling)
  ben = await app.member('acme', { email: 'ben@acme.test', roles: ['user'], name: 'Ben' })
  till = await relyingParty(app, here)
})
afterAll(() => app.stop())

let people = 0
const somebody = () => app.member('acme', { email: `p${++people}@acme.test`, roles: ['user'] })

async function session(member = ben) {
  const opened = await openSessionOf(app, member)
  return { ...opened, browser: here.browser(opened.cookie) }
}

const count = async (type: string) => (await app.events('acme')).filter((each) => each === type).length

/** The same application as the other server sees it. */
const elsewhere = async ({ id, secret }: RelyingParty): Promise<RelyingParty> => ({
  ...till,
  configuration: await discover(there, { id, secret }),
})

const isActive = async (party: RelyingParty, token: string) =>
  (await openid.tokenIntrospection(party.configuration, token)).active

describe('what is spent', () => {
  test('a code that comes twice ends what it gave', async () => {
    // Attack: a code was read from a log or a Referer and is presented after the application has used it.
    const { browser } = await session()
    const begun = await authorization(till)
    const { at } = await browser.follow(begun.url)
    const tokens = await exchange(till, begun, at)
    expect(await isActive(till, tokens.access_token)).toBe(true)
    const reused = await count('sign_on.reused')
    await expect(exchange(till, begun, at)).rejects.toMatchObject({ error: 'invalid_grant' })
    expect(await isActive(till, tokens.access_token)).toBe(false)
    await expect(openid.refreshTokenGrant(till.configuration, tokens.refresh_token!)).rejects.toThrow()
    expect(await count('sign_on.reused')).toBe(reused + 1)
    // The person is still signed in, and may go there again.
    expect((await signInto(till, browser)).claims()!.sub).toBe(ben.wire.user)
  })

  test('a code that comes 20 times at once over two servers gives one token at most, which then holds no more', async () => {
    // Attack: the library looks first and consumes later; all 20 pass its look.
    const other = await elsewhere(till)
    const { browser } = await session()
    const begun = await authorization(till)
    const { at } = await browser.follow(begun.url)
    const reused = await count('sign_on.reused')
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => exchange(i % 2 ? other : till, begun, at)),
    )
    const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    // None where a loser ended the grant before the winner's tokens were kept: it is the same in the end.
    expect(given.length).toBeLessThanOrEqual(1)
    for (const { access_token } of given) expect(await isActive(till, access_token)).toBe(false)
    expect(await count('sign_on.reused')).toBe(reused + 1)
  })

  test('a refresh token that comes twice ends the family, also its successor', async () => {
    // Attack: a refresh token was stolen; whoever comes second shows that two have it (RFC 9700 section 4.14.2).
    const tokens = await signInto(till, (await session()).browser)
    const refreshed = await count('sign_on.token_refreshed')
    const next = await openid.refreshTokenGrant(till.configuration, tokens.refresh_token!)
    expect(await count('sign_on.token_refreshed')).toBe(refreshed + 1)
    expect(await isActive(till, next.access_token)).toBe(true)
    await expect(openid.refreshTokenGrant(till.configuration, tokens.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    for (const token of [tokens.access_token, next.access_token, next.refresh_token!])
      expect(await isActive(till, token)).toBe(false)
    expect((await app.events('acme')).at(-1)).toBe('sign_on.reused')
  })

  test('a refresh token that comes 20 times at once over two servers gives one successor at most, which then holds no more', async () => {
    const other = await elsewhere(till)
    const tokens = await signInto(till, (await session()).browser)
    const reused = await count('sign_on.reused')
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        openid.refreshTokenGrant((i % 2 ? other : till).configuration, tokens.refresh_token!),
      ),
    )
    const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    // None where a loser ended the grant before the winner's tokens were kept: it is the same in the end.
    expect(given.length).toBeLessThanOrEqual(1)
    for (const { access_token } of given) expect(await isActive(till, access_token)).toBe(false)
    expect(await count('sign_on.reused')).toBe(reused + 1)
  })

  test('a code is worth nothing to another application, without its verifier, or a minute later', async () => {
    const other = await relyingParty(app, here, { name: 'other' })
    const { browser } = await session()
    for (const [party, wrong] of [
      [other, {}],
      [till, { verifier: openid.randomPKCECodeVerifier() }],
    ] as const) {
      const begun = await authorization(till)
      const { at } = await browser.follow(begun.url)
      await expect(exchange(party, { ...begun, ...wrong }, at)).rejects.toMatchObject({
        error: 'invalid_grant',
      })
    }
    const begun = await authorization(till)
    const { at } = await browser.follow(begun.url)
    app.clock.advance(61)
    await expect(exchange(till, begun, at)).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  test('a device code that 20 ask with at once gives one token', async () => {
    const party = await relyingParty(app, here, { name: 'Scale', type: 'device', redirectUris: [] })
    const { browser } = await session()
    const started = await openid.initiateDeviceAuthorization(party.configuration, { scope: 'openid' })
    const secretOf = (html: string) => /name="xsrf" value="([^"]+)"/.exec(html)![1]!
    const xsrf = secretOf(await (await browser.follow('/oidc/device')).answer.text())
    const user_code = started.user_code
    const asked = await browser.follow('/oidc/device', { form: { xsrf, user_code } })
    const form = { xsrf: secretOf(await asked.answer.text()), user_code, confirm: 'yes' }
    await browser.follow('/oidc/device', { form })
    // Somebody else who types the code later decides nothing.
    const { browser: late } = await session(await somebody())
    const lateSecret = secretOf(await (await late.follow('/oidc/device')).answer.text())
    const again = await late.follow('/oidc/device', { form: { xsrf: lateSecret, user_code, confirm: 'yes' } })
    expect(await again.answer.text()).toContain('name="user_code"')
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        openid.genericGrantRequest(party.configuration, 'urn:ietf:params:oauth:grant-type:device_code', {
          device_code: started.device_code,
        }),
      ),
    )
    const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    expect(given).toHaveLength(1)
    expect(given[0]!.claims()!.sub).toBe(ben.wire.user)
  })

  test('nothing of it is in the database in clear, nor in the log', async () => {
    const begun = await authorization(till)
    const { browser } = await session()
    const { at } = await browser.follow(begun.url)
    const tokens = await exchange(till, begun, at)
    const secrets = [at.searchParams.get('code')!, tokens.access_token, tokens.refresh_token!, till.secret!]
    const { rows } = await app.database.owner.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public' and (tablename like 'sign_on%' or tablename = 'audit_events')",
    )
    const { id } = await app.organization('acme')
    for (const scope of ['sign-on', `org:${id}`] as const)
      for (const { name } of rows) {
        const client = await app.database.owner.connect()
        await client.query('begin')
        await client.query("select set_config('writ.context', $1, true)", [app.db.sign(scope)])
        const { rows: all } = await client.query(`select t::text as row from ${name} t`)
        await client.query('rollback')
        client.release()
        const text = JSON.stringify(all)
        for (const secret of secrets) {
          expect(text).not.toContain(secret)
          expect(text).not.toContain(Buffer.from(secret).toString('hex'))
        }
      }
  })
})

describe('an application that is revoked', () => {
  test('is nobody on the next request, with all that it was given, on both servers', async () => {
    const party = await relyingParty(app, here)
    const { browser } = await session()
    const tokens = await signInto(party, browser)
    const { id: platform } = await app.organization('platform')
    await revokeClient(operatorOf(app), { platform, by: 'test', id: party.uuid })
    for (const each of [party, await elsewhere(party)]) {
      await expect(openid.refreshTokenGrant(each.configuration, tokens.refresh_token!)).rejects.toThrow()
      await expect(
        openid.fetchUserInfo(each.configuration, tokens.access_token, ben.wire.user),
      ).rejects.toThrow()
    }
    const { answer } = await browser.follow((await authorization(party)).url)
    expect(answer.status).toBe(400)
    await expect(
      revokeClient(operatorOf(app), { platform, by: 'test', id: party.uuid }),
    ).rejects.toMatchObject({
      code: 'sign_on.client_already_revoked',
    })
    expect((await app.events()).at(-1)).toBe('sign_on.client_revoked')
  })
})

describe('the server', () => {
  test.each(['sign_on_clients', 'sign_on_keys'])('can read %s and not write it', async (table) => {
    // Attack: SQL that is injected registers an application of the attacker's, or a key.
    const client = await app.database.app.connect()
    try {
      await client.query('begin')
      await client.query("select set_config('writ.context', $1, true)", [app.db.sign('sign-on')])
      expect((await client.query(`select 1 from ${table} limit 1`)).rowCount).toBe(1)
      for (const sql of [`update ${table} set created_at = now()`, `delete from ${table}`]) {
        await client.query('savepoint s')
        await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' })
        await client.query('rollback to s')
      }
    } finally {
      await client.query('rollback')
      client.release()
    }
  })

  test('signs with a new key at once, and publishes one that was retired no more', async () => {
    const keys = async () =>
      (await (await there.fetch(`${ISSUER}/jwks`)).json()) as { keys: { kid: string; d?: string }[] }
    const before = await keys()
    expect(before.keys.every((key) => key.d === undefined)).toBe(true)
    const { id: platform } = await app.organization('platform')
    const { keyId } = await rotateSignOnKeys(operatorOf(app), { platform, retireOthers: true, by: 'test' })
    expect((await keys()).keys.map(({ kid }) => kid)).toEqual([keyId])
    const party = await relyingParty(app, here)
    const tokens = await signInto(party, (await session()).browser)
    const header = JSON.parse(Buffer.from(tokens.id_token!.split('.')[0]!, 'base64url').toString())
    expect(header).toMatchObject({ alg: 'ES256', kid: keyId })
  })
})

describe('a decision about the bearer of an application’s token', () => {
  const ask = (as: string, token: string) =>
    app.request('POST', '/access/v1/evaluation', {
      as,
      body: {
        subject: { type: 'token', id: token },
        action: { name: 'read' },
        resource: { type: 'leads', id: '*' },
      },
    })

  test('is that about its person, in their organization alone, until the session ends', async () => {
    const { browser, accessToken } = await session()
    const tokens = await signInto(till, browser)
    const { credential } = await seedApplication(app, 'acme')
    const { credential: foreign } = await seedApplication(app, 'globex')
    expect((await ask(credential, tokens.access_token)).body.decision).toBe(true)
    expect((await ask(foreign, tokens.access_token)).body.decision).toBe(false)
    expect((await ask(credential, tokens.refresh_token!)).body.decision).toBe(false)
    await app.request('POST', '/auth/logout', { as: accessToken })
    expect((await ask(credential, tokens.access_token)).body.decision).toBe(false)
  })
})

describe('signing out', () => {
  test('[BM-22] at one application ends the session, and with it all applications', async () => {
    const party = await relyingParty(app, here, { postLogoutUris: ['https://app.example/bye'] })
    const { browser, cookie } = await session()
    const [first, second] = [await signInto(party, browser), await signInto(till, browser)]
    const url = openid.buildEndSessionUrl(party.configuration, {
      id_token_hint: first.id_token!,
      post_logout_redirect_uri: 'https://app.example/bye',
      state: 'so',
    })
    const asked = await browser.follow(url)
    expect(asked.answer.status).toBe(200)
    const page = await asked.answer.text()
    // Attack: a page of somebody else signs people out by a link. Nothing has ended yet.
    expect(await isActive(party, first.access_token)).toBe(true)
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)![1]!
    const { at } = await browser.follow('/oidc/logout/confirm', { form: { xsrf, logout: 'yes' } })
    expect(at.href).toBe('https://app.example/bye?state=so')
    expect(await isActive(party, first.access_token)).toBe(false)
    expect(await isActive(till, second.access_token)).toBe(false)
    await expect(openid.refreshTokenGrant(till.configuration, second.refresh_token!)).rejects.toThrow()
    const headers = { cookie }
    expect((await app.request('GET', '/me', { headers })).status).toBe(401)
    expect((await app.events('acme')).at(-1)).toBe('sessions.ended')
    expect((await browser.follow((await authorization(till)).url)).at.pathname).toBe('/sign-in')
  })

  test('sends nobody to an address that was not registered', async () => {
    const { browser } = await session()
    const tokens = await signInto(till, browser)
    const url = openid.buildEndSessionUrl(till.configuration, {
      id_token_hint: tokens.id_token!,
      post_logout_redirect_uri: 'https://evil.example/',
    })
    const { at, answer } = await browser.follow(url)
    expect([at.origin, answer.status]).toEqual([new URL(ISSUER).origin, 400])
  })
})

describe('an application hears that a session ended', () => {
  let receiver: Server
  let uri: string
  let answerWith = 200
  const heard: string[] = []

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        if (answerWith === 302) response.setHeader('location', `${uri}/elsewhere`)
        if (answerWith === 200) heard.push(new URLSearchParams(body).get('logout_token')!)
        response.writeHead(answerWith).end()
      })
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    uri = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/logout`
  })
  afterAll(() => void receiver.close())

  const verify = async (token: string, audience: string) => {
    const keys = createRemoteJWKSet(new URL(`${ISSUER}/jwks`), { [joseFetch]: here.fetch as never })
    return jwtVerify(token, keys, { issuer: ISSUER, audience, typ: 'logout+jwt' })
  }

  test.each<[string, (member: TestMember, as: string) => Promise<unknown>]>([
    ['signing out', (_, as) => app.request('POST', '/auth/logout', { as })],
    ['signing out everywhere', (_, as) => app.request('POST', '/auth/logout-everywhere', { as })],
    [
      'deactivation',
      async ({ wire }) => {
        const admin = await app.member('acme', { email: 'root@acme.test', roles: ['admin'] })
        const { accessToken: as } = await openSessionOf(app, admin)
        return app.request('POST', `/organizations/acme/members/${wire.member}/deactivate`, { as })
      },
    ],
    [
      'deletion',
      async ({ wire }) => {
        const admin = await app.member('acme', { email: 'root2@acme.test', roles: ['admin'] })
        const { accessToken: as } = await openSessionOf(app, admin)
        return app.request('DELETE', `/organizations/acme/members/${wire.member}?acknowledge=history-stays`, {
          as,
        })
      },
    ],
  ])('[BM-22] by %s, once', async (_, end) => {
    const member = await somebody()
    const party = await relyingParty(app, here, { backchannelUri: uri })
    const { browser, accessToken } = await session(member)
    const tokens = await signInto(party, browser)
    expect(tokens.claims()!['sid']).toEqual(expect.any(String))
    await app.jobs.runOnce()
    heard.length = 0
    const ended = (await end(member, accessToken)) as { status: number }
    expect(ended.status).toBeLessThan(300)
    await Promise.all([app.jobs.runOnce(), sibling.jobs.runOnce()])
    expect(heard).toHaveLength(1)
    const { payload } = await verify(heard[0]!, party.id)
    expect(payload).toMatchObject({ sub: member.wire.user, sid: tokens.claims()!['sid'] })
    expect(payload['events']).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} })
    expect(payload['nonce']).toBeUndefined()
    expect((await app.events('acme')).at(-1)).toBe('sign_on.logout_delivered')
  })

  test('also where nobody ended it: it expired', async () => {
    const party = await relyingParty(app, here, { backchannelUri: uri })
    const member = await somebody()
    const { browser } = await session(member)
    await signInto(party, browser)
    heard.length = 0
    app.clock.advance(25 * 3600)
    await app.jobs.runOnce()
    await app.jobs.runOnce()
    expect(heard).toHaveLength(1)
    expect((await verify(heard[0]!, party.id)).payload.sub).toBe(member.wire.user)
  })

  test('later, where it could not be told; and a redirect is not followed', async () => {
    const party = await relyingParty(app, here, { backchannelUri: uri })
    const { browser, accessToken } = await session(await somebody())
    await signInto(party, browser)
    heard.length = 0
    for (const status of [500, 302]) {
      answerWith = status
      if (status === 500) await app.request('POST', '/auth/logout', { as: accessToken })
      await app.jobs.runOnce()
      expect(heard).toHaveLength(0)
      // Not at once: an application that is down is not hammered.
      answerWith = 200
      await app.jobs.runOnce()
      expect(heard).toHaveLength(0)
      app.clock.advance(60)
    }
    await app.jobs.runOnce()
    expect(heard).toHaveLength(1)
  })

  test('and is given up after a day of failures, on the record', async () => {
    const party = await relyingParty(app, here, { backchannelUri: 'http://127.0.0.1:9/logout' })
    const { browser, accessToken } = await session(await somebody())
    await signInto(party, browser)
    await app.request('POST', '/auth/logout', { as: accessToken })
    const failed = await count('sign_on.logout_failed')
    for (let attempt = 0; attempt < 14; attempt++) {
      await app.jobs.runOnce()
      app.clock.advance(3601)
    }
    expect(await count('sign_on.logout_failed')).toBe(failed + 1)
  })
})

describe('the codes that people type', () => {
  test('are not guessed from one address for long', async () => {
    // Attack: all codes that could be open are tried.
    const { browser } = await session()
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(
      await (await browser.follow('/oidc/device')).answer.text(),
    )![1]!
    const guess = async (user_code: string) =>
      (await browser.open('/oidc/device', { form: { xsrf, user_code } })).status
    const statuses: number[] = []
    for (let i = 0; i < 40; i++) statuses.push(await guess(`BBBB-${String(i).padStart(4, 'C')}`))
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(8)
    expect(statuses.at(-1)).toBe(429)
    expect((await app.events()).filter((type) => type === 'sign_on.device_limited')).toHaveLength(1)
    app.clock.advance(301)
    expect(await guess('BBBB-CCCC')).not.toBe(429)
  })
})

describe('registration', () => {
  const refuse = (input: Parameters<typeof register>[1]) =>
    register(app, input).then(
      () => 'registered',
      (error) => error.particulars?.errors?.[0]?.path,
    )

  test.each([
    ['an address without TLS', { redirectUris: ['http://app.example/callback'] }, 'redirectUris'],
    ['a wildcard', { redirectUris: ['https://*.app.example/callback'] }, 'redirectUris'],
    ['a fragment', { redirectUris: ['https://app.example/#x'] }, 'redirectUris'],
    ['credentials in an address', { redirectUris: ['https://a:b@app.example/'] }, 'redirectUris'],
    ['a script for an address', { redirectUris: ['javascript:alert(1)'] }, 'redirectUris'],
    ['no address', { redirectUris: [] }, 'redirectUris'],
    ['a scheme without a dot', { type: 'native', redirectUris: ['myapp:/callback'] }, 'redirectUris'],
    ['a secret in a page', { type: 'spa', authentication: 'client_secret_basic' }, 'authentication'],
    ['a server without a secret', { authentication: 'none' }, 'authentication'],
    ['a private key', { authentication: 'private_key_jwt', jwks: { keys: [{ kty: 'EC', d: 'x' }] } }, 'jwks'],
    ['a back channel without TLS', { backchannelUri: 'http://10.0.0.1/logout' }, 'backchannelUri'],
    ['an API with an address', { type: 'service', audience: 'https://a.example' }, 'redirectUris'],
    ['an API without a name', { type: 'service', redirectUris: [] }, 'audience'],
    ['no name', { name: ' ' }, 'name'],
  ] as const)('refuses %s', async (_, input, field) => {
    expect(await refuse(input as never)).toBe(field)
  })

  test('of two APIs for one resource is refused', async () => {
    const input = { type: 'service', redirectUris: [], audience: 'https://twice.example' } as const
    expect(await refuse(input)).toBe('registered')
    expect(await refuse(input)).toBe('audience')
  })

  test('takes what is right', async () => {
    for (const redirect of [CALLBACK, 'http://localhost:3000/callback'])
      expect(await refuse({ redirectUris: [redirect] })).toBe('registered')
    expect(await refuse({ type: 'native', redirectUris: ['com.example.app:/callback'] })).toBe('registered')
  })
})

/**
 * One sign-on against a real relying party: openid-client over a socket, and a browser with cookies.
 */
import { createRemoteJWKSet, customFetch as joseFetch, jwtVerify } from 'jose'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, startApp, type TestApp, type TestMember } from './support/app.ts'
import { openSessionOf } from './support/attack-sessions.ts'
import { type Browser, type Listening, listen } from './support/listening.ts'
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
import { enrolTotp } from './support/second-factors.ts'

let app: TestApp
let listening: Listening
let ben: TestMember
let till: RelyingParty

beforeAll(async () => {
  app = await startApp()
  listening = await listen(app)
  ben = await app.member('acme', { email: 'ben@acme.test', roles: ['user'], name: 'Ben' })
  till = await relyingParty(app, listening, { postLogoutUris: ['https://app.example/bye'] })
})
afterAll(() => app.stop())

const signedIn = async (member = ben) => listening.browser((await openSessionOf(app, member)).cookie)
const textOf = async ({ answer }: { answer: Response }) => answer.text()

/** Events of acme since the last look. */
let seen = 0
async function news(): Promise<string[]> {
  const events = await app.events('acme')
  const fresh = events.slice(seen)
  seen = events.length
  return fresh
}

describe('an application', () => {
  test('gets a person who is signed in, with no question asked, and is told of one organization', async () => {
    const browser = await signedIn()
    await news()
    const tokens = await signInto(till, browser)
    expect(tokens.claims()).toMatchObject({
      iss: ISSUER,
      sub: ben.wire.user,
      aud: till.id,
      organization: ben.wire.organization,
      organization_slug: 'acme',
      roles: ['user'],
      email: 'ben@acme.test',
      email_verified: true,
      name: 'Ben',
      amr: ['pwd'],
      acr: 'urn:writ:acr:single-factor',
      auth_time: expect.any(Number),
    })
    expect(tokens.claims()!['permissions']).toContain('read:leads')
    const info = await openid.fetchUserInfo(till.configuration, tokens.access_token, ben.wire.user)
    expect(info).toMatchObject({ sub: ben.wire.user, organization_slug: 'acme', roles: ['user'] })
    expect(await news()).toEqual(['sign_on.authorized'])
  })

  test('[BM-02] is the sixth that one sign-in serves', async () => {
    const browser = await signedIn()
    for (const name of ['office', 'till', 'herd', 'kitchen', 'shop', 'books']) {
      const party = await relyingParty(app, listening, { name })
      const begun = await authorization(party)
      const { at } = await browser.follow(begun.url)
      expect(at.href.startsWith(CALLBACK), at.href).toBe(true)
      expect((await exchange(party, begun, at)).claims()!.sub).toBe(ben.wire.user)
    }
  })

  test('sends who is not signed in to the sign-in, and gets them from there', async () => {
    const browser = listening.browser()
    const begun = await authorization(till)
    const first = await browser.follow(begun.url)
    expect(first.at.pathname).toBe('/sign-in')
    const back = first.at.searchParams.get('return')!
    expect(back).toMatch(/^\/oidc\/interaction\/[\w-]+$/)
    const session = await openSessionOf(app, ben)
    const there = listening.browser(session.cookie)
    for (const [key, cookie] of browser.cookies) there.cookies.set(key, cookie)
    const { at } = await there.follow(back)
    expect((await exchange(till, begun, at)).claims()!.sub).toBe(ben.wire.user)
  })

  test('learns without a page that nobody is signed in (prompt=none)', async () => {
    const { url } = await authorization(till, { prompt: 'none' })
    const { at } = await listening.browser().follow(url)
    expect(at.searchParams.get('error')).toBe('login_required')
    expect(at.searchParams.get('iss')).toBe(ISSUER)
  })

  test.each([
    ['prompt=login', { prompt: 'login' }],
    ['max_age', { max_age: '60' }],
  ])('that wants a proof of now (%s) does not get an old one', async (_, parameters) => {
    const browser = await signedIn()
    app.clock.advance(120)
    const begun = await authorization(till, parameters)
    const { at } = await browser.follow(begun.url)
    expect(at.pathname).toBe('/account/confirm')
    // Still signed in is not enough, also by the address it comes back to.
    const again = await browser.follow(at.searchParams.get('return')!)
    expect(again.at.pathname).toBe('/account/confirm')
    app.clock.advance(5)
    const fresh = await openSessionOf(app, ben)
    const there = listening.browser(fresh.cookie)
    for (const [key, cookie] of browser.cookies)
      if (!key.startsWith('__Host-writ_session')) there.cookies.set(key, cookie)
    const { at: end } = await there.follow(at.searchParams.get('return')!)
    expect((await exchange(till, begun, end)).claims()!.sub).toBe(ben.wire.user)
  })

  test('that insists on a second factor is told where there is none, and is not sent around', async () => {
    const acr = (value: string) => JSON.stringify({ id_token: { acr: { essential: true, value } } })
    const strong = { claims: acr('urn:writ:acr:multi-factor') }
    const { at } = await (await signedIn()).follow((await authorization(till, strong)).url)
    expect(at.href.startsWith(CALLBACK), at.href).toBe(true)
    expect(at.searchParams.get('error')).toBe('unmet_authentication_requirements')
    const weak = { claims: acr('urn:writ:acr:single-factor') }
    expect((await signInto(till, await signedIn(), weak)).claims()!['acr']).toBe('urn:writ:acr:single-factor')
    const vik = await app.member('acme', { email: 'vik@acme.test', roles: ['user'] })
    const session = await openSessionOf(app, vik)
    await enrolTotp(app, session)
    const browser = listening.browser(session.cookie)
    expect((await signInto(till, browser, strong)).claims()!['acr']).toBe('urn:writ:acr:multi-factor')
  })

  test('of one organization is closed to members of another', async () => {
    const globex = await app.member('globex', { email: 'gus@globex.test', roles: ['user'] })
    const { id } = await app.organization('acme')
    const party = await relyingParty(app, listening, { organizationId: id })
    const { at } = await (await signedIn(globex)).follow((await authorization(party)).url)
    expect(at.searchParams.get('error')).toBe('access_denied')
    const { at: silent } = await (await signedIn(globex)).follow(
      (await authorization(party, { prompt: 'none' })).url,
    )
    expect(silent.searchParams.get('error')).toBe('access_denied')
    expect((await signInto(party, await signedIn())).claims()!['organization_slug']).toBe('acme')
  })

  test('knows whom an answer is from: every one carries iss (RFC 9207)', async () => {
    const begun = await authorization(till)
    const { at } = await (await signedIn()).follow(begun.url)
    expect(at.searchParams.get('iss')).toBe(ISSUER)
    // Attack: mix-up. A code of ours is delivered as another provider's; the client must notice.
    at.searchParams.set('iss', 'https://evil.example')
    await expect(exchange(till, begun, at)).rejects.toThrow()
  })
})

describe('an authorization request', () => {
  const refused = async (parameters: Record<string, string>, drop: string[] = []) => {
    const { url } = await authorization(till, parameters)
    for (const name of drop) url.searchParams.delete(name)
    return (await signedIn()).follow(url)
  }

  test.each([
    ['another address', `${CALLBACK}/more`],
    ['another query', `${CALLBACK}?next=1`],
    ['another host', 'https://app.example.evil.example/callback'],
    ['another case', 'https://app.example/Callback'],
    ['no address of its own', 'https://evil.example/'],
  ])('to %s is answered here and sends nobody there', async (_, redirect) => {
    const { at, answer } = await refused({ redirect_uri: redirect })
    expect(at.origin).toBe(ORIGIN)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('redirect_uri did not match')
  })

  test.each([
    ['without a challenge', {}, ['code_challenge', 'code_challenge_method'], 'invalid_request'],
    ['with a plain challenge', { code_challenge_method: 'plain' }, [], 'invalid_request'],
    ['for a token at once', { response_type: 'token' }, [], 'unsupported_response_type'],
    ['for an ID token at once', { response_type: 'id_token' }, [], 'unsupported_response_type'],
    ['in an object of its own', { request: 'eyJhbGciOiJub25lIn0.e30.' }, [], 'request_not_supported'],
  ])('%s is refused', async (_, parameters, drop, error) => {
    const { at } = await refused(parameters, drop)
    expect(at.searchParams.get('error') ?? new URLSearchParams(at.hash.slice(1)).get('error')).toBe(error)
    expect(at.href).not.toContain('code=')
  })

  test('of an application nobody registered is answered with a page', async () => {
    const { answer } = await refused({ client_id: 'cli_01kjpwd6m0fjsss917tbt34mev' })
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('client is invalid')])
  })

  test('is finished in the browser that began it', async () => {
    // Attack: the attacker begins a sign-in and sends its address to a victim who is signed in; the victim's browser
    // would finish it, and the attacker's would be signed in as the victim.
    const attacker = listening.browser()
    const { at } = await attacker.follow((await authorization(till)).url)
    const victim = await signedIn()
    const taken = await victim.follow(at.searchParams.get('return')!)
    expect(taken.answer.status).toBe(404)
    expect(await textOf(taken)).toContain('it was begun in another browser')
    const { at: still } = await attacker.follow(at.searchParams.get('return')!)
    expect(still.pathname).toBe('/sign-in')
  })

  test('whose Host and forwarding headers are forged changes no address', async () => {
    // Attack: a poisoned Host makes the provider name the attacker's address as its own.
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example',
    }
    const metadata = await listening.fetch(`${ISSUER}/.well-known/openid-configuration`, { headers })
    const text = await metadata.text()
    expect(text).not.toContain('evil.example')
    for (const address of text.match(/"https?:[^"]*"/g)!) expect(address).toContain(ISSUER)
    const browser = listening.browser()
    const answer = await browser.open((await authorization(till)).url, { headers })
    expect(answer.headers.get('location')).toMatch(/^\/oidc\/interaction\//)
  })

  test('sets cookies that no other host and no script can read', async () => {
    const browser = listening.browser()
    await browser.open((await authorization(till)).url)
    const session = [...browser.cookies].filter(([key]) => key.includes('writ'))
    expect(session.length).toBeGreaterThan(0)
    for (const [key, { attributes }] of session) {
      expect(attributes, key).toMatch(/secure/i)
      expect(attributes, key).toMatch(/httponly/i)
      expect(attributes, key).toMatch(/samesite=lax/i)
      expect(attributes, key).not.toMatch(/domain=/i)
      if (key.startsWith('__Host-')) expect(attributes, key).toMatch(/path=\/(;|$)/i)
    }
  })
})

describe('tokens', () => {
  test('are asked about and given back, and say what holds now', async () => {
    const zoe = await app.member('acme', { email: 'zoe@acme.test', roles: ['user'] })
    const tokens = await signInto(till, await signedIn(zoe))
    const asked = await openid.tokenIntrospection(till.configuration, tokens.access_token)
    expect(asked).toMatchObject({ active: true, sub: zoe.wire.user, client_id: till.id, roles: ['user'] })
    const admin = await app.member('acme', { email: 'admin@acme.test', roles: ['admin'] })
    const as = await openSessionOf(app, admin)
    const promoted = await app.request('PATCH', `/organizations/acme/members/${zoe.wire.member}`, {
      as,
      body: { roles: ['manager'] },
    })
    expect(promoted.status).toBe(200)
    const after = await openid.tokenIntrospection(till.configuration, tokens.access_token)
    expect(after).toMatchObject({ active: true, roles: ['manager'] })
    await openid.tokenRevocation(till.configuration, tokens.refresh_token!)
    expect(await openid.tokenIntrospection(till.configuration, tokens.access_token)).toEqual({
      active: false,
    })
    await expect(openid.refreshTokenGrant(till.configuration, tokens.refresh_token!)).rejects.toThrow()
  })

  test('tell no more than was granted, also to who asks about them', async () => {
    // Attack: a third party that a person allowed to know who they are asks about its own token, and reads their rights.
    const tokens = await signInto(till, await signedIn(), { scope: 'openid roles' })
    const asked = await openid.tokenIntrospection(till.configuration, tokens.access_token)
    expect(asked).toMatchObject({ active: true, roles: ['user'] })
    expect(Object.keys(asked)).not.toEqual(expect.arrayContaining(['permissions']))
    expect(asked['organization_slug']).toBeUndefined()
    const renewed = await openid.refreshTokenGrant(till.configuration, tokens.refresh_token!)
    const again = await openid.tokenIntrospection(till.configuration, renewed.access_token)
    expect([again['roles'], again['permissions']]).toEqual([['user'], undefined])
  })

  test('are nothing to another application', async () => {
    const tokens = await signInto(till, await signedIn())
    const other = await relyingParty(app, listening, { name: 'other' })
    expect(await openid.tokenIntrospection(other.configuration, tokens.access_token)).toEqual({
      active: false,
    })
    await expect(openid.refreshTokenGrant(other.configuration, tokens.refresh_token!)).rejects.toThrow()
    await expect(openid.tokenRevocation(other.configuration, tokens.refresh_token!)).rejects.toThrow()
    expect(await openid.tokenIntrospection(till.configuration, tokens.access_token)).toMatchObject({
      active: true,
    })
  })

  test('are for the application: Writ itself takes none of them', async () => {
    // Attack: an application turns the token it was given against the API, with all of the person's rights.
    const tokens = await signInto(till, await signedIn())
    for (const as of [tokens.access_token, tokens.refresh_token!, tokens.id_token!])
      expect((await app.request('GET', '/me', { as })).status).toBe(401)
  })

  test('are exchanged only by whoever knows the secret, not by whoever has read the database', async () => {
    const { rows } = await app.database.owner.query<{ hash: Buffer }>(
      'select secret_hash as hash from sign_on_clients where id = $1',
      [till.uuid],
    )
    for (const secret of [
      'writ_cs_wrong',
      rows[0]!.hash.toString('base64url'),
      rows[0]!.hash.toString('hex'),
    ]) {
      const thief = { configuration: await discover(listening, { id: till.id, secret }) }
      const begun = await authorization(till)
      const { at } = await (await signedIn()).follow(begun.url)
      await expect(exchange(thief, begun, at)).rejects.toMatchObject({ status: 401 })
    }
  })

  test('live as long as the policy says, and no longer than the session', async () => {
    const { tokens: settings } = (await app.services.ports.policies.current()).compiled.policy.authentication
    const tokens = await signInto(till, await signedIn())
    expect(tokens.expires_in).toBeLessThanOrEqual(settings.accessSeconds)
    const browser = await signedIn()
    const { id } = await app.organization('acme')
    await app.ownerDb.transaction(`org:${id}`, (tx) =>
      tx
        .updateTable('sessions')
        .set({ expiresAt: new Date(app.clock.now().getTime() + 300_000) })
        .where('endedAt', 'is', null)
        .execute(),
    )
    const late = await signInto(till, browser)
    expect(late.expires_in).toBeLessThanOrEqual(300)
  })

  test('of a public client are bound to nothing but themselves, and rotate', async () => {
    const spa = await relyingParty(app, listening, { type: 'spa' })
    expect(spa.secret).toBeUndefined()
    const tokens = await signInto(spa, await signedIn())
    const next = await openid.refreshTokenGrant(spa.configuration, tokens.refresh_token!)
    expect(next.refresh_token).not.toBe(tokens.refresh_token)
    expect(next.claims()).toMatchObject({ sub: ben.wire.user, organization_slug: 'acme' })
  })
})

describe('a pushed request', () => {
  test('is used once, and may be demanded', async () => {
    const party = await relyingParty(app, listening, { requiresPar: true })
    const begun = await authorization(party)
    const { at: refused } = await (await signedIn()).follow(begun.url)
    expect(refused.searchParams.get('error')).toBe('invalid_request')
    const url = await openid.buildAuthorizationUrlWithPAR(party.configuration, begun.url.searchParams)
    expect(url.search).not.toContain('redirect_uri')
    const browser = await signedIn()
    const { at } = await browser.follow(url)
    expect((await exchange(party, begun, at)).claims()!.sub).toBe(ben.wire.user)
    const { at: again } = await browser.follow(url)
    expect(again.href).not.toContain('code=')
  })
})

describe('a token that is bound to a key', () => {
  test('is worth something only with that key, and a proof is seen once', async () => {
    const party = await relyingParty(app, listening, { type: 'spa', requiresDpop: true })
    const handle = openid.getDPoPHandle(party.configuration, await openid.randomDPoPKeyPair('ES256'))
    const other = openid.getDPoPHandle(party.configuration, await openid.randomDPoPKeyPair('ES256'))
    const bare = await authorization(party)
    const { at: first } = await (await signedIn()).follow(bare.url)
    await expect(exchange(party, bare, first)).rejects.toThrow()
    const begun = await authorization(party)
    const { at } = await (await signedIn()).follow(begun.url)
    const tokens = await exchange(party, begun, at, {}, { DPoP: handle })
    expect(tokens.token_type).toBe('dpop')
    const info = (options: openid.DPoPOptions) =>
      openid.fetchUserInfo(party.configuration, tokens.access_token, ben.wire.user, options)
    expect((await info({ DPoP: handle })).sub).toBe(ben.wire.user)
    // Attack: the token was stolen, the key was not.
    await expect(info({ DPoP: other })).rejects.toThrow()
    await expect(info({})).rejects.toThrow()
    await expect(
      openid.refreshTokenGrant(party.configuration, tokens.refresh_token!, {}, { DPoP: other }),
    ).rejects.toThrow()
  })
})

describe('a device', () => {
  const device = () => relyingParty(app, listening, { name: 'Scale', type: 'device', redirectUris: [] })
  const secretOf = (html: string) => /name="xsrf" value="([^"]+)"/.exec(html)![1]!

  async function approve(browser: Browser, userCode: string, decision: Record<string, string>) {
    const page = await (await browser.follow('/oidc/device')).answer.text()
    const xsrf = secretOf(page)
    const confirm = await browser.follow('/oidc/device', { form: { xsrf, user_code: userCode } })
    const asked = await confirm.answer.text()
    expect(asked).toContain('Scale')
    return browser.follow('/oidc/device', {
      form: { xsrf: secretOf(asked), user_code: userCode, ...decision },
    })
  }

  test('is let in by a person at another screen', async () => {
    const party = await device()
    const started = await openid.initiateDeviceAuthorization(party.configuration, { scope: 'openid roles' })
    expect(started.verification_uri).toBe(`${ISSUER}/device`)
    const poll = () =>
      openid.genericGrantRequest(party.configuration, 'urn:ietf:params:oauth:grant-type:device_code', {
        device_code: started.device_code,
      })
    await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' })
    const { answer } = await approve(await signedIn(), started.user_code, { confirm: 'yes' })
    expect(answer.status).toBe(200)
    const tokens = await poll()
    expect(tokens.claims()).toMatchObject({ sub: ben.wire.user, roles: ['user'] })
    await expect(poll()).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  test('is refused by a person at another screen', async () => {
    const party = await device()
    const started = await openid.initiateDeviceAuthorization(party.configuration, { scope: 'openid' })
    await approve(await signedIn(), started.user_code, { abort: 'yes' })
    await expect(
      openid.genericGrantRequest(party.configuration, 'urn:ietf:params:oauth:grant-type:device_code', {
        device_code: started.device_code,
      }),
    ).rejects.toMatchObject({ error: 'access_denied' })
  })
})

describe('an API of the platform', () => {
  const ORDERS = 'https://orders.example'

  test('verifies a JWT by the published keys, and nobody without the right asks one', async () => {
    await register(app, {
      name: 'Orders',
      type: 'service',
      redirectUris: [],
      audience: ORDERS,
      audienceScopes: ['orders'],
      audienceTokens: 'jwt',
    })
    const party = await relyingParty(app, listening, { resources: [ORDERS] })
    const begun = await authorization(party, {
      resource: ORDERS,
      scope: 'openid organization roles permissions orders',
    })
    const { at } = await (await signedIn()).follow(begun.url)
    const tokens = await exchange(party, begun, at, { resource: ORDERS })
    const keys = createRemoteJWKSet(new URL(`${ISSUER}/jwks`), { [joseFetch]: listening.fetch as never })
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys, {
      issuer: ISSUER,
      audience: ORDERS,
      typ: 'at+jwt',
    })
    expect(protectedHeader.alg).toBe('ES256')
    expect(payload).toMatchObject({
      sub: ben.wire.user,
      scope: 'orders',
      organization_slug: 'acme',
      roles: ['user'],
    })
    expect(tokens.expires_in).toBeLessThanOrEqual(900)
    expect((await app.request('GET', '/me', { as: tokens.access_token })).status).toBe(401)
    const { at: refused } = await (await signedIn()).follow(
      (await authorization(till, { resource: ORDERS })).url,
    )
    expect(refused.searchParams.get('error')).toBe('invalid_target')
  })

  test('asks about an opaque token that is meant for it', async () => {
    const STOCK = 'https://stock.example'
    const service = await register(app, {
      name: 'Stock',
      type: 'service',
      redirectUris: [],
      audience: STOCK,
      audienceScopes: ['stock'],
    })
    const asking = await discover(listening, service)
    const party = await relyingParty(app, listening, { resources: [STOCK] })
    const begun = await authorization(party, { resource: STOCK, scope: 'openid roles stock' })
    const { at } = await (await signedIn()).follow(begun.url)
    const tokens = await exchange(party, begun, at, { resource: STOCK })
    expect(await openid.tokenIntrospection(asking, tokens.access_token)).toMatchObject({
      active: true,
      aud: STOCK,
      sub: ben.wire.user,
      roles: ['user'],
    })
    const foreign = await signInto(till, await signedIn())
    expect(await openid.tokenIntrospection(asking, foreign.access_token)).toEqual({ active: false })
  })
})

describe('a native application', () => {
  test('listens on whatever port is free (RFC 8252), and asks each time who else could be listening', async () => {
    const party = await relyingParty(app, listening, {
      type: 'native',
      redirectUris: ['http://127.0.0.1/callback'],
    })
    const browser = await signedIn()
    const begun = await authorization(party, { redirect_uri: 'http://127.0.0.1:49152/callback' })
    const asked = await browser.follow(begun.url)
    expect(asked.at.pathname).toMatch(/^\/oidc\/interaction\//)
    const { at } = await browser.follow(asked.at, { form: { decision: 'allow' } })
    expect(at.href).toMatch(/^http:\/\/127\.0\.0\.1:49152\/callback\?code=/)
    expect((await exchange(party, begun, at)).claims()!.sub).toBe(ben.wire.user)
    const { answer } = await browser.follow(
      (await authorization(party, { redirect_uri: 'http://127.0.0.1:49152/other' })).url,
    )
    expect(answer.status).toBe(400)
  })
})

describe("an application of somebody else's", () => {
  test('gets what the person agrees to, is remembered, and loses it when they take it back', async () => {
    const party = await relyingParty(app, listening, { name: 'Partner <b>', isFirstParty: false })
    const eve = await app.member('acme', { email: 'eve@acme.test', roles: ['user'] })
    const browser = await signedIn(eve)
    await news()
    const begun = await authorization(party)
    const asked = await browser.follow(begun.url)
    const page = await textOf(asked)
    expect(page).toContain('Partner &lt;b&gt;')
    expect(page).not.toContain('<b>')
    // Attack: another site posts the answer for the person.
    const forged = await browser.open(asked.at, {
      form: { decision: 'allow' },
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    })
    expect(forged.status).toBe(403)
    const { at } = await browser.follow(asked.at, { form: { decision: 'allow' } })
    const tokens = await exchange(party, begun, at)
    expect(await news()).toEqual(['sign_on.consent_given', 'sign_on.authorized'])
    expect((await signInto(party, await signedIn(eve))).claims()!.sub).toBe(eve.wire.user)
    const as = await openSessionOf(app, eve)
    const given = await app.request('GET', '/me/applications', { as })
    expect(given.body.items).toMatchObject([{ id: party.id, name: 'Partner <b>' }])
    await news()
    expect((await app.request('DELETE', `/me/applications/${party.id}`, { as })).status).toBe(204)
    expect(await news()).toEqual(['sign_on.consent_withdrawn'])
    expect(await openid.tokenIntrospection(party.configuration, tokens.access_token)).toEqual({
      active: false,
    })
    expect((await app.request('DELETE', `/me/applications/${party.id}`, { as })).status).toBe(404)
    const again = await (await signedIn(eve)).follow((await authorization(party)).url)
    expect(again.at.pathname).toMatch(/^\/oidc\/interaction\//)
  })

  test('gets nothing where the person refuses', async () => {
    const party = await relyingParty(app, listening, { isFirstParty: false })
    const browser = await signedIn()
    const asked = await browser.follow((await authorization(party)).url)
    await news()
    const { at } = await browser.follow(asked.at, { form: { decision: 'deny' } })
    expect(at.searchParams.get('error')).toBe('access_denied')
    expect(await news()).toEqual(['sign_on.consent_refused'])
  })
})

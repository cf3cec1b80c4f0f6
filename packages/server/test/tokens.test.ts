/**
 * Credentials that were never issued, that lost their hold, or that come in the wrong way.
 *
 * Threats: forged and confused tokens (RFC 8725), a stolen credential after its owner signed out or was deactivated,
 * a second identity slipped into a request, a page of another site that uses the session.
 */

import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../src/app.ts'
import { type Answer, ORIGIN, send, startApp, type TestApp } from './support/app.ts'
import {
  openSessionOf,
  type SignedIn,
  seedApplication,
  sendWithCookie,
  signedInMember,
} from './support/attack-sessions.ts'
import { forgedTokens, forgerOf } from './support/attack-tokens.ts'
import { rotateSigningKey } from './support/losses.ts'

function expectUnauthorized(answer: Answer, what: string): void {
  expect({ status: answer.status, code: answer.body?.code }, what).toEqual({
    status: 401,
    code: 'unauthorized',
  })
}

describe.each([
  ['EdDSA', 'prosaas', 'agent'],
  ['HS256', 'sales-agent', 'user'],
])('access tokens signed with %s', (algorithm, policy, role) => {
  let app: TestApp
  let ada: SignedIn
  let eve: SignedIn

  beforeAll(async () => {
    app = await startApp({ policy })
    ada = await signedInMember(app, 'acme', { email: 'ada@acme.test', roles: [role] })
    eve = await signedInMember(app, 'globex', { email: 'eve@globex.test', roles: [role] })
  })

  afterAll(() => app.stop())

  test('hold as they are issued, so that the refusals below mean something', async () => {
    const forger = await forgerOf(app, ada.accessToken)
    expect(forger.header).toMatchObject({ alg: algorithm, typ: 'at+jwt' })
    expect((await app.request('GET', '/me', { as: ada })).status).toBe(200)
    expect(
      (await app.request('GET', '/me', { as: forger.genuine(forger.header, forger.claims) })).status,
    ).toBe(200)
  })

  test('are refused when forged, whatever the trick', async () => {
    const forger = await forgerOf(app, ada.accessToken)
    const { sub, org, sid } = (await forgerOf(app, eve.accessToken)).claims as {
      sub: string
      org: string
      sid: string
    }
    for (const [name, token] of forgedTokens(forger, { sub, org, sid })) {
      for (const path of ['/me', '/organizations/acme/members']) {
        expectUnauthorized(await app.request('GET', path, { as: token }), name)
      }
      // As a subject that an application received: the same token is nobody there too.
      const { credential } = await seedApplication(app, 'acme')
      const body = {
        subject: { type: 'token', id: token },
        action: { name: 'read' },
        resource: { type: 'reports', id: '*' },
      }
      const decided = await app.request('POST', '/access/v1/evaluation', { as: credential, body })
      expect(decided.body?.decision ?? false, name).toBe(false)
    }
  })

  test('are refused from the second they expire, and their session’s other credentials are not', async () => {
    const late = await openSessionOf(app, ada.member)
    app.clock.advance(15 * 60 - 1)
    expect((await app.request('GET', '/me', { as: late })).status).toBe(200)
    app.clock.advance(1)
    expectUnauthorized(await app.request('GET', '/me', { as: late }), 'expired')
    expect((await sendWithCookie(app, 'GET', '/me', late.cookie)).status).toBe(200)
    expect(
      (await app.request('POST', '/auth/refresh', { body: { refreshToken: late.refreshToken } })).status,
    ).toBe(200)
  })

  test('are not taken for another kind of credential, nor another kind for them', async () => {
    const session = await openSessionOf(app, ada.member)
    const secret = session.cookie.split('=')[1]!
    const { credential } = await seedApplication(app, 'acme')
    for (const bearer of [
      session.refreshToken,
      secret,
      session.sessionId,
      `writ_app_${secret}`,
      `${credential}x`,
      credential.slice(9),
    ]) {
      expectUnauthorized(await app.request('GET', '/me', { as: bearer }), 'as bearer')
    }
    for (const value of [
      session.accessToken,
      session.refreshToken,
      credential,
      session.sessionId,
      '',
      '%00',
    ]) {
      expectUnauthorized(
        await sendWithCookie(app, 'GET', '/me', `__Host-writ_session=${value}`),
        `as cookie ${value}`,
      )
    }
    for (const refreshToken of [session.accessToken, secret, credential]) {
      const answer = await app.request('POST', '/auth/refresh', { body: { refreshToken } })
      expect(answer.status, 'as refresh token').toBe(refreshToken.length > 500 ? 422 : 401)
    }
  })
})

describe('the way a credential comes', () => {
  let app: TestApp
  let ada: SignedIn
  let port: number

  beforeAll(async () => {
    app = await startApp({ policy: 'prosaas' })
    ada = await signedInMember(app, 'acme', { email: 'ada@acme.test', roles: ['agent'] })
    await app.http.listen({ port: 0, host: '127.0.0.1' })
    port = (app.http.server.address() as AddressInfo).port
  })

  afterAll(() => app.stop())

  /** Header lines exactly as given; answers the status. */
  function raw(lines: string[], request = 'GET /api/v1/me HTTP/1.1'): Promise<number> {
    return new Promise((resolve, reject) => {
      let received = ''
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(
          `${[request, 'Host: localhost', 'Connection: close', ...lines].join('\r\n')}\r\n\r\n`,
          'latin1',
        ),
      )
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1')
      })
      socket.on('close', () => resolve(Number(received.split(' ')[1])))
      socket.on('error', reject)
    })
  }

  test('is one Authorization header with one bearer; the scheme may be in any case (RFC 9110 section 11.1)', async () => {
    const token = ada.accessToken
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
      expect(await raw([`Authorization: ${scheme} ${token}`]), scheme).toBe(200)
    }
    const lines: [string, number][] = [
      [`Authorization: Bearer  ${token}`, 401],
      [`Authorization: Bearer\t${token}`, 401],
      [`Authorization: Bearer ${token}, Bearer ${token}`, 401],
      [`Authorization: Bearer ${token} ${token}`, 401],
      [`Authorization: Bearer "${token}"`, 401],
      [`Authorization: Bearer ${token}\x00`, 400],
      [`Authorization: Bearer${token}`, 401],
      [`Authorization: ${token}`, 401],
      [`Authorization: Basic ${Buffer.from(`x:${token}`).toString('base64')}`, 401],
      [`Authorization: DPoP ${token}`, 401],
      ['Authorization: Bearer', 401],
      ['Authorization:', 401],
      [`Authorization: Bearer ${'A'.repeat(10_000)}`, 401],
    ]
    for (const [line, status] of lines) expect(await raw([line]), line.slice(0, 60)).toBe(status)
  })

  test('is refused as ambiguous when two Authorization headers come, whichever is good', async () => {
    const good = `Authorization: Bearer ${ada.accessToken}`
    for (const lines of [
      [good, good],
      [good, 'Authorization: Bearer x'],
      ['Authorization: Bearer x', good],
      [good, 'authorization: Basic eDp5'],
      [good, 'AUTHORIZATION: '],
    ]) {
      expect(await raw(lines), lines.join(' | ').slice(0, 40)).toBe(400)
    }
  })

  test('is refused as ambiguous when a cookie and a bearer come, or two session cookies', async () => {
    const other = await openSessionOf(app, ada.member)
    const bearer = `Authorization: Bearer ${ada.accessToken}`
    expect(await raw([bearer, `Cookie: ${ada.cookie}`])).toBe(400)
    expect(await raw([bearer, `Cookie: a=b; ${other.cookie}`])).toBe(400)
    expect(await raw([bearer, 'Cookie: __Host-writ_session='])).toBe(400)
    expect(await raw([`Cookie: ${ada.cookie}; ${other.cookie}`])).toBe(400)
    expect(await raw([`Cookie: ${ada.cookie}`, `Cookie: ${other.cookie}`])).toBe(400)
    expect(await raw([`Cookie: ${ada.cookie}; ${ada.cookie}`])).toBe(400)
    expect(await raw([`Cookie: theme=dark; ${ada.cookie}; lang=he`])).toBe(200)
  })

  test('is only a header: not the query, the body, another header or another cookie', async () => {
    const secret = ada.cookie.split('=')[1]!
    const at = `GET /api/v1/me?access_token=${ada.accessToken}&token=${ada.accessToken} HTTP/1.1`
    expect(await raw([], at)).toBe(401)
    for (const line of [
      `X-Access-Token: ${ada.accessToken}`,
      `Proxy-Authorization: Bearer ${ada.accessToken}`,
      `X-Forwarded-Authorization: Bearer ${ada.accessToken}`,
      `Cookie: writ_session=${secret}`,
      `Cookie: __Secure-writ_session=${secret}`,
      `Cookie: __host-writ_session=${secret}`,
      `Cookie: x__Host-writ_session=${secret}`,
      `Cookie: x="${ada.cookie}"`,
      'X-User-Id: 1',
      `X-Original-URL: /healthz`,
    ]) {
      expect(await raw([line]), line).toBe(401)
    }
  })

  test('decides whether a write is one’s own: a cookie writes only from a page of this origin', async () => {
    const write = (headers: Record<string, string>) =>
      send(app, 'PATCH', '/me', { body: { locale: 'he' }, headers: { cookie: ada.cookie, ...headers } })
    const foreign: Record<string, string>[] = [
      {},
      { origin: 'null' },
      { origin: 'https://attacker.test' },
      { origin: `${ORIGIN}.attacker.test` },
      { origin: ORIGIN.replace('http', 'https') },
      { origin: `${ORIGIN}1` },
      { origin: ORIGIN.toUpperCase() },
      { referer: `${ORIGIN}/` },
      { 'sec-fetch-site': 'cross-site', origin: ORIGIN },
      { 'sec-fetch-site': 'same-site', origin: ORIGIN },
      { 'sec-fetch-site': 'none', origin: ORIGIN },
      { host: 'attacker.test', origin: 'http://attacker.test' },
      { 'x-forwarded-host': 'attacker.test', origin: 'http://attacker.test' },
      { 'x-http-method-override': 'GET' },
    ]
    for (const headers of foreign) {
      const answer = await write(headers)
      expect({ status: answer.status, code: answer.body?.code }, JSON.stringify(headers)).toEqual({
        status: 403,
        code: 'cross_site',
      })
    }
    expect((await app.request('GET', '/me', { as: ada })).body.user.locale).toBe('en')
    expect((await write({ origin: ORIGIN })).status).toBe(200)
    expect((await write({ 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    // A bearer is never sent by a browser on its own, so it needs no origin.
    expect((await app.request('PATCH', '/me', { as: ada, body: { locale: 'en' } })).status).toBe(200)
  })

  test('a cookie that a page of another site sends in a form is refused before its body is read', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const answer = await send(app, 'POST', '/auth/logout-everywhere', {
        body: 'a=b',
        headers: { cookie: ada.cookie, 'content-type': type, origin: 'https://attacker.test' },
      })
      expect(answer.status, type).toBe(403)
    }
    expect((await app.request('GET', '/me', { as: ada })).status).toBe(200)
  })
})

describe('a credential that lost its hold', () => {
  let app: TestApp
  let other: App

  beforeAll(async () => {
    app = await startApp({ policy: 'prosaas' })
    other = await app.sibling()
  })

  afterAll(() => app.stop())

  test('is replaced by one that holds: after a rotation a server that saw nothing of it signs with the new key', async () => {
    const ada = await signedInMember(app, 'rotated', { email: 'ada@rotated.test', roles: ['agent'] })
    await rotateSigningKey(app)
    const body = { refreshToken: ada.refreshToken }
    const renewed = await send(other, 'POST', '/auth/refresh', { body })
    expect((await send(app, 'GET', '/me', { as: renewed.body.accessToken })).status).toBe(200)
    expectUnauthorized(
      await send(other, 'GET', '/me', { as: ada.accessToken }),
      'signed with the retired key',
    )
  })
})

/**
 * Every form under the same attacks, generated from the list of screens: a form that is added tomorrow is attacked
 * tomorrow.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, PASSWORD, startApp, type TestApp } from '#test/app'
import { Visitor } from '#test/visitor'
import { screens } from '../routes.ts'

let app: TestApp
let cookie: string

beforeAll(async () => {
  app = await startApp({ policy: 'sales-agent' })
  await app.member('acme', { email: 'ada@acme.test', roles: ['user'] })
  cookie = (await app.signIn('ada@acme.test')).cookie
})

afterAll(() => app.stop())

const forms = screens.filter(({ act }) => act).map(({ path }) => path)

const HOSTILE: readonly (readonly [string, Record<string, string>])[] = [
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  // A subdomain that somebody else was given, or took over.
  ['a sibling of this site', { 'sec-fetch-site': 'same-site', origin: 'http://evil.localhost:8484' }],
  ['an address that was typed', { 'sec-fetch-site': 'none' }],
  ['another port', { origin: 'http://localhost:9999' }],
  ['a sandbox', { origin: 'null' }],
  ['nobody says where', {}],
  ['a site that says it is ours by another header', { referer: `${ORIGIN}/sign-in` }],
]

describe('a form that another site sends', () => {
  // CSRF, and login CSRF: a visitor who is signed in as the attacker types what the attacker then reads.
  test.each(forms.flatMap((path) => HOSTILE.map(([from, headers]) => [path, from, headers] as const)))(
    'does nothing: %s from %s',
    async (path, _from, headers) => {
      const before = await app.events('acme')
      for (const credential of [{}, { cookie }]) {
        const answer = await app.inject({
          method: 'POST',
          url: path,
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers, ...credential },
          payload: `email=ada%40acme.test&password=${PASSWORD}`,
        })
        expect(answer.statusCode).toBe(403)
        expect(answer.body).toContain('was sent from another site')
        expect(answer.headers['set-cookie']).toBeUndefined()
      }
      expect(await app.events('acme')).toEqual(before)
    },
  )
})

test('[SA-16] every page, whatever becomes of it, forbids framing, foreign content and being kept', async () => {
  for (const { path, act } of screens) {
    const answers = [await app.inject({ method: 'GET', url: path })]
    answers.push(await app.inject({ method: 'GET', url: path, headers: { cookie } }))
    if (act)
      answers.push(
        await app.inject({
          method: 'POST',
          url: path,
          headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
          payload: 'x=1',
        }),
      )
    for (const { headers, statusCode } of answers) {
      expect(statusCode, path).toBeLessThan(500)
      expect(headers, path).toMatchObject({
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'strict-transport-security': expect.stringMatching(/^max-age=\d{8,}/),
        'content-security-policy': expect.stringMatching(/^default-src 'none';.* frame-ancestors 'none'$/),
      })
    }
  }
})

test('pages of a person are closed to everybody else, and lead there after signing in', async () => {
  for (const { path, access } of screens) {
    if (access !== 'person') continue
    const answer = await app.inject({ method: 'GET', url: `${path}?x=1` })
    expect(answer, path).toMatchObject({
      statusCode: 303,
      headers: { location: `/sign-in?return=${encodeURIComponent(`${path}?x=1`)}` },
    })
  }
})

test('opening a page changes nothing: mail filters, previews and prefetching open links too', async () => {
  const before = await app.events('acme')
  const visitor = new Visitor(app)
  for (const part of cookie.split('; ')) {
    const at = part.indexOf('=')
    visitor.cookies.set(part.slice(0, at), part.slice(at + 1))
  }
  for (const { path } of screens) await visitor.open(`${path}?token=none`)
  expect(await app.events('acme')).toEqual(before)
  expect((await visitor.open('/account')).status).toBe(200)
})

test('a failure of ours is a page that says nothing of its cause', async () => {
  await app.database.owner.query('alter table sessions rename to sessions_away')
  const answer = await app.inject({ method: 'GET', url: '/account', headers: { cookie } })
  await app.database.owner.query('alter table sessions_away rename to sessions')
  expect(answer.statusCode).toBe(500)
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(answer.body).toContain(String(answer.headers['x-request-id']))
  expect(answer.body).not.toMatch(/relation|select|error:|\.ts/i)
})

test('an address that is not there is a page for a person, and a problem for a program', async () => {
  const person = await app.inject({
    method: 'GET',
    url: '/nothing/here?lang=he',
    headers: { accept: 'text/html,application/xhtml+xml' },
  })
  expect(person).toMatchObject({ statusCode: 404, headers: { 'content-type': 'text/html; charset=utf-8' } })
  expect(person.body).toContain('<html lang="he" dir="rtl">')
  const program = await app.inject({ method: 'GET', url: '/nothing/here', headers: { accept: '*/*' } })
  expect(program.headers['content-type']).toMatch(/^application\/problem\+json/)
})

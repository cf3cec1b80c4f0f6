import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, PASSWORD, startApp, type TestApp } from '#test/app'
import { Visitor } from '#test/visitor'

let app: TestApp

beforeAll(async () => {
  app = await startApp({ policy: 'sales-agent' })
  await app.member('acme', { email: 'ada@acme.test', name: 'Ada', roles: ['user'] })
  await app.member('acme', { email: 'both@acme.test', name: 'Bo', roles: ['user'] })
  await app.member('globex', { email: 'both@acme.test', roles: ['user'] })
})

afterAll(() => app.stop())

describe('signing in without JavaScript', () => {
  test('asks for an address and a password, and goes on to the account', async () => {
    const visitor = new Visitor(app)
    const page = await visitor.open('/sign-in')
    expect(page).toMatchObject({ status: 200, title: 'Sign in' })
    await visitor.submit({ email: 'ada@acme.test', password: PASSWORD })
    expect(visitor.page).toMatchObject({ status: 200, address: '/account' })
    expect(visitor.cookies.has('__Host-writ_session')).toBe(true)
  })

  test('a wrong password shows the form again with the address and without the password', async () => {
    const visitor = new Visitor(app)
    await visitor.open('/sign-in')
    const page = await visitor.submit({ email: 'ada@acme.test', password: 'Wrong-Password-1' })
    expect(page.status).toBe(401)
    expect(page.text).toContain('is not right, or this account cannot sign in here')
    expect(page.forms[0]!.fields).toMatchObject({ email: 'ada@acme.test', password: '' })
    expect(page.html).not.toContain('Wrong-Password-1')
    expect(page.html).toContain('role="alert"')
  })

  test('an empty field is named beside it, and has the focus', async () => {
    const visitor = new Visitor(app)
    await visitor.open('/sign-in')
    const page = await visitor.submit({ email: 'ada@acme.test', password: '' })
    expect(page.status).toBe(422)
    expect(page.html).toMatch(
      /<input type="password"[^>]*aria-describedby="password-error"[^>]*aria-invalid="true"[^>]*autofocus/,
    )
    expect(page.html).toContain('<div class="error" id="password-error">Fill this in.</div>')
  })

  test('whoever belongs to several organizations is asked which', async () => {
    const visitor = new Visitor(app)
    await visitor.open('/sign-in?return=%2Faccount%23sessions')
    const page = await visitor.submit({ email: 'both@acme.test', password: PASSWORD })
    expect(page.title).toBe('Where do you go on?')
    expect(page.text).toContain('globex Ltd')
    const chosen = /value="(org_[^"]+)"[^>]*><span><bdi>globex/.exec(page.html)![1]!
    await visitor.submit({ organization: chosen })
    expect(visitor.page.address).toBe('/account#sessions')
  })
})

describe('where a person goes on', () => {
  // Open redirect: a link to our sign-in page that ends at a page that looks like it, and asks for the password again.
  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
  ])('is never another site: %j', async (target) => {
    const visitor = new Visitor(app)
    const first = await visitor.open(`/sign-in?return=${encodeURIComponent(target)}`)
    expect(first.html).not.toContain('evil')
    await visitor.submit({ email: 'ada@acme.test', password: PASSWORD })
    expect(visitor.page.address).toBe('/account')
    const forged = await new Visitor(app).post(
      '/sign-in',
      { email: 'ada@acme.test', password: PASSWORD, return: target },
      { 'sec-fetch-site': 'same-origin' },
    )
    expect(forged.headers.location).toBe('/continue')
  })

  test('is a page that goes on by itself where the path may lead out: browsers hold redirects of a form to form-action', async () => {
    const visitor = new Visitor(app)
    await visitor.open('/sign-in?return=%2Foidc%2Fauth%3Fclient_id%3Da%26x%3D%2522')
    const page = await visitor.submit({ email: 'ada@acme.test', password: PASSWORD })
    expect(page.address).toMatch(/^\/continue\?/)
    expect(page.html).toContain(
      '<meta http-equiv="refresh" content="0;url=/oidc/auth?client_id=a&amp;x=%22">',
    )
  })
})

test('a page is in the language that is asked for, then kept, then the browser’s', async () => {
  const visitor = new Visitor(app, { 'accept-language': 'he-IL,he;q=0.9,en;q=0.5' })
  expect((await visitor.open('/sign-in')).html).toContain('<html lang="he" dir="rtl">')
  expect((await visitor.open('/sign-in?lang=en&return=%2Faccount')).html).toContain(
    '<html lang="en" dir="ltr">',
  )
  expect(visitor.page.html).toContain('href="/sign-in?return=%2Faccount&amp;lang=he"')
  expect((await visitor.open('/sign-in')).title).toBe('Sign in')
  const page = await visitor.submit({ email: 'ada@acme.test', password: 'x' })
  expect(page.title).toBe('Sign in')
})

test('what was typed is text on the page, never markup', async () => {
  const visitor = new Visitor(app)
  await visitor.open('/sign-in')
  const page = await visitor.submit({ email: '"><script>alert(1)</script>\u202e', password: 'x' })
  expect(page.html).not.toContain('<script>alert')
  expect(page.forms[0]!.fields['email']).toBe('"><script>alert(1)</script>')
})

test('every page forbids what it does not need, and is kept nowhere', async () => {
  const { headers } = await new Visitor(app).open('/sign-in')
  expect(headers).toMatchObject({
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
  })
})

test('a form with a file, JSON or a body without end is refused with a page', async () => {
  for (const [type, payload, status] of [
    ['application/json', '{"email":"a"}', 415],
    ['multipart/form-data; boundary=x', '--x--', 415],
    ['application/x-www-form-urlencoded', `email=${'x'.repeat(100_000)}`, 413],
    ['application/x-www-form-urlencoded', 'email=%00&password=x', 400],
  ] as const) {
    const answer = await app.inject({
      method: 'POST',
      url: '/sign-in',
      headers: { 'content-type': type, 'sec-fetch-site': 'same-origin' },
      payload,
    })
    expect(answer.statusCode, type).toBe(status)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.body).toContain('role="alert"')
  }
})

test('the API takes no forms', async () => {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/auth/login',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: ORIGIN },
    payload: 'email=ada%40acme.test&password=x',
  })
  expect(answer.statusCode).toBe(415)
})

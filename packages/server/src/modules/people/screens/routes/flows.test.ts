/**
 * Each flow as a person goes through it who has no JavaScript: pages, forms, cookies, mails.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, startApp, type TestApp, type TestMember } from '#test/app'
import { seedInvite } from '#test/invites'
import { linkFor, mailedToken, unverify } from '#test/recovery'
import { openPolicy } from '#test/screen-tour'
import { enrolTotp, totp } from '#test/second-factors'
import { Visitor } from '#test/visitor'

const OTHER = 'Quiet-Harbour-48!'
let app: TestApp
let inviter: TestMember

beforeAll(async () => {
  app = await startApp({ policy: openPolicy() })
  inviter = await app.member('acme', { email: 'admin@acme.test', roles: ['admin'] })
})

afterAll(() => app.stop())

const scientist = (name: string) =>
  app.member('acme', { email: `${name}@acme.test`, name: `Ada ${name}`, roles: ['scientist'] })

async function signedIn(email: string, password = PASSWORD): Promise<Visitor> {
  const visitor = new Visitor(app)
  await visitor.open('/sign-in')
  await visitor.submit({ email, password })
  return visitor
}

describe('a second factor', () => {
  test('[BM-21] is set up on the account’s page: the secret once, codes once', async () => {
    const { email } = await scientist('sets-up')
    const visitor = await signedIn(email)
    await visitor.open('/account/authenticator')
    const begun = await visitor.submit()
    expect(begun.html).toContain('<svg')
    const secret = /class="secret"[^>]*>([^<]+)</.exec(begun.html)![1]!.replace(/\s/g, '')
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    const wrong = await visitor.submit({ code: '000000' })
    expect(wrong).toMatchObject({ status: 403 })
    expect(wrong.html).not.toContain(secret)
    const codes = await visitor.submit({ code: totp(secret, app.clock.now()) })
    expect(codes.title).toBe('Your recovery codes')
    expect(codes.html.match(/<li>[0-9A-Z-]{29}<\/li>/g)).toHaveLength(10)
    expect(codes.headers['cache-control']).toBe('no-store')
    await visitor.open('/account')
    expect(visitor.page.text).toContain('10 codes are left')
  })

  test('is asked for at the next sign-in, and each code works once', async () => {
    const { email } = await scientist('second-step')
    const factor = await enrolTotp(app, (await app.signIn(email)).accessToken)
    const visitor = await signedIn(email)
    expect(visitor.page).toMatchObject({ status: 200, title: 'Second step' })
    expect(visitor.cookies.has('__Host-writ_session')).toBe(false)
    const code = factor.code()
    await visitor.submit({ code })
    expect(visitor.page.address).toBe('/account')
    const again = await signedIn(email)
    expect(await again.submit({ code })).toMatchObject({ status: 401, title: 'Second step' })
    expect(again.page.html).not.toContain(`value="${code}"`)
    await again.submit({ recoveryCode: factor.recoveryCodes[0]!.toLowerCase() })
    expect(again.page.address).toBe('/account')
  })

  // A challenge that was spent, forged or left lying gives no second chance, and says where to begin.
  test('a step that is no longer open begins again', async () => {
    const { email } = await scientist('late')
    const factor = await enrolTotp(app, (await app.signIn(email)).accessToken)
    const visitor = await signedIn(email)
    app.clock.advance(601)
    const page = await visitor.submit({ code: factor.code() })
    expect(page).toMatchObject({ status: 401, title: 'Sign in' })
    expect(page.text).toContain('no longer open')
    expect((await visitor.open('/sign-in/second-step')).address).toBe('/sign-in')
  })

  test('a role that must have one reaches nothing else before, and then goes where it was going', async () => {
    const { email } = await app.member('acme', { email: 'must@acme.test', roles: ['owner'] })
    const visitor = new Visitor(app)
    await visitor.open('/sign-in?return=%2Faccount%2Fprofile')
    await visitor.submit({ email, password: PASSWORD })
    expect(visitor.page).toMatchObject({ title: 'Set up a second factor' })
    for (const path of [
      '/account',
      '/account/email',
      '/account/recovery-codes',
      '/continue?return=%2Foidc%2Fx',
    ])
      expect((await visitor.open(path)).title, path).toBe('Set up a second factor')
    await visitor.open('/continue?return=%2Faccount%2Fprofile')
    await visitor.submit({}, '/account/authenticator')
    const secret = /class="secret"[^>]*>([^<]+)</.exec(visitor.page.html)![1]!.replace(/\s/g, '')
    await visitor.submit({ code: totp(secret, app.clock.now()) })
    const next = /href="(\/continue[^"]*)"/.exec(visitor.page.html)![1]!
    expect((await visitor.open(next)).address).toBe('/account/profile')
  })

  test('is removed with what the policy asks for, and not by a session that is stale', async () => {
    const { email } = await scientist('removes')
    const visitor = await signedIn(email)
    const tokens = await app.signIn(email)
    const factor = await enrolTotp(app, tokens.accessToken)
    // Setting one up ended the other sessions: sign in again, with it.
    const again = await signedIn(email)
    await again.submit({ code: factor.code() })
    app.clock.advance(3_600)
    await again.open('/account/authenticator/remove')
    await again.submit({ password: PASSWORD, code: factor.code() })
    expect(again.page.title).toBe('Is it you?')
    app.clock.advance(30)
    await again.submit({ code: factor.code() })
    expect(again.page.address).toBe('/account/authenticator/remove')
    app.clock.advance(30)
    expect(await again.submit({ password: PASSWORD, code: '12' })).toMatchObject({ status: 403 })
    await again.submit({ password: PASSWORD, code: factor.code() })
    expect(again.page.address).toBe('/account?done=app_removed')
    expect((await visitor.open('/account')).title).toBe('Sign in')
  })
})

describe('getting back in', () => {
  test('a forgotten password is set anew by the mailed link, once', async () => {
    const { email } = await scientist('forgot')
    const visitor = new Visitor(app)
    await visitor.open('/forgot')
    await visitor.submit({ email })
    const known = visitor.page
    await visitor.open('/forgot')
    expect((await visitor.submit({ email: 'nobody@acme.test' })).html).toBe(known.html)
    const token = await mailedToken(app, 'identity.password_reset', email)
    // Mail filters open links: opening one spends nothing.
    for (let i = 0; i < 3; i++) await visitor.open(`/reset-password?token=${token}`)
    expect(await visitor.submit({ newPassword: 'short' })).toMatchObject({ status: 422 })
    expect(visitor.page.text).toContain('Use at least 8 characters')
    await visitor.submit({ newPassword: OTHER })
    expect(visitor.page).toMatchObject({ address: '/reset-password/done', title: 'Your password is set' })
    await visitor.open(`/reset-password?token=${token}`)
    expect(await visitor.submit({ newPassword: OTHER })).toMatchObject({ status: 422 })
    expect(visitor.page.text).toContain('This link does not work')
    expect((await signedIn(email, OTHER)).page.address).toBe('/account')
  })

  test('an address that is owed is verified by its link, and then the person goes on', async () => {
    const member = await scientist('unverified')
    await unverify(app, member.userId)
    const visitor = await signedIn(member.email)
    expect(visitor.page.title).toBe('Verify your e-mail address first')
    await visitor.submit({}, '/account/verification')
    expect(visitor.page.text).toContain('The mail is on its way')
    const token = await linkFor(app, member, 'verify_email')
    // The link alone proves nothing: it takes the account's own session, too.
    expect((await new Visitor(app).open(`/verify-email?token=${token}`)).title).toBe('Sign in')
    await visitor.open(`/verify-email?token=${token}`)
    expect((await visitor.submit()).address).toBe('/verify-email/done')
    expect((await visitor.open('/continue')).address).toBe('/account')
  })

  test('a new address is confirmed at the new, and refused at the old', async () => {
    const { email } = await scientist('moves')
    const visitor = await signedIn(email)
    await visitor.open('/account/email')
    expect(await visitor.submit({ newEmail: 'new@acme.test', password: 'Wrong-1-password' })).toMatchObject({
      status: 403,
    })
    expect(visitor.page.forms[0]!.fields).toMatchObject({ newEmail: 'new@acme.test', password: '' })
    await visitor.submit({ newEmail: 'new@acme.test', password: PASSWORD })
    expect(visitor.page.address).toBe('/account?done=email_sent')
    const mailbox = new Visitor(app)
    const confirm = `/confirm-email?token=${await mailedToken(app, 'recovery.confirm_email', 'new@acme.test')}`
    // The link alone moves nothing: it takes the account's own session, too.
    expect((await mailbox.open(confirm)).title).toBe('Sign in')
    await visitor.open(confirm)
    expect((await visitor.submit()).address).toBe('/confirm-email/done')
    await mailbox.open(`/refuse-email?token=${await mailedToken(app, 'recovery.email_change_asked', email)}`)
    expect((await mailbox.submit()).address).toBe('/refuse-email/done')
  })
})

describe('coming in', () => {
  test('an invited person makes an account, and signs in with it', async () => {
    const { token } = await seedInvite(app, inviter, { email: 'newt@acme.test', role: 'scientist' })
    const visitor = new Visitor(app)
    await visitor.open(`/invite?token=${token}`)
    expect(visitor.page.text).toContain('newt@acme.test')
    await visitor.submit({ name: 'Newt', password: PASSWORD })
    expect(visitor.page.address).toBe('/invite/done')
    expect((await visitor.open(`/invite?token=${token}`)).status).toBe(422)
    expect(visitor.page.text).toContain('This invitation does not work')
    expect((await signedIn('newt@acme.test')).page.address).toBe('/account')
  })

  test('who has an account signs in, and then accepts', async () => {
    const there = await app.member('globex', { email: 'there@globex.test', roles: ['viewer'] })
    const { token } = await seedInvite(app, inviter, { email: there.email, role: 'viewer' })
    const visitor = new Visitor(app)
    await visitor.open(`/invite?token=${token}`)
    expect(visitor.page.forms).toHaveLength(0)
    await visitor.open(/href="(\/sign-in[^"]*)"/.exec(visitor.page.html)![1]!)
    await visitor.submit({ email: there.email, password: PASSWORD })
    expect(visitor.page.title).toBe('Join acme Ltd')
    await visitor.submit({}, '/invite/join')
    expect(visitor.page.text).toContain('You now belong to one more organization')
    await visitor.open('/account/organization')
    expect(visitor.page.text).toContain('acme Ltd')
  })

  test('who registers proves the address first; the answer tells nobody whether it is known', async () => {
    await scientist('known')
    const visitor = new Visitor(app)
    const register = async (email: string) => {
      await visitor.open('/register')
      return visitor.submit({ organization: 'acme', email, name: 'Own' })
    }
    const answer = await register('own@acme.test')
    expect((await register('known@acme.test')).html).toBe(answer.html)
    await visitor.open(
      `/register/finish?token=${await mailedToken(app, 'invites.registration', 'own@acme.test')}`,
    )
    await visitor.submit({ password: PASSWORD })
    expect(visitor.page.address).toBe('/register/done')
    expect((await signedIn('own@acme.test')).page.address).toBe('/account')
  })
})

describe('one’s own account', () => {
  test('shows where one is signed in, and ends it', async () => {
    const { email } = await scientist('sessions')
    const visitor = await signedIn(email)
    const elsewhere = await signedIn(email)
    await visitor.open('/account')
    await visitor.submit({}, '/account/sessions/end')
    expect(visitor.page).toMatchObject({ status: 200, address: '/account?done=session_ended' })
    expect((await elsewhere.open('/account')).address).toBe('/sign-in?return=%2Faccount')
    const third = await signedIn(email)
    await visitor.open('/account')
    await visitor.submit({}, '/account/sessions/end-others')
    expect((await third.open('/account')).title).toBe('Sign in')
    await visitor.open('/account')
    await visitor.submit({}, '/account/devices/forget')
    expect(visitor.page.text).toContain('The device is forgotten')
  })

  test('of somebody else is not reached by an id', async () => {
    const [mine, theirs] = [await scientist('mine'), await scientist('theirs')]
    const visitor = await signedIn(mine.email)
    const other = await signedIn(theirs.email)
    const another = await signedIn(theirs.email)
    const session = other.page.forms.find(({ action }) => action === '/account/sessions/end')
    await another.open('/account')
    const id = (session ?? another.page.forms.find(({ action }) => action === '/account/sessions/end'))!
      .fields['session']!
    const answer = await visitor.post(
      '/account/sessions/end',
      { session: id },
      { 'sec-fetch-site': 'same-origin' },
    )
    expect(answer.statusCode).toBe(404)
    expect((await other.open('/account')).status).toBe(200)
    for (const path of ['/account/passkeys/rename?passkey=pky_x', '/account/passkeys/remove'])
      expect((await visitor.open(path)).status, path).toBe(404)
  })

  test('[BM-20] a changed password ends all other sessions, and this one goes on', async () => {
    const { email } = await scientist('changes')
    const visitor = await signedIn(email)
    const elsewhere = await signedIn(email)
    await visitor.open('/account/password')
    expect(await visitor.submit({ currentPassword: 'Wrong-1-password', newPassword: OTHER })).toMatchObject({
      status: 403,
    })
    await visitor.submit({ currentPassword: PASSWORD, newPassword: OTHER })
    expect(visitor.page.text).toContain('Your password is changed')
    expect((await elsewhere.open('/account')).title).toBe('Sign in')
  })

  test('name and language are one’s own to change; a name that turns the text around is refused', async () => {
    const { email } = await scientist('renames')
    const visitor = await signedIn(email)
    await visitor.open('/account/profile')
    expect(await visitor.submit({ name: 'Ada \u202eecnat' })).toMatchObject({ status: 422 })
    await visitor.submit({ name: '<i>Ada</i>', locale: 'he' })
    expect(visitor.page.html).toContain('<bdi>&lt;i&gt;Ada&lt;/i&gt;</bdi>')
  })

  test('signing out ends the session, everywhere if so asked', async () => {
    const { email } = await scientist('leaves')
    const visitor = await signedIn(email)
    const elsewhere = await signedIn(email)
    await visitor.open('/sign-out')
    await visitor.submit()
    expect(visitor.page).toMatchObject({ address: '/signed-out', title: 'You are signed out' })
    expect(visitor.cookies.has('__Host-writ_session')).toBe(false)
    expect((await elsewhere.open('/account')).status).toBe(200)
    await elsewhere.open('/sign-out')
    const third = await signedIn(email)
    await elsewhere.post('/sign-out', { everywhere: 'yes' }, { 'sec-fetch-site': 'same-origin' })
    expect((await third.open('/account')).title).toBe('Sign in')
  })
})

test('others find what they look for: the page to change a password, and where passkeys are', async () => {
  const get = (url: string) => app.inject({ method: 'GET', url })
  expect(await get('/.well-known/change-password')).toMatchObject({
    statusCode: 303,
    headers: { location: '/account/password' },
  })
  expect((await get('/.well-known/passkey-endpoints')).json()).toEqual({
    enroll: 'http://localhost:8484/account/passkeys',
    manage: 'http://localhost:8484/account',
  })
  expect((await get('/device')).headers.location).toBe('/oidc/device')
})

/**
 * Devices that an account has signed in on.
 *
 * Threats: keeping somebody out by guessing at their password; turning a device that is known, or was stolen, or is
 * somebody else's, into guesses; planting a cookie before a sign-in.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ORIGIN, PASSWORD, send, startApp, type TestApp, type TestMember } from '#test/app'
import { seedDevice } from '#test/attack-sessions'
import { quickPolicy } from '#test/policies'
import { enrolTotp } from '#test/second-factors'
import type { App } from '../../../../app.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1'

let app: TestApp
let sibling: App
beforeAll(async () => {
  app = await startApp({
    policy: quickPolicy('flask-track').replace(/lockout: \{[^}]*\}/, 'lockout: { after: 5, for: 30m }'),
  })
  sibling = await app.sibling()
})
afterAll(() => app.stop())

let number = 0
function newMember(slug = `lab-${++number}`): Promise<TestMember> {
  return app.member(slug, { email: `person-${++number}@example.com`, roles: ['viewer'] })
}

interface From {
  readonly cookie?: string
  readonly userAgent?: string
  readonly ip?: string
  readonly server?: App
}

/** A sign-in in a browser; `device` is the cookie it was given to be known again. */
async function logIn(email: string, password = PASSWORD, from: From = {}) {
  const { cookie, userAgent = FIREFOX, ip = '203.0.113.7', server = app } = from
  const answer = await send(server, 'POST', '/auth/login', {
    body: { email, password },
    remoteAddress: ip,
    headers: { origin: ORIGIN, 'user-agent': userAgent, ...(cookie ? { cookie } : {}) },
  })
  const set = (name: string) => {
    const found = answer.raw.cookies.find((each) => each.name === name)
    return found && `${name}=${found.value}`
  }
  return { ...answer, device: set('__Host-writ_device'), session: set('__Host-writ_session') }
}

const guess = (email: string, i = 0, cookie?: string, server: App = app) =>
  logIn(email, `Guess-Number-${i}`, { ip: `198.51.100.${i}`, server, ...(cookie ? { cookie } : {}) })

async function lockOut(email: string): Promise<void> {
  for (let i = 0; i < 5; i++) await guess(email, i)
  expect((await logIn(email)).status).toBe(401)
}

/** Why sign-ins of an account failed, in order. */
async function reasons({ organizationId }: TestMember): Promise<string[]> {
  return app.ownerDb.transaction(`org:${organizationId}`, async (tx) => {
    const rows = await tx
      .selectFrom('auditEvents')
      .select('leaf')
      .where('organizationId', '=', organizationId)
      .where('type', '=', 'sessions.sign_in_failed')
      .orderBy('id')
      .execute()
    return rows.map(({ leaf }) => JSON.parse(leaf).reason)
  })
}

const mailsTo = async (email: string) =>
  (await app.mails()).filter((mail) => mail.to === email && mail.kind === 'sessions.new_device')

describe('a browser', () => {
  test('is given a secret of a year that only it and this host see, and keeps it at the next sign-in', async () => {
    const { email, organization } = await newMember()
    const first = await logIn(email)
    const cookie = first.raw.headers['set-cookie'] as string[]
    const device = cookie.find((each) => each.startsWith('__Host-writ_device='))
    for (const part of [/HttpOnly/, /Secure/, /SameSite=Lax/, /Path=\//, /Max-Age=31536000/])
      expect(device).toMatch(part)
    expect(device).not.toMatch(/Domain/i)
    const second = await logIn(email, PASSWORD, { cookie: first.device! })
    expect(second.device).toBe(first.device)
    expect(await app.events(organization)).toEqual([
      'sessions.signed_in',
      'sessions.device_known',
      'sessions.signed_in',
    ])
  })

  test('that is a program is given none', async () => {
    const { email } = await newMember()
    const answer = await app.request('POST', '/auth/login', { body: { email, password: PASSWORD } })
    expect(answer.raw.cookies.map(({ name }) => name)).toEqual(['__Host-writ_session'])
  })

  // Whoever may write a cookie into the victim's browser would know the device of their next sign-in.
  test('does not keep a secret that was planted, nor one of another account', async () => {
    const [ada, eve] = [await newMember(), await newMember()]
    const { device: evesDevice } = await logIn(eve.email)
    for (const cookie of [evesDevice!, '__Host-writ_device=planted'])
      expect((await logIn(ada.email, PASSWORD, { cookie })).device).not.toBe(cookie)
  })

  // Session fixation: the cookie of before is somebody's who waits for it to become the victim's.
  test('[PS-07] does not keep the session it had: its cookie is new, and the old one is worth nothing', async () => {
    const [ada, eve] = [await newMember(), await newMember()]
    const planted = (await logIn(eve.email)).session!
    const { session, body } = await logIn(ada.email, PASSWORD, { cookie: planted })
    expect(session).not.toBe(planted)
    expect((await app.request('GET', '/me', { headers: { cookie: planted } })).status).toBe(401)
    const me = await app.request('GET', '/me', { headers: { cookie: session! } })
    expect(me.body.user.id).toBe(body.user.id)
    expect((await app.events(eve.organization)).at(-1)).toBe('sessions.ended')
  })

  test('is listed, and a stranger again when its owner says so; another account’s is not found', async () => {
    const [ada, eve] = [await newMember(), await newMember()]
    const { device, session } = await logIn(ada.email)
    app.clock.advance(1)
    await logIn(ada.email, PASSWORD, { userAgent: SAFARI })
    const headers = { cookie: session!, origin: ORIGIN }
    const listed = await app.request('GET', '/me/devices', { headers })
    expect(listed.body.items).toMatchObject([
      { name: 'Firefox on Linux', ip: '203.0.113.7', current: true },
      { name: 'Safari on iPhone', current: false },
    ])
    const path = `/me/devices/${listed.body.items[0].id}`
    const as = await app.signIn(eve.email)
    expect(await app.request('DELETE', path, { as })).toMatchObject({
      status: 404,
      body: { code: 'sessions.device_not_found' },
    })
    expect((await app.request('DELETE', path, { headers })).status).toBe(204)
    expect((await app.request('DELETE', path, { headers })).status).toBe(404)
    expect((await logIn(ada.email, PASSWORD, { cookie: device! })).device).not.toBe(device)
  })
})

// Lockout used against a victim: whoever knows an address keeps its owner out by five guesses every half hour.
describe('while somebody else’s guesses keep an account locked', () => {
  test('[SA-04] its owner gets in on a device of theirs, and strangers stay locked out', async () => {
    const ada = await newMember()
    const { device } = await logIn(ada.email)
    await lockOut(ada.email)
    expect((await logIn(ada.email, PASSWORD, { cookie: device! })).status).toBe(200)
    // The lock is kept for everybody else: neither the owner's sign-in nor a guess opens it.
    expect((await logIn(ada.email)).status).toBe(401)
    expect((await guess(ada.email, 9)).status).toBe(401)
    expect((await reasons(ada)).slice(-2)).toEqual(['locked', 'locked'])
    app.clock.advance(1800)
    expect((await logIn(ada.email)).status).toBe(200)
  })

  test('a device of another account helps nothing', async () => {
    const [ada, eve] = [await newMember(), await newMember()]
    const { cookie } = await seedDevice(app, eve)
    await lockOut(ada.email)
    expect((await logIn(ada.email, PASSWORD, { cookie })).status).toBe(401)
    expect((await reasons(ada)).at(-1)).toBe('locked')
  })

  // A stolen device cookie is five guesses, however many are sent at once, and a stranger's afterwards.
  test('[SA-04] 20 guesses at once from a stolen device are five, on two servers', async () => {
    const ada = await newMember()
    const { cookie } = await seedDevice(app, ada)
    await lockOut(ada.email)
    const before = (await reasons(ada)).length
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => guess(ada.email, i, cookie, i % 2 ? sibling : app)),
    )
    const looked = (await reasons(ada)).slice(before).filter((reason) => reason === 'wrong_password')
    expect(looked).toHaveLength(5)
    expect((await logIn(ada.email, PASSWORD, { cookie })).status).toBe(401)
    expect(await app.events(ada.organization)).toContain('identity.device_forgotten')
  })

  test('[SA-04] a stolen device is five guesses in all where nobody has locked the account yet', async () => {
    const ada = await newMember()
    const { cookie } = await seedDevice(app, ada)
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => guess(ada.email, i, cookie, i % 2 ? sibling : app)),
    )
    const all = await reasons(ada)
    expect(all.filter((reason) => reason === 'wrong_password')).toHaveLength(5)
    expect(all.filter((reason) => reason === 'locked')).toHaveLength(15)
  })

  test('a device that was not used for a year is a stranger', async () => {
    const ada = await newMember()
    const { cookie } = await seedDevice(app, ada)
    app.clock.advance(365 * 86_400)
    await lockOut(ada.email)
    expect((await logIn(ada.email, PASSWORD, { cookie })).status).toBe(401)
  })

  test.each<[string, (member: TestMember) => Promise<string>]>([
    [
      'a reset of the password',
      async ({ organization, wire }) => {
        const as = await adminOf(organization)
        const path = `/organizations/${organization}/members/${wire.member}/reset-password`
        return (await app.request('POST', path, { as })).body.temporaryPassword
      },
    ],
    [
      'a change of the password elsewhere',
      async ({ email }) => {
        const as = await app.signIn(email)
        const body = { currentPassword: PASSWORD, newPassword: 'Calm-Lantern-58' }
        await app.request('POST', '/me/password', { as, body })
        return body.newPassword
      },
    ],
  ])('%s makes every device a stranger', async (_, lose) => {
    const ada = await newMember()
    const { cookie } = await seedDevice(app, ada)
    const password = await lose(ada)
    await lockOut(ada.email)
    expect((await logIn(ada.email, password, { cookie })).status).toBe(401)
  })

  test('a reset of the second factors makes every device a stranger', async () => {
    const ada = await newMember()
    await enrolTotp(app, (await app.signIn(ada.email)).accessToken)
    const { cookie } = await seedDevice(app, ada)
    const as = await adminOf(ada.organization)
    const path = `/organizations/${ada.organization}/members/${ada.wire.member}/reset-mfa`
    expect((await app.request('POST', path, { as, body: { reason: 'Lost the phone' } })).status).toBeLessThan(
      300,
    )
    await lockOut(ada.email)
    expect((await logIn(ada.email, PASSWORD, { cookie })).status).toBe(401)
  })

  async function adminOf(slug: string) {
    const { email } = await app.member(slug, { email: `admin-${++number}@example.com`, roles: ['owner'] })
    return app.signIn(email)
  }
})

describe('the person is told by mail', () => {
  test('of a sign-in from a new place, and not of the first one, nor of one that is known', async () => {
    const { email } = await newMember()
    const first = await logIn(email)
    expect(await mailsTo(email)).toEqual([])
    // The same browser on the same network, its cookies deleted; and a known one somewhere else.
    await logIn(email)
    await logIn(email, PASSWORD, { ip: '192.0.2.99', cookie: first.device! })
    expect(await mailsTo(email)).toEqual([])
    await logIn(email, PASSWORD, { userAgent: SAFARI })
    await logIn(email, PASSWORD, { ip: '192.0.2.200' })
    const mails = await mailsTo(email)
    expect(mails).toHaveLength(2)
    for (const part of ['Safari on iPhone', '203.0.113.7', app.clock.now().toISOString().slice(0, 10)])
      expect(mails[0]!.text).toContain(part)
  })

  test('of nothing where no session came of it', async () => {
    const { email } = await newMember()
    await logIn(email)
    await logIn(email, 'Guess-Number-1', { userAgent: SAFARI })
    expect(await mailsTo(email)).toEqual([])
  })

  test('of a place that was last used 90 days ago', async () => {
    const { email } = await newMember()
    await logIn(email)
    app.clock.advance(90 * 86_400)
    await logIn(email)
    expect(await mailsTo(email)).toHaveLength(1)
  })
})

import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { settled } from '#platform/background'
import { PASSWORD, send, startApp, type TestApp } from '#test/app'
import { quickPolicy } from '#test/policies'
import { comparable } from '#test/routes'

let app: TestApp
let count = 0
const address = () => `customer-${++count}@example.com`

const register = (body: object, remoteAddress?: string) =>
  app.request('POST', '/auth/register', {
    body: { organization: 'farm', ...body },
    ...(remoteAddress ? { remoteAddress } : {}),
  })
const finish = (token: string, more: object = {}) =>
  app.request('POST', '/auth/register/finish', {
    body: { token, password: PASSWORD, name: 'Carla', ...more },
  })
const mailsTo = async (email: string) => (await app.mails()).filter(({ to }) => to === email)
const tokenIn = ({ url }: { url: string | undefined }) => new URL(url!).searchParams.get('token')!

async function registered(email: string, body: object = {}): Promise<string> {
  expect((await register({ email, ...body })).status).toBe(202)
  return tokenIn((await mailsTo(email)).at(-1)!)
}

async function eventsOf(slug: string, work: () => Promise<unknown>): Promise<string[]> {
  const before = await app.events(slug)
  await work()
  await settled(app.services)
  return (await app.events(slug)).slice(before.length)
}

/** Rows beside row-level security of an organization. */
async function setStatus(slug: string, status: string): Promise<void> {
  const { id } = await app.organization(slug)
  await app.ownerDb.transaction(`org:${id}`, (tx) =>
    tx.updateTable('organizations').set({ status }).where('id', '=', id).execute(),
  )
}

beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('business-manager') })
  await app.member('farm', { email: 'boss@example.com', roles: ['tenant_admin'] })
  await app.member('other-farm', { email: 'neighbour@example.com', roles: ['staff'] })
})
afterAll(() => app.stop())
// The limit by client address is a test of its own.
beforeEach(() => app.clock.advance(3600))

describe('self-registration', () => {
  test('[BM-13] a customer registers, proves the address and comes in; before that there is no account', async () => {
    const email = address()
    const events = await eventsOf('farm', async () => {
      const token = await registered(email, { name: 'Carla' })
      const early = await app.request('POST', '/auth/login', { body: { email, password: PASSWORD } })
      expect(early.status).toBe(401)
      expect(await finish(token)).toMatchObject({
        status: 201,
        body: { organization: { slug: 'farm' }, email },
      })
    })
    expect(events).toEqual([
      'registration.asked',
      'identity.account_created',
      'members.added',
      'roles.changed',
      'registration.finished',
    ])
    const as = await app.signIn(email)
    expect((await app.request('GET', '/me', { as })).body).toMatchObject({
      user: { name: 'Carla' },
      roles: ['customer'],
    })
  })

  test('the mail names the organization and is in the language that was asked for', async () => {
    const email = address()
    await register({ email, locale: 'he' })
    const [mail] = await mailsTo(email)
    expect(mail).toMatchObject({ kind: 'invites.registration', language: 'he' })
    expect(mail!.subject).toContain('farm Ltd')
    expect(mail!.url).toMatch(/^http:\/\/localhost:8484\/register\/finish\?token=writ_reg_/)
  })

  test('[attack] says nothing of the address: known and unknown are answered and recorded alike', async () => {
    const events = [
      await eventsOf('farm', async () => {
        const known = await register({ email: 'neighbour@example.com' })
        const unknown = await register({ email: address() })
        expect(comparable(known)).toEqual(comparable(unknown))
      }),
    ]
    expect(events).toEqual([['registration.asked', 'registration.asked']])
  })

  // How long an answer takes would otherwise tell which organizations there are.
  test('[attack] is answered before the organization or the address is looked at', async () => {
    const { id } = await app.organization('farm')
    const email = address()
    const held = await app.ownerDb.transaction(`org:${id}`, async (tx) => {
      // Whoever registers at the farm waits for this; the answer does not.
      await sql`lock table registrations in access exclusive mode`.execute(tx)
      const answers = [await register({ email }), await register({ email, organization: 'no-such-farm' })]
      return answers.map(comparable)
    })
    expect(held[0]).toEqual(held[1])
    expect(await mailsTo(email)).toHaveLength(1)
  })

  // The mail to a known address has no link to go on: somebody else typed it, perhaps.
  test('[attack] registering over an account leaves it as it is; its owner is told', async () => {
    const email = 'neighbour@example.com'
    await register({ email, name: 'Mallory' })
    const mail = (await mailsTo(email)).at(-1)!
    expect(mail).toMatchObject({ kind: 'invites.registered_already', url: 'http://localhost:8484/sign-in' })
    const as = await app.signIn(email)
    expect((await app.request('GET', '/me', { as })).body).toMatchObject({
      user: { name: 'neighbour' },
      organization: { slug: 'other-farm' },
    })
  })

  test('[attack] an account that was made in between is not taken over by the link', async () => {
    const email = address()
    const token = await registered(email)
    await app.member('other-farm', { email, name: 'First', roles: ['customer'] })
    expect(await finish(token, { password: 'Attackers-Choice-9' })).toMatchObject({
      status: 409,
      body: { code: 'registration.account_exists' },
    })
    await app.signIn(email)
  })

  test('[BM-13] [attack] nobody registers as anything but what the policy opens', async () => {
    const events = await eventsOf('farm', async () => {
      for (const role of ['staff', 'tenant_admin', 'super_admin', 'nobody'])
        expect(await register({ email: address(), role })).toMatchObject({
          status: 422,
          body: { code: 'registration.role_not_open', roles: ['customer'] },
        })
    })
    expect(events).toEqual([])
  })

  test('an organization that does not exist, or is suspended, is answered like any other, and nothing is sent', async () => {
    const fine = await register({ email: address() })
    await app.organization('closed')
    await setStatus('closed', 'suspended')
    for (const organization of ['no-such-farm', 'closed', 'platform']) {
      const email = address()
      expect(comparable(await register({ email, organization }))).toEqual(comparable(fine))
      expect(await mailsTo(email)).toEqual([])
    }
  })

  test('[attack] a link of an organization that was suspended meanwhile is dead', async () => {
    await app.organization('short-lived')
    const token = await registered(address(), { organization: 'short-lived' })
    await setStatus('short-lived', 'suspended')
    expect(await finish(token)).toMatchObject({ status: 422, body: { code: 'registration.link_dead' } })
  })

  test('[attack] a link makes a member of the organization it was mailed for and of no other', async () => {
    await app.organization('third-farm')
    const email = address()
    const token = await registered(email, { organization: 'third-farm' })
    const chosen = await finish(token, { organization: 'farm' })
    expect(chosen).toMatchObject({ status: 422, body: { errors: [{ path: 'organization' }] } })
    expect((await finish(token)).body.organization.slug).toBe('third-farm')
    await expect(app.signIn(email, { organization: 'farm' })).rejects.toThrow('401')
  })

  test('[attack] links of one kind do not work as another', async () => {
    const token = await registered(address())
    const invited = await app.request('POST', '/invites/accept', {
      body: { token, name: 'Carla', password: PASSWORD },
    })
    expect(invited).toMatchObject({ status: 422, body: { code: 'invites.link_dead' } })
    const email = address()
    const as = await app.signIn('boss@example.com')
    await app.request('POST', '/organizations/farm/invites', { as, body: { email, role: 'staff' } })
    expect(await finish(tokenIn((await mailsTo(email))[0]!))).toMatchObject({
      status: 422,
      body: { code: 'registration.link_dead' },
    })
  })

  test('a link works once: of 20 at once on two servers one makes the account', async () => {
    const email = address()
    const token = await registered(email)
    const other = await app.sibling()
    const body = { token, password: PASSWORD, name: 'Carla' }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 ? app : other, 'POST', '/auth/register/finish', { body }),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    for (const { status } of answers) expect([201, 409, 422]).toContain(status)
  })

  test('a link expires with the policy’s links', async () => {
    const token = await registered(address())
    const { links } = (await app.services.ports.policies.current()).compiled.policy.authentication
    app.clock.advance(links.verifySeconds)
    expect((await finish(token)).body.code).toBe('registration.link_dead')
  })

  test('a password that the policy refuses leaves the link unspent', async () => {
    const token = await registered(address())
    expect(await finish(token, { password: 'short' })).toMatchObject({
      status: 422,
      body: { code: 'identity.weak_password' },
    })
    expect((await finish(token)).status).toBe(201)
  })

  // Whoever knows an address could otherwise fill its mailbox.
  test('[attack] an address gets three mails an hour, of however many at once over two servers', async () => {
    const email = address()
    const other = await app.sibling()
    const body = { email, organization: 'farm' }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => send(i % 2 ? app : other, 'POST', '/auth/register', { body })),
    )
    await settled(other.services)
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202))
    expect(await mailsTo(email)).toHaveLength(3)
    app.clock.advance(3600)
    await register({ email })
    expect(await mailsTo(email)).toHaveLength(4)
  })

  test('[attack] a network registers 30 times in five minutes, however many addresses of it it uses', async () => {
    const at = (i: number) => `2001:db8:7:7::${i.toString(16)}`
    const events = await eventsOf('platform', async () => {
      for (let i = 1; i <= 30; i++) expect((await register({ email: address() }, at(i))).status).toBe(202)
      for (let i = 31; i <= 33; i++) expect((await register({ email: address() }, at(i))).status).toBe(429)
    })
    expect(events).toEqual(['registration.limited'])
    expect((await register({ email: address() }, '2001:db8:7:8::1')).status).toBe(202)
  })

  test('of what somebody asked for nothing is kept once it has expired', async () => {
    const email = address()
    await register({ email })
    await settled(app.services)
    app.clock.advance(30 * 86_400)
    await register({ email: address() })
    await settled(app.services)
    const { id } = await app.organization('farm')
    const kept = await app.ownerDb.transaction(`org:${id}`, (tx) =>
      tx.selectFrom('registrations').select('email').where('email', '=', email).execute(),
    )
    expect(kept).toEqual([])
  })
})

test('where the policy opens no role, registering is refused whatever is asked', async () => {
  const closed = await startApp({ policy: quickPolicy('prosaas') })
  try {
    await closed.organization('clinic')
    const body = { email: 'a@example.com', organization: 'clinic' }
    expect(await closed.request('POST', '/auth/register', { body })).toMatchObject({
      status: 403,
      body: { code: 'registration.closed' },
    })
    expect(await closed.mails()).toEqual([])
  } finally {
    await closed.stop()
  }
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { quickPolicy } from '#test/policies'

let app: TestApp
let admin: TestMember
let asOwner: Tokens
let asAdmin: Tokens
let asViewer: Tokens

const LAB = '/organizations/lab/invites'

async function eventsOf(slug: string, work: () => Promise<unknown>): Promise<string[]> {
  const before = await app.events(slug)
  await work()
  return (await app.events(slug)).slice(before.length)
}

const invite = (body: object, as = asAdmin) => app.request('POST', LAB, { as, body })
const list = async (query = '', as = asAdmin) => (await app.request('GET', LAB + query, { as })).body.items
const mailsTo = async (address: string) => (await app.mails()).filter(({ to }) => to === address)

beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('flask-track') })
  const member = (name: string, role: string) =>
    app.member('lab', { email: `${name}@example.com`, name, roles: [role] })
  admin = await member('admin', 'admin')
  asAdmin = await app.signIn(admin.email)
  asOwner = await app.signIn((await member('owner', 'owner')).email)
  asViewer = await app.signIn((await member('viewer', 'viewer')).email)
})
afterAll(() => app.stop())

describe('an invite', () => {
  test('[FT-OM-11] goes by mail to one address with an initial role, and is pending until it is accepted', async () => {
    const events = await eventsOf('lab', async () => {
      const answer = await invite({ email: 'Ada@Example.com', role: 'scientist' })
      expect(answer).toMatchObject({ status: 201, body: { email: 'Ada@Example.com', roles: ['scientist'] } })
    })
    expect(events).toEqual(['invites.created'])
    const [mail] = await mailsTo('Ada@Example.com')
    expect(mail).toMatchObject({ kind: 'invites.invitation', language: 'en', subject: 'lab Ltd invites you' })
    expect(mail!.text).toContain('Scientist')
    expect(mail!.url).toMatch(/^http:\/\/localhost:8484\/invite\?token=writ_inv_[\w-]{43}$/)
    expect((await list())[0]).toMatchObject({
      email: 'Ada@Example.com',
      state: 'pending',
      stale: false,
      sends: 1,
      inviter: { userId: admin.wire.user, name: 'admin', email: 'admin@example.com' },
      memberId: null,
    })
  })

  test('is written in the language that is asked for, else the organization’s', async () => {
    await invite({ email: 'dana@example.com', role: 'viewer', locale: 'he' })
    const settings = { locale: 'he', contacts: { general: 'desk@lab.test' } }
    await app.request('PATCH', '/organizations/lab', { as: asOwner, body: { settings } })
    await invite({ email: 'noa@example.com', role: 'viewer' })
    await app.request('PATCH', '/organizations/lab', {
      as: asOwner,
      body: { settings: { locale: null, contacts: { general: null } } },
    })
    const [asked] = await mailsTo('dana@example.com')
    const [own] = await mailsTo('noa@example.com')
    expect([asked!.language, own!.language]).toEqual(['he', 'he'])
    expect(own!.subject).toContain('lab Ltd')
    // [FT-OM-13] whom to turn to is the organization's own word.
    expect(own!.text).toContain('desk@lab.test')
    expect(asked!.text).not.toContain('desk@lab.test')
  })

  test('is refused without the permission, and nothing is sent', async () => {
    const events = await eventsOf('lab', async () => {
      expect((await invite({ email: 'x@example.com' }, asViewer)).status).toBe(403)
    })
    expect(events).toEqual(['decisions.denied'])
    expect(await mailsTo('x@example.com')).toEqual([])
  })

  test('[FT-OM-11] offers no role above what the inviter may give; the attempt is in the log', async () => {
    const events = await eventsOf('lab', async () => {
      const answer = await invite({ email: 'high@example.com', role: 'owner' })
      expect(answer).toMatchObject({ status: 403, body: { code: 'roles.above_your_own' } })
      const operators = await invite({ email: 'high@example.com', role: 'platform_staff' }, asOwner)
      expect(operators).toMatchObject({ status: 403, body: { code: 'roles.operator_only' } })
    })
    expect(events).toEqual(['invites.refused', 'invites.refused'])
    expect(await mailsTo('high@example.com')).toEqual([])
  })

  test('is refused for a role that is none, and for more than members may have', async () => {
    const unknown = await invite({ email: 'x@example.com', role: 'king' })
    expect(unknown).toMatchObject({ status: 422, body: { code: 'roles.unknown' } })
    const several = await invite({ email: 'x@example.com', roles: ['viewer', 'technician'] })
    expect(several).toMatchObject({ status: 422, body: { code: 'roles.one_only' } })
    const both = await invite({ email: 'x@example.com', role: 'viewer', roles: ['viewer'] })
    expect(both).toMatchObject({ status: 422, body: { code: 'invalid_input' } })
  })

  test('is one an address and organization, also of 20 at once in several spellings', async () => {
    const spellings = ['once@example.com', 'ONCE@example.com', ' once@Example.com ']
    const other = await app.sibling()
    const { send } = await import('#test/app')
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        send(i % 2 ? app : other, 'POST', `${LAB}`, {
          as: asAdmin,
          body: { email: spellings[i % 3], role: 'viewer' },
        }),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(19).fill(409)])
    expect(answers.find(({ status }) => status === 409)!.body.code).toBe('invites.pending_already')
    expect(
      (await app.mails()).filter(({ to }) => to.trim().toLowerCase() === 'once@example.com'),
    ).toHaveLength(1)
  })

  test('is refused for a member, and for one who was deactivated', async () => {
    expect(await invite({ email: 'VIEWER@example.com' })).toMatchObject({
      status: 409,
      body: { code: 'members.already_member' },
    })
    const gone = await app.member('lab', { email: 'gone@example.com', roles: ['viewer'] })
    await app.request('POST', `/organizations/lab/members/${gone.wire.member}/deactivate`, { as: asAdmin })
    expect(await invite({ email: 'gone@example.com' })).toMatchObject({
      status: 409,
      body: { code: 'members.inactive' },
    })
  })

  // Who may invite could otherwise learn which addresses have accounts in other organizations.
  test('says nothing of accounts elsewhere: known and unknown addresses are answered alike', async () => {
    await app.member('other-lab', { email: 'known@example.com', roles: ['viewer'] })
    const answers = [
      await invite({ email: 'known@example.com' }),
      await invite({ email: 'never@example.com' }),
    ]
    const shapes = answers.map(({ status, body }) => ({ status, ...body, id: '', email: '' }))
    expect(shapes[0]).toEqual(shapes[1])
    expect(shapes[0]!.status).toBe(201)
  })

  test('takes the place of one that has expired', async () => {
    const first = await invite({ email: 'slow@example.com', role: 'viewer' })
    app.clock.advance(7 * 86_400)
    const as = await app.signIn(admin.email)
    expect((await list('?state=expired', as)).map(({ id }: { id: string }) => id)).toContain(first.body.id)
    const second = await invite({ email: 'slow@example.com', role: 'viewer' }, as)
    expect(second.status).toBe(201)
    const shown = (await list('?limit=100', as)).filter(
      ({ email }: { email: string }) => email === 'slow@example.com',
    )
    expect(shown.map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual([
      [second.body.id, 'pending'],
    ])
    asAdmin = as
    asOwner = await app.signIn('owner@example.com')
  })
})

describe('a pending invite', () => {
  test('[FT-OM-12] is sent again with a new link for the whole term; the one before is dead', async () => {
    const { body } = await invite({ email: 'again@example.com', role: 'viewer' })
    app.clock.advance(3600)
    asAdmin = await app.signIn(admin.email)
    asOwner = await app.signIn('owner@example.com')
    const events = await eventsOf('lab', async () => {
      const sent = await app.request('POST', `${LAB}/${body.id}/resend`, { as: asOwner })
      expect(sent.status).toBe(200)
      expect(Date.parse(sent.body.expiresAt)).toBe(app.clock.now().getTime() + 7 * 86_400_000)
    })
    expect(events).toEqual(['invites.resent'])
    const [before, after] = await mailsTo('again@example.com')
    const look = (url: string | undefined) =>
      app.request('POST', '/invites/look', { body: { token: new URL(url!).searchParams.get('token') } })
    expect(await look(before!.url)).toMatchObject({ status: 422, body: { code: 'invites.link_dead' } })
    expect((await look(after!.url)).status).toBe(200)
    const shown = await app.request('GET', `${LAB}/${body.id}`, { as: asAdmin })
    // Who sent it last answers for it.
    expect(shown.body).toMatchObject({ sends: 2, inviter: { name: 'owner' } })
  })

  // A mailbox could otherwise be filled by whoever may invite.
  test('is sent no more than once a minute, and ten times a day whatever is revoked in between', async () => {
    const { body } = await invite({ email: 'often@example.com', role: 'viewer' })
    const resend = () => app.request('POST', `${LAB}/${body.id}/resend`, { as: asAdmin })
    const early = await Promise.all(Array.from({ length: 5 }, resend))
    expect(early.map(({ status }) => status)).toEqual(Array(5).fill(429))
    expect(early[0]!.headers['retry-after']).toBe('60')
    app.clock.advance(60)
    const raced = await Promise.all(Array.from({ length: 5 }, resend))
    expect(raced.map(({ status }) => status).toSorted()).toEqual([200, 429, 429, 429, 429])
    await app.request('DELETE', `${LAB}/${body.id}`, { as: asAdmin })
    const statuses: number[] = []
    for (let i = 0; i < 10; i++) {
      const anew = await invite({ email: 'often@example.com', role: 'viewer' })
      statuses.push(anew.status)
      if (anew.status === 201) await app.request('DELETE', `${LAB}/${anew.body.id}`, { as: asAdmin })
    }
    expect(statuses).toEqual([...Array(8).fill(201), 429, 429])
    expect(await mailsTo('often@example.com')).toHaveLength(10)
  })

  test('of a role that is not theirs to give is sent again by nobody', async () => {
    const { body } = await invite({ email: 'second-owner@example.com', role: 'owner' }, asOwner)
    app.clock.advance(60)
    const answer = await app.request('POST', `${LAB}/${body.id}/resend`, { as: asAdmin })
    expect(answer).toMatchObject({ status: 403, body: { code: 'roles.above_your_own' } })
  })

  test('[FT-OM-12] is revoked: listed as that, its link dead, and over for good', async () => {
    const { body } = await invite({ email: 'revoked@example.com', role: 'viewer' })
    const events = await eventsOf('lab', async () => {
      expect((await app.request('DELETE', `${LAB}/${body.id}`, { as: asAdmin })).status).toBe(204)
      const twice = await app.request('DELETE', `${LAB}/${body.id}`, { as: asAdmin })
      expect(twice).toMatchObject({ status: 409, body: { code: 'invites.not_open' } })
      app.clock.advance(60)
      const resent = await app.request('POST', `${LAB}/${body.id}/resend`, { as: asAdmin })
      expect(resent).toMatchObject({ status: 409, body: { code: 'invites.not_open' } })
    })
    expect(events).toEqual(['invites.revoked'])
    const [mail] = await mailsTo('revoked@example.com')
    const token = new URL(mail!.url!).searchParams.get('token')
    expect((await app.request('POST', '/invites/look', { body: { token } })).body.code).toBe(
      'invites.link_dead',
    )
    const shown = await list('?state=revoked')
    expect(shown[0]).toMatchObject({ id: body.id, state: 'revoked', revokedBecause: 'revoked' })
  })

  test('ends when its address becomes a member in another way', async () => {
    const { body } = await invite({ email: 'walked-in@example.com', role: 'scientist' })
    const created = await app.request('POST', '/organizations/lab/members', {
      as: asAdmin,
      body: { email: 'walked-in@example.com', name: 'W' },
    })
    expect(created.status).toBe(201)
    const shown = await app.request('GET', `${LAB}/${body.id}`, { as: asAdmin })
    expect(shown.body).toMatchObject({ state: 'revoked', revokedBecause: 'joined' })
  })

  test('[FT-AC-24] is stale when it has expired, or its inviter is an active member no more', async () => {
    const helper = await app.member('lab', { email: 'helper@example.com', roles: ['admin'] })
    const as = await app.signIn(helper.email)
    const orphan = await invite({ email: 'orphan@example.com', role: 'viewer' }, as)
    const fine = await invite({ email: 'fine@example.com', role: 'viewer' })
    await app.request('POST', `/organizations/lab/members/${helper.wire.member}/deactivate`, { as: asOwner })
    const ids = (await list('?state=stale&limit=100')).map(({ id }: { id: string }) => id)
    expect(ids).toContain(orphan.body.id)
    expect(ids).not.toContain(fine.body.id)
    app.clock.advance(7 * 86_400)
    asAdmin = await app.signIn(admin.email)
    const later = (await list('?state=stale&limit=100')).map(({ id }: { id: string }) => id)
    expect(later).toContain(fine.body.id)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type Tokens } from '#test/app'
import { quickPolicy } from '#test/policies'
import { enrolTotp } from '#test/second-factors'

const HELP_DESK = `  help_desk:
    title: Help Desk
    scope: platform
    allow: [read:members, reset-password:members]
    assignedBy: console
    assign: [technician, viewer]
    privileged: true
`

let app: TestApp
let desk: Tokens
beforeAll(async () => {
  app = await startApp({
    policy: quickPolicy('flask-track')
      .replace(/platformAccess: \w+/, 'platformAccess: direct')
      .replace(/^( {2}owner:\n)/m, `${HELP_DESK}$1`),
  })
  await app.platformMember({ email: 'desk@example.com', role: 'help_desk' })
  desk = await app.signIn('desk@example.com')
})
afterAll(() => app.stop())

const ways = ['reset-password', 'reset-mfa'] as const
const reset = (slug: string, member: string, way: (typeof ways)[number]) =>
  app.request('POST', `/organizations/${slug}/members/${member}/${way}`, {
    as: desk,
    ...(way === 'reset-password' ? { body: {} } : {}),
  })

describe('the staff of the platform, in an organization they reach', () => {
  // The account is one: a temporary password from one organization would open everything else.
  test.each(ways)('%s leaves alone who holds more in the platform', async (way) => {
    const email = `boss-${way}@example.com`
    await app.platformMember({ email, role: 'platform_staff' })
    const boss = await app.member('lab', { email, roles: ['viewer'] })
    const as = await app.signIn(email, { organization: 'platform' })
    const before = (await app.events('lab')).length
    const answer = await reset('lab', boss.wire.member, way)
    expect(answer).toMatchObject({ status: 403, body: { code: 'members.above_you' } })
    expect((await app.request('GET', '/me', { as })).status).toBe(200)
    expect((await app.events('lab')).slice(before)).toEqual(['identity.change_refused'])
  })

  test.each(ways)('%s leaves alone who holds more in another organization', async (way) => {
    const email = `owner-${way}@example.com`
    await app.member('globex', { email, roles: ['owner'] })
    const guest = await app.member('lab', { email, roles: ['viewer'] })
    const as = await app.signIn(email, { organization: 'globex' })
    expect(await reset('lab', guest.wire.member, way)).toMatchObject({
      status: 403,
      body: { code: 'members.above_you' },
    })
    expect((await app.request('GET', '/me', { as })).status).toBe(200)
  })

  test.each(ways)('%s helps who holds in all organizations what they administer', async (way) => {
    const email = `viewer-${way}@example.com`
    await app.member('globex', { email, roles: ['technician'] })
    const member = await app.member('lab', { email, roles: ['viewer'] })
    const as = await app.signIn(email, { organization: 'globex' })
    await enrolTotp(app, as.accessToken)
    expect((await reset('lab', member.wire.member, way)).status).toBeLessThan(300)
    expect((await app.request('GET', '/me', { as })).status).toBe(401)
  })
})

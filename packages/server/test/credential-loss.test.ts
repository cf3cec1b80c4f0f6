/**
 * Every kind of credential after every way to lose it: refused on the very next request, on two server processes that share a
 * database. A kind, or a way, is one row of support/credentials.ts or support/losses.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../src/app.ts'
import { PASSWORD, send, startApp, type TestApp } from './support/app.ts'
import { sendWithCookie, signedInMember } from './support/attack-sessions.ts'
import { type CredentialKind, credentialKinds, type Use } from './support/credentials.ts'
import { type Loss, type LossName, losses, type Situation } from './support/losses.ts'
import { otherProcess } from './support/other-process.ts'
import { quickPolicy } from './support/policies.ts'

let app: TestApp
/** In a process of its own: a revocation that only this one's memory knew would be seen. */
let other: App
let stopOther: () => Promise<void>
let count = 0

beforeAll(async () => {
  const source = quickPolicy('prosaas').replace('methods: [password,', 'methods: [password, passkey,')
  app = await startApp({ policy: source })
  ;({ app: other, stop: stopOther } = await otherProcess(app))
})
afterAll(async () => {
  await stopOther()
  await app.stop()
})

async function situation(): Promise<Situation> {
  const slug = `org-${++count}`
  const owner = await signedInMember(app, slug, { email: `owner@${slug}.test`, roles: ['owner'] })
  const ada = await signedInMember(app, slug, { email: `ada@${slug}.test`, roles: ['agent'] })
  return { app, owner, ada, slug, password: PASSWORD }
}

/** What is presented after the loss: one credential for all requests, or one for each where a use spends it. */
async function issueFor(
  kind: CredentialKind,
  where: Situation,
  servers: readonly App[],
): Promise<[server: App, use: Use][]> {
  if (!kind.isSpentByUse) {
    const uses = await kind.issue(where)
    return servers.flatMap((server) => uses.map((use): [App, Use] => [server, use]))
  }
  const issued: [App, Use][] = []
  for (const server of servers) for (const use of await kind.issue(where)) issued.push([server, use])
  return issued
}

const names = Object.keys(losses) as LossName[]

describe.each(names.map((name) => [name, losses[name] as Loss] as const))('by %s', (name, loss) => {
  const kinds = credentialKinds.filter(({ spares = [] }) => !spares.includes(name))
  const ends = kinds.filter(({ survives }) => !survives.includes(name))
  const goesOn = kinds.filter(({ survives }) => survives.includes(name))

  test.each(ends.map((kind) => [kind.name, kind] as const))(
    `${loss.clauses} is lost from the next request on, on every server: %s`,
    async (_name, kind) => {
      const where = await situation()
      for (const [server, use] of await issueFor(kind, where, [app]))
        expect((await use.on(server)).status, `before, ${use.name}`).toBeLessThan(300)
      const issued = await issueFor(kind, where, [other, app])
      await loss.lose(where)
      for (const [server, use] of issued) {
        const { status } = await use.on(server)
        const at = `${use.name} on ${server === app ? 'the same' : 'another'} server`
        expect(kind.refused ?? [401], `${at}: ${status}`).toContain(status)
      }
    },
  )

  // So that a refusal above is of the loss and of nothing else.
  test.each(goesOn.map((kind) => [kind.name, kind] as const))('goes on: %s', async (_name, kind) => {
    const where = await situation()
    const issued = await issueFor(kind, where, kind.isSpentByUse ? [app] : [other, app])
    await loss.lose(where)
    for (const [server, use] of issued) expect(await use.on(server), use.name).toMatchObject({ status: 200 })
  })
})

describe('by a change of roles', () => {
  const setRole = ({ owner, ada, slug }: Situation, role: string) =>
    send(app, 'PATCH', `/organizations/${slug}/members/${ada.member.wire.member}`, {
      as: owner,
      body: { roles: [role] },
    })
  const members = ({ slug }: Situation) => `/organizations/${slug}/members`

  test('[PS-10] [FT-AC-23] tokens have what the new role gives from the next request on, on every server', async () => {
    const where = await situation()
    const { accessToken: as, refreshToken } = where.ada
    const reads = async (server: App, token: string) =>
      (await send(server, 'GET', members(where), { as: token })).status
    expect([await reads(app, as), await reads(other, as)]).toEqual([403, 403])
    expect((await setRole(where, 'admin')).status).toBe(200)
    expect([await reads(other, as), await reads(app, as)]).toEqual([200, 200])
    expect((await setRole(where, 'agent')).status).toBe(200)
    expect([await reads(other, as), await reads(app, as)]).toEqual([403, 403])
    const refreshed = await send(other, 'POST', '/auth/refresh', { body: { refreshToken } })
    expect(await reads(app, refreshed.body.accessToken)).toBe(403)
  })

  // Whoever copied the cookie before the privileges grew must not have them.
  test('[PS-07] [PS-10] a cookie is replaced at the next request; the old one is worth nothing, and the session goes on', async () => {
    const where = await situation()
    const { cookie } = where.ada
    const before = (await sendWithCookie(app, 'GET', '/me', cookie)).body
    expect((await setRole(where, 'admin')).status).toBe(200)
    const rotated = await sendWithCookie(other, 'GET', '/me', cookie)
    const fresh = rotated.raw.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    for (const server of [app, other]) {
      expect((await sendWithCookie(server, 'GET', members(where), fresh)).status).toBe(200)
      expect((await sendWithCookie(server, 'GET', '/me', cookie)).status).toBe(401)
    }
    const after = (await sendWithCookie(app, 'GET', '/me', fresh)).body
    expect(after.session.id).toBe(before.session.id)
    expect(after.roles).toEqual(['admin'])
  })
})

import {
  fromBase64,
  noteVerifier,
  openCheckpoint,
  splitLines,
  TiledLog,
  verifyConsistency,
  verifyExport,
  verifyInclusion,
} from '@writ/tlog'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { declaredEvents } from '#platform/catalog'
import { createCtx } from '#platform/context'
import { newId, toWire } from '#platform/ids'
import { startApp, type TestApp, type TestMember, type Tokens } from '#test/app'
import { verifyLog } from './log/verify.ts'

let app: TestApp
let admin: TestMember
let user: TestMember
let asAdmin: Tokens
let asUser: Tokens
let asStranger: Tokens

beforeAll(async () => {
  app = await startApp()
  admin = await app.member('acme', { email: 'admin@acme.example', roles: ['admin'] })
  user = await app.member('acme', { email: 'user@acme.example', name: 'Ursula User', roles: ['user'] })
  await app.member('other', { email: 'admin@other.example', roles: ['admin'] })
  asAdmin = await app.signIn(admin.email)
  asUser = await app.signIn(user.email)
  asStranger = await app.signIn('admin@other.example')
})
afterAll(() => app.stop())

const get = (path: string, as = asAdmin) => app.request('GET', `/organizations/acme/audit${path}`, { as })

/** Records in acme as its user would by a command. */
async function record(type: string, facts: Record<string, unknown> = {}) {
  await app.audit.recordNow(
    createCtx(app.services, {
      requestId: 'request-1',
      client: { ip: '203.0.113.9', userAgent: 'test' },
      actor: {
        kind: 'user',
        userId: user.userId,
        memberId: user.memberId,
        sessionId: newId(app.clock.now()),
      },
      organizationId: user.organizationId,
      policy: undefined as never,
    }),
    { type, ...facts },
  )
}

describe('reading', () => {
  test('[PS-18] shows time, action, resource, user, client address, user agent and details, newest first', async () => {
    await record('first.event')
    await record('second.event', {
      target: { type: 'member', id: user.memberId },
      reason: 'because',
      before: { name: 'Ursula', status: 'active' },
      after: { name: 'Uschi', status: 'active' },
      data: { count: 2 },
      personal: { explanation: 'married' },
    })
    const { status, body } = await get('/events?limit=2')
    expect(status).toBe(200)
    expect(body.items.map((event: { type: string }) => event.type)).toEqual(['second.event', 'first.event'])
    expect(body.items[0]).toMatchObject({
      at: app.clock.now().toISOString(),
      outcome: 'success',
      actor: { kind: 'user', id: user.wire.user, member: user.wire.member },
      target: { type: 'member', id: user.wire.member },
      requestId: 'request-1',
      reason: 'because',
      client: { ip: '203.0.113.9', userAgent: 'test' },
      before: { name: 'Ursula', status: 'active' },
      after: { name: 'Uschi', status: 'active' },
      data: { count: 2 },
      personal: { explanation: 'married' },
      erased: [],
      isInCheckpoint: false,
    })
    await app.audit.settle()
    const event = await get(`/events/${body.items[0].id}`)
    expect(event.body).toMatchObject({
      type: 'second.event',
      isInCheckpoint: true,
      index: expect.any(Number),
    })
  })

  test('filters by type and its prefix, actor, target, outcome and time, and pages without gap or repeat', async () => {
    app.clock.advance(60)
    const since = app.clock.now().toISOString()
    for (let i = 0; i < 5; i++)
      await record(i % 2 ? 'filter.odd' : 'filter.even', {
        outcome: i === 3 ? 'denied' : 'success',
        target: { type: 'thing', id: `t${i}` },
      })
    app.clock.advance(60)
    const until = app.clock.now().toISOString()
    await record('filter.later')
    const types = async (query: string) =>
      (await get(`/events?${query}`)).body.items.map((event: { type: string }) => event.type)
    expect(await types('type=filter.odd')).toEqual(['filter.odd', 'filter.odd'])
    expect(await types('type=filter.*')).toHaveLength(6)
    expect(await types('type=fil_er.*')).toEqual([])
    expect(await types('target=t3')).toEqual(['filter.odd'])
    expect(await types('type=filter.*&outcome=denied')).toEqual(['filter.odd'])
    expect(await types(`from=${since}&to=${until}`)).toHaveLength(5)
    expect(await types(`type=filter.*&actor=${user.wire.user}`)).toHaveLength(6)
    expect(await types(`type=filter.*&actor=${admin.wire.user}`)).toEqual([])
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body }: { body: { items: { id: string }[]; nextCursor: string | null } } = await get(
        `/events?type=filter.*&limit=2${cursor && `&cursor=${cursor}`}`,
      )
      seen.push(...body.items.map(({ id }) => id))
      cursor = body.nextCursor
    }
    expect(seen).toHaveLength(6)
    expect(new Set(seen).size).toBe(6)
    expect(seen).toEqual([...seen].sort().reverse())
    expect((await get('/events?from=yesterday')).status).toBe(422)
  })

  test('needs read:audit, and the refusal is in the log', async () => {
    const { status, body } = await get('/events', asUser)
    expect([status, body.code]).toEqual([403, 'forbidden'])
    const denied = await get('/events?type=decisions.denied&limit=1')
    expect(denied.body.items[0]).toMatchObject({
      actor: { id: user.wire.user },
      data: { permission: 'read:audit' },
    })
  })

  test("[PS-02] the platform's own log is read by its staff with read:platform-audit", async () => {
    const labs = await startApp({ policy: 'flask-track' })
    await labs.platformMember({ email: 'staff@platform.example', role: 'platform_staff' })
    const as = await labs.signIn('staff@platform.example')
    const { status, body } = await labs.request('GET', '/organizations/platform/audit/events', { as })
    expect([status, body.items[0]?.type]).toEqual([200, 'sessions.signed_in'])
    await labs.stop()
  })

  test("answers another organization's members as if nothing were there, on every route", async () => {
    const { items } = (await get('/events?limit=1')).body
    await app.audit.settle()
    for (const path of [
      '/events',
      `/events/${items[0].id}`,
      `/events/${items[0].id}/proof`,
      '/checkpoint',
      '/key',
      '/consistency?from=0',
      '/export',
      '/tile/checkpoint',
      '/tile/0/000.p/1',
    ]) {
      const answer = await get(path, asStranger)
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, 'organizations.not_found'])
      const own = await app.request('GET', `/organizations/other/audit${path}`, { as: asStranger })
      expect(JSON.stringify(own.body)).not.toContain(user.wire.user)
    }
    const erase = await app.request('POST', '/organizations/acme/audit/erasures', {
      as: asStranger,
      body: { user: user.wire.user },
    })
    expect(erase.status).toBe(404)
    const foreign = await app.request('GET', `/organizations/other/audit/events/${items[0].id}`, {
      as: asStranger,
    })
    expect([foreign.status, foreign.body.code]).toEqual([404, 'audit.not_found'])
  })

  test('[FT-OM-16] who did it is still known after the member is deactivated and erased', async () => {
    const leaver = await app.member('acme', { email: 'leaver@acme.example', roles: ['user'] })
    const signedIn = await app.signIn(leaver.email)
    await get('/events', signedIn)
    await app.ownerDb.transaction(`org:${leaver.organizationId}`, async (tx) => {
      await tx
        .updateTable('members')
        .set({ status: 'deactivated' })
        .where('id', '=', leaver.memberId)
        .execute()
    })
    await app.request('POST', '/organizations/acme/audit/erasures', {
      as: asAdmin,
      body: { user: leaver.wire.user },
    })
    await app.ownerDb.transaction(`org:${leaver.organizationId}`, (tx) =>
      tx.deleteFrom('users').where('id', '=', leaver.userId).execute(),
    )
    const { body } = await get(`/events?actor=${leaver.wire.user}&type=decisions.denied`)
    expect(body.items).toHaveLength(1)
    expect(body.items[0].actor).toMatchObject({
      kind: 'user',
      id: leaver.wire.user,
      member: leaver.wire.member,
    })
  })

  test('[FT-AC-21] every event that any module declares can be recorded and shown', async () => {
    const areas = new Set([...declaredEvents.keys()].map((type) => type.split('.')[0]))
    expect([...areas]).toEqual(
      expect.arrayContaining([
        'sessions',
        'identity',
        'members',
        'roles',
        'applications',
        'policy',
        'decisions',
        'audit',
      ]),
    )
    for (const type of declaredEvents.keys())
      await record(type, {
        target: { type: 'member', id: user.memberId },
        after: { role: 'user', email: 'x@example.com' },
      })
    for (const [type, sentence] of declaredEvents) {
      const { body } = await get(`/events?type=${type}&target=${user.wire.member}&limit=1`)
      expect(body.items[0], type).toMatchObject({
        type,
        description: sentence,
        after: { role: 'user', email: 'x@example.com' },
      })
    }
  })
})

describe('proving', () => {
  test('[FT-AC-22] an event, a checkpoint and the growth between two verify offline', async () => {
    await record('proof.one')
    await app.audit.settle()
    const earlier = (await get('/checkpoint')).body
    await record('proof.two')
    const event = (await get('/events?type=proof.two')).body.items[0]
    const early = await get(`/events/${event.id}/proof`)
    expect([early.status, early.body.code]).toEqual([409, 'audit.not_in_checkpoint'])
    await app.audit.settle()
    const { body: proof } = await get(`/events/${event.id}/proof`)
    const { keys } = (await get('/key')).body
    expect(keys[0]).toMatchObject({
      number: 1,
      verifierKey: proof.verifierKey,
      origin: `localhost:8484/logs/${admin.organizationId}`,
    })
    const checkpoint = await openCheckpoint(
      proof.checkpoint.note,
      [await noteVerifier(keys[0].verifierKey)],
      keys[0].origin,
    )
    expect(JSON.parse(proof.leaf)).toMatchObject({ type: 'proof.two', organization: admin.organizationId })
    verifyInclusion({
      index: proof.index,
      size: checkpoint.size,
      root: checkpoint.root,
      leaf: fromBase64(proof.hash),
      proof: proof.proof.map(fromBase64),
    })
    const { body: growth } = await get(`/consistency?from=${earlier.size}`)
    expect(growth.from.root).toBe(earlier.root)
    const head = ({ size, root }: { size: number; root: string }) => ({ size, root: fromBase64(root) })
    verifyConsistency({ from: head(growth.from), to: head(growth.to), proof: growth.proof.map(fromBase64) })
    expect((await get('/consistency?from=0&to=99999')).body.code).toBe('audit.range')
  })

  test('the export verifies with the published key, and that it was made is in the log', async () => {
    await app.audit.settle()
    const { verifierKey, size } = (await get('/checkpoint')).body
    const answer = await get('/export')
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/x-ndjson'])
    const report = await verifyExport(splitLines([answer.raw.rawPayload]), { pinnedKey: verifierKey })
    expect(report).toMatchObject({ ok: true, trust: 'pinned-key', whole: true, size, entries: size })
    const part = await get('/export?from=3&to=5')
    expect(await verifyExport(splitLines([part.raw.rawPayload]), { pinnedKey: verifierKey })).toMatchObject({
      ok: true,
      whole: false,
      entries: 2,
    })
    expect((await get('/events?type=audit.exported')).body.items[0]).toMatchObject({
      data: { from: 3, to: 5 },
      actor: { id: admin.wire.user },
    })
    expect((await get('/export?from=9&to=5')).body.code).toBe('audit.range')
    expect((await get('/export', asUser)).status).toBe(403)
  })

  test('the log reads as C2SP tiles, with nothing but its checkpoint and files', async () => {
    await app.audit.settle()
    const { keys } = (await get('/key')).body
    const fetch = async (path: string) => {
      const answer = await get(`/tile/${path}`)
      return answer.status === 200 ? answer.raw.rawPayload : undefined
    }
    const log = await TiledLog.open(fetch, {
      verifiers: [await noteVerifier(keys[0].verifierKey)],
      origin: keys[0].origin,
    })
    let entries = 0
    for await (const entry of log.entries()) {
      expect(JSON.parse(Buffer.from(entry).toString()).organization).toBe(admin.organizationId)
      entries++
    }
    expect(entries).toBe(log.checkpoint.size)
    expect((await get('/tile/0/000.p/1')).raw.rawPayload).toHaveLength(32)
    for (const path of ['0/999', '9/000', '0/0', 'entries/000', 'tile/checkpoint'])
      expect((await get(`/tile/${path}`)).status, path).toBe(404)
  })

  test('an empty log has no checkpoint, and says so', async () => {
    const member = await app.member('empty', { email: 'admin@empty.example', roles: ['admin'] })
    const as = await app.signIn(member.email)
    for (const path of ['checkpoint', 'export', 'consistency?from=0', 'tile/checkpoint', 'tile/0/000.p/1']) {
      const { status, body } = await app.request('GET', `/organizations/empty/audit/${path}`, { as })
      expect([path, status, body.code]).toEqual([path, 404, 'audit.no_checkpoint'])
    }
  })
})

describe('erasing', () => {
  test("removes a person's clear values wherever they are, keeps every proof, and is itself an event", async () => {
    const person = await app.member('acme', { email: 'Erna@acme.example', name: 'Erna', roles: ['user'] })
    const signedIn = await app.signIn(person.email)
    await get('/events', signedIn)
    await record('erase.about', {
      target: { type: 'member', id: person.memberId },
      after: { name: 'Erna', role: 'user' },
    })
    await record('erase.mentions', {
      target: { type: 'invite', id: 'i1' },
      personal: { email: 'erna@acme.example' },
    })
    await record('erase.other', { target: { type: 'member', id: admin.memberId }, after: { name: 'Adam' } })
    await app.audit.settle()
    const answer = await app.request('POST', '/organizations/acme/audit/erasures', {
      as: asAdmin,
      body: { user: person.wire.user },
    })
    expect(answer.status).toBe(200)
    expect(answer.body.events).toBeGreaterThanOrEqual(3)
    const one = async (query: string) => (await get(`/events?${query}&limit=1`)).body.items[0]
    expect(await one('type=erase.about')).toMatchObject({
      after: { role: 'user' },
      erased: ['after.name'],
      client: { ip: '203.0.113.9' },
    })
    expect(await one('type=erase.mentions')).toMatchObject({ personal: {}, erased: ['email'] })
    expect(await one('type=erase.other')).toMatchObject({ after: { name: 'Adam' }, erased: [] })
    expect(await one(`actor=${person.wire.user}&type=decisions.denied`)).toMatchObject({
      actor: { id: person.wire.user },
      client: { ip: null, userAgent: null },
      erased: ['ip', 'userAgent'],
    })
    expect(await one('type=audit.personal_erased')).toMatchObject({
      target: { type: 'user', id: person.wire.user },
      data: { events: answer.body.events },
    })
    await app.audit.settle()
    expect(await verifyLog(app.db, person.organizationId)).toEqual([])
    const exported = await get('/export')
    expect(exported.raw.rawPayload.toString()).not.toMatch(/erna/i)
    const report = await verifyExport(splitLines([exported.raw.rawPayload]))
    expect(report.ok).toBe(true)
    expect(report.personal.erased).toBeGreaterThanOrEqual(4)
  })

  // An insider would otherwise wipe from where they acted; or, where members are above one another, from where their superior did.
  test('is of somebody else', async () => {
    const erase = (as: Tokens, id: string) =>
      app.request('POST', '/organizations/acme/audit/erasures', { as, body: { user: id } })
    expect(await erase(asAdmin, admin.wire.user)).toMatchObject({
      status: 403,
      body: { code: 'members.yourself' },
    })
    expect((await get('/events?limit=1')).body.items[0]).toMatchObject({
      type: 'members.refused',
      reason: 'members.yourself',
    })
    expect((await get(`/events?actor=${admin.wire.user}&limit=1`)).body.items[0].client.ip).toBe('127.0.0.1')
  })

  test('needs delete:members, and a user id', async () => {
    const erase = (as: Tokens, id: string) =>
      app.request('POST', '/organizations/acme/audit/erasures', { as, body: { user: id } })
    expect((await erase(asUser, admin.wire.user)).status).toBe(403)
    expect((await erase(asAdmin, toWire('mem', admin.memberId))).status).toBe(422)
  })
})

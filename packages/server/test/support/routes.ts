/**
 * The list of routes as tests walk it: how to address each, a body that it takes, and organizations to call it in.
 *
 * A route that takes a body and has none here fails the tests, so a new route joins them by one line.
 *
 * @module
 */

import { sql } from 'kysely'
import { fullPath, type Route } from '#platform/http'
import { newId, toWire } from '#platform/ids'
import { type App, routes } from '../../src/app.ts'
import { type Answer, ORIGIN, PASSWORD, send, type TestApp } from './app.ts'
import { openSessionOf, type SignedIn, seedApplication, seedDevice, seedPasskey } from './attack-sessions.ts'
import { seedInvite } from './invites.ts'

/** One organization with somebody who may do everything, somebody who may do little, and one of each thing that has an id. */
export interface World {
  readonly slug: string
  readonly wire: string
  readonly admin: SignedIn
  readonly lowly: SignedIn
  /** On whom things are done; signed in. */
  readonly victim: SignedIn
  readonly application: { readonly wire: string; readonly credential: string }
  readonly event: string
  readonly version: string
  /** Id of a registered resource of type leads. */
  readonly lead: string
  /** Of the victim. */
  readonly device: string
  /** Of the lowly: whoever has one proves it at each sign-in. */
  readonly passkey: string
  /** From the administrator, pending. */
  readonly invite: { readonly wire: string; readonly token: string }
}

/** Seeds an organization under the policy sales-agent. The audit log must be running. */
export async function createWorld(app: TestApp, slug: string): Promise<World> {
  const { id, wire } = await app.organization(slug)
  const signedIn = async (name: string, role: string) =>
    openSessionOf(app, await app.member(slug, { email: `${name}@${slug}.test`, roles: [role] }))
  const [admin, lowly, victim] = [
    await signedIn('admin', 'admin'),
    await signedIn('lowly', 'user'),
    await signedIn('victim', 'manager'),
  ]
  const application = await seedApplication(app, slug)
  const lead = `lead-of-${slug}`
  // The first event of the log; the routes of the log answer once it is under a checkpoint.
  const registered = await send(app, 'PUT', `/organizations/${slug}/resources/leads/${lead}`, {
    as: admin,
    body: {},
  })
  if (registered.status >= 300)
    throw new Error(`the world of ${slug}: ${registered.status} ${JSON.stringify(registered.body)}`)
  await send(app, 'DELETE', `/organizations/${slug}/members/${toWire('mem', newId(app.clock.now()))}`, {
    as: lowly,
  })
  await app.audit.settle()
  const event = await app.ownerDb.transaction(`org:${id}`, (tx) =>
    tx.selectFrom('auditEvents').select('id').executeTakeFirstOrThrow(),
  )
  const { versionId } = await app.services.ports.policies.current()
  return {
    slug,
    wire,
    admin,
    lowly,
    victim,
    application: { wire: toWire('app', application.id), credential: application.credential },
    event: toWire('evt', event.id),
    version: toWire('pol', versionId),
    lead,
    invite: await seedInvite(app, admin.member, { email: `invited@${slug}.test`, role: 'user' }),
    device: toWire('dev', (await seedDevice(app, victim.member)).id),
    passkey: toWire('pky', await seedPasskey(app, lowly.member)),
  }
}

/** Fills an address. `params` by name; a path's rest is `*`. */
export function addressOf(route: Route, params: Readonly<Record<string, string>>): string {
  return fullPath(route).replace(/:(\w+)|\*/g, (whole, name?: string) => {
    const value = params[name ?? whole]
    if (value === undefined)
      throw new Error(`support/routes.ts: which ${name ?? whole} for ${nameOf(route)}?`)
    return value
  })
}

/** What names everything of a world in an address. */
export function paramsOf(world: World): Record<string, string> {
  return {
    organization: world.slug,
    id: world.lead,
    type: 'leads',
    member: world.victim.member.wire.member,
    session: toWire('ses', world.victim.sessionId),
    device: world.device,
    invite: world.invite.wire,
    passkey: world.passkey,
    // Of no application: who agreed to nothing takes nothing back.
    client: toWire('cli', '019cadf6-9a80-7ec9-b59d-079f5604b61f'),
    application: world.application.wire,
    event: world.event,
    version: world.version,
    purpose: 'product-news',
    control: 'authentication.mfa',
    '*': 'checkpoint',
  }
}

/** Names of the parameters that name one thing of an organization. */
export function idParamsOf(route: Route): string[] {
  const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]!)
  // Types, purposes, controls and versions are the policy's: they are the same for all organizations.
  return names.filter((name) => !['organization', 'type', 'version', 'purpose', 'control'].includes(name))
}

/** An id of the same kind that nobody has. */
export function unknownId(param: string, app: TestApp): string {
  const prefixes = {
    member: 'mem',
    session: 'ses',
    application: 'app',
    event: 'evt',
    device: 'dev',
    invite: 'inv',
    passkey: 'pky',
    client: 'cli',
  } as const
  const prefix = prefixes[param as keyof typeof prefixes]
  return prefix === undefined ? 'nobody-has-this' : toWire(prefix, newId(app.clock.now()))
}

export function nameOf(route: Route): string {
  return `${route.method} ${fullPath(route)}`
}

export const isOfOrganization = (route: Route) => route.path.includes(':organization')

type Body = (world: World) => Record<string, unknown>

const question = (world: World) => ({
  subject: { type: 'user', id: world.victim.member.wire.user },
  action: { name: 'read' },
  resource: { type: 'leads', id: world.lead },
  context: { organization: world.slug },
})

/** In the right form, and nobody's. */
const passkeyResponse = {
  id: 'none',
  rawId: 'none',
  type: 'public-key',
  clientExtensionResults: {},
  response: { clientDataJSON: 'e30', authenticatorData: 'e30', signature: 'e30' },
}

/** A body that each route takes. */
export const bodies: Readonly<Record<string, Body>> = {
  'PATCH /api/v1/me': () => ({ name: 'Ada', locale: 'en' }),
  'POST /api/v1/setup': () => ({
    token: 'writ_setup_wrong',
    organization: { name: 'New', slug: 'new' },
    owner: { email: 'owner@new.test', name: 'Olga', password: PASSWORD },
  }),
  'POST /api/v1/organizations': () => ({
    name: 'New',
    slug: 'new',
    owner: { email: 'owner@new.test', name: 'Olga' },
  }),
  'PATCH /api/v1/organizations/:organization': () => ({ name: 'Renamed', settings: { locale: 'en' } }),
  'POST /api/v1/organizations/:organization/transfer-ownership': (world) => ({
    member: world.victim.member.wire.member,
  }),
  'POST /api/v1/organizations/:organization/members': (world) => ({
    email: `new@${world.slug}.test`,
    name: 'New',
    locale: 'en',
    roles: ['user'],
  }),
  'POST /api/v1/organizations/:organization/invites': (world) => ({
    email: `guest@${world.slug}.test`,
    role: 'user',
    locale: 'en',
  }),
  'POST /api/v1/invites/look': () => ({ token: 'writ_inv_none' }),
  'POST /api/v1/invites/accept': () => ({ token: 'writ_inv_none', name: 'New', password: PASSWORD }),
  'POST /api/v1/me/invites/accept': () => ({ token: 'writ_inv_none' }),
  'POST /api/v1/auth/register': (world) => ({
    email: `visitor@${world.slug}.test`,
    organization: world.slug,
    name: 'Visitor',
    locale: 'en',
  }),
  'POST /api/v1/auth/register/finish': () => ({
    token: 'writ_reg_none',
    name: 'Visitor',
    password: PASSWORD,
  }),
  'PATCH /api/v1/organizations/:organization/members/:member': () => ({ roles: ['user'], name: 'Victor' }),
  'POST /api/v1/organizations/:organization/members/:member/suspend-privileges': () => ({ reason: 'Review' }),
  'POST /api/v1/organizations/:organization/members/:member/restore-privileges': () => ({
    reason: 'Reviewed',
  }),
  'POST /api/v1/organizations/:organization/members/:member/reset-password': () => ({ deliver: 'mail' }),
  'POST /api/v1/organizations/:organization/members/:member/end-account': () => ({ reason: 'Again' }),
  'POST /api/v1/organizations/:organization/members/:member/move': () => ({
    organization: 'elsewhere',
    role: 'user',
    reason: 'The farm was sold',
    reference: 'T-1',
  }),
  'POST /api/v1/organizations/:organization/members/:member/leave-date': () => ({
    date: '2026-12-31',
    automatic: true,
    occasion: 'leave',
    reason: 'Moves away',
  }),
  'POST /api/v1/organizations/:organization/members/:member/role-change': () => ({
    effectiveOn: '2026-12-31',
    roles: ['user'],
    reason: 'Other duties',
  }),
  'DELETE /api/v1/me': () => ({ password: PASSWORD }),
  'POST /api/v1/me/consents': () => ({ purpose: 'product-news' }),
  'POST /api/v1/me/mfa/totp/confirm': () => ({ code: '123456' }),
  'POST /api/v1/me/mfa/totp/remove': () => ({ password: PASSWORD }),
  'POST /api/v1/me/passkeys/finish': () => ({
    challenge: 'none',
    name: 'Phone',
    response: { ...passkeyResponse, response: { clientDataJSON: 'e30', attestationObject: 'oA' } },
  }),
  'PATCH /api/v1/me/passkeys/:passkey': () => ({ name: 'Phone' }),
  'POST /api/v1/me/passkeys/:passkey/remove': () => ({ password: PASSWORD }),
  'POST /api/v1/auth/login': (world) => ({
    email: `nobody@${world.slug}.test`,
    password: PASSWORD,
    organization: world.slug,
  }),
  'POST /api/v1/auth/mfa': () => ({ challenge: 'none', method: 'totp', code: '123456' }),
  'POST /api/v1/auth/mfa/passkey': () => ({ challenge: 'none' }),
  'POST /api/v1/auth/passkey': () => ({ challenge: 'none', response: passkeyResponse }),
  'POST /api/v1/auth/organization': (world) => ({ challenge: 'none', organization: world.slug }),
  'POST /api/v1/auth/password/change': () => ({ challenge: 'none', newPassword: PASSWORD }),
  'POST /api/v1/auth/password/forgot': (world) => ({ email: `nobody@${world.slug}.test` }),
  'POST /api/v1/auth/password/reset': () => ({ token: 'writ_link_none', newPassword: PASSWORD }),
  'POST /api/v1/auth/activate': () => ({ token: 'writ_link_none', password: PASSWORD }),
  'POST /api/v1/auth/email/verify': () => ({ token: 'writ_link_none' }),
  'POST /api/v1/auth/email/confirm': () => ({ token: 'writ_link_none' }),
  'POST /api/v1/auth/email/refuse': () => ({ token: 'writ_link_none' }),
  'POST /api/v1/me/email': (world) => ({ newEmail: `moved@${world.slug}.test`, password: PASSWORD }),
  'POST /api/v1/auth/refresh': (world) => ({ refreshToken: world.victim.refreshToken }),
  'POST /api/v1/auth/step-up': () => ({ password: PASSWORD }),
  'POST /api/v1/auth/switch': (world) => ({ organization: world.slug }),
  'POST /api/v1/me/password': () => ({ currentPassword: PASSWORD, newPassword: 'Other-Harbour-58!' }),
  'PATCH /api/v1/organizations/:organization/policy-settings': () => ({
    settings: { 'authentication.session.idle': '4h' },
  }),
  'POST /access/v1/evaluation': question,
  'POST /access/v1/evaluations': (world) => ({
    ...question(world),
    evaluations: [{}, { action: { name: 'write' } }],
  }),
  'POST /access/v1/explain': question,
  'POST /access/v1/search/subject': (world) => ({ ...question(world), subject: { type: 'user' } }),
  'POST /access/v1/search/resource': (world) => ({ ...question(world), resource: { type: 'leads' } }),
  'POST /access/v1/search/action': ({ action: _, ...world }: World & { action?: unknown }) => {
    const { action: __, ...rest } = question(world)
    return rest
  },
  'PUT /api/v1/organizations/:organization/resources/:type/:id': () => ({ attributes: {} }),
  'POST /api/v1/organizations/:organization/applications': () => ({ name: 'Guard' }),
  'POST /api/v1/organizations/:organization/audit/erasures': (world) => ({
    user: world.victim.member.wire.user,
  }),
}

export function bodyOf(route: Route, world: World): Record<string, unknown> | undefined {
  if (!route.body) return undefined
  const body = bodies[nameOf(route)]
  if (!body) throw new Error(`support/routes.ts: add a body that ${nameOf(route)} takes`)
  return body(world)
}

/** Who calls, by each kind of credential. */
export const callers: Readonly<Record<string, (world: World) => Record<string, string>>> = {
  'access token': (world) => ({ authorization: `Bearer ${world.admin.accessToken}` }),
  'session cookie': (world) => ({ cookie: world.admin.cookie, origin: ORIGIN }),
  'application credential': (world) => ({ authorization: `Bearer ${world.application.credential}` }),
}

/** Calls a route by its full address. */
export function call(
  app: App,
  route: Route,
  address: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Answer> {
  return send(app, route.method, address, { headers, ...(body === undefined ? {} : { body }) })
}

/** What must be the same where two answers may not be told apart. */
export function comparable(answer: Answer): unknown {
  const { 'x-request-id': _, date: __, ...headers } = answer.headers
  const body =
    typeof answer.body === 'object' && answer.body !== null
      ? { ...answer.body, requestId: 'any' }
      : answer.body
  return { status: answer.status, headers, body }
}

/** The newest events of an organization's log as they are stored. */
export async function newestEvents(app: TestApp, slug: string, count: number) {
  const { id } = await app.organization(slug)
  return app.ownerDb.transaction(`org:${id}`, async (tx) => {
    const rows = await tx
      .selectFrom('auditEvents')
      .selectAll()
      .where('organizationId', '=', id)
      .orderBy('id', 'desc')
      .limit(count)
      .execute()
    const { rows: personal } = await sql<{ facts: Record<string, { value: unknown }> }>`
      select facts from audit_personal where event_id = any(${rows.map((row) => row.id)})`.execute(tx)
    return {
      rows: rows.map((row) => ({ ...row, leaf: JSON.parse(row.leaf) })),
      personal: personal.map(({ facts }) => facts),
    }
  })
}

export { routes }

/**
 * What changes something, route by route: a request that succeeds, and what it leaves in the log.
 *
 * A route that changes something and has no entry here fails the tests, and so does an entry without its route.
 *
 * @module
 */
import { createSetupToken } from '#people/organizations'
import { settled } from '#platform/background'
import type { Route } from '#platform/http'
import { fromWire, toWire, type Uuid } from '#platform/ids'
import { type Answer, PASSWORD, send, startApp, type TestApp, type TestMember, type Tokens } from './app.ts'
import { openSessionOf, seedDevice } from './attack-sessions.ts'
import { SoftwareAuthenticator } from './authenticator.ts'
import { seedConsent } from './given-to-applications.ts'
import { seedInvite } from './invites.ts'
import { quickPolicy, withOwnDeletion } from './policies.ts'
import { askedToMove, linkFor, unverify } from './recovery.ts'
import { addressOf, bodyOf, call, createWorld, nameOf, paramsOf, routes, type World } from './routes.ts'
import { enrolPasskey, enrolTotp, totp } from './second-factors.ts'

export const USER_AGENT = 'driven by a test'

/** What happened, and in whose log it should stand. */
export interface Driven {
  readonly answer: Answer
  readonly app: TestApp
  readonly organizationId: Uuid
  /** Id of who did it. */
  readonly by: string
}

export interface Mutation {
  /** The event that is the route's own. */
  readonly event: string
  /** Which of the two states it has: `after` where something came to be, `before` where something is gone. */
  readonly states: readonly ('before' | 'after')[]
  drive?(stage: Stage, route: Route): Promise<Driven>
}

/** The servers that routes are driven on: one with worlds, one where the platform has staff. */
export interface Stage {
  readonly app: TestApp
  readonly platform: TestApp
  readonly staff: TestMember
  readonly staffTokens: Tokens
  world(): Promise<World>
  stop(): Promise<void>
}

export async function createStage(): Promise<Stage> {
  const app = await startApp({ policy: 'sales-agent' })
  const platform = await startApp({ policy: 'flask-track' })
  await app.audit.start()
  const staff = await platform.platformMember({ email: 'staff@platform.test', role: 'platform_staff' })
  let worlds = 0
  return {
    app,
    platform,
    staff,
    staffTokens: await openSessionOf(platform, staff),
    world: () => createWorld(app, `driven-${++worlds}`),
    async stop() {
      await app.stop()
      await platform.stop()
    },
  }
}

/** Drives a route as its entry says; without one of its own, as the world's administrator with the body of routes.ts. */
export async function drive(stage: Stage, route: Route): Promise<Driven> {
  const mutation = mutations[nameOf(route)]
  if (!mutation) throw new Error(`support/mutations.ts: what does ${nameOf(route)} leave in the log?`)
  return mutation.drive ? mutation.drive(stage, route) : asAdmin({})(stage, route)
}

const of = ({ member: { organizationId, userId } }: { member: TestMember }) => ({
  organizationId,
  by: userId,
})

type Drive = NonNullable<Mutation['drive']>

interface Particulars {
  /** Comes before, with a request of its own. */
  readonly before?: (app: TestApp, world: World) => Promise<unknown>
  readonly params?: (app: TestApp, world: World) => Promise<Record<string, string>>
  readonly query?: string
}

function asAdmin({ before, params, query = '' }: Particulars): Drive {
  return async ({ app, world: make }, route) => {
    const world = await make()
    await before?.(app, world)
    const address = addressOf(route, { ...paramsOf(world), ...(await params?.(app, world)) }) + query
    const answer = await call(app, route, address, from(world.admin), bodyOf(route, world))
    return { answer, app, ...of(world.admin) }
  }
}

/** As somebody who signs in or goes on: the body is all there is. */
function asVictim(
  bodyFor: (app: TestApp, world: World) => Promise<Record<string, unknown>>,
  by?: string,
): Drive {
  return async ({ app, world: make }, route) => {
    const world = await make()
    const body = await bodyFor(app, world)
    const answer = await call(app, route, addressOf(route, {}), { 'user-agent': USER_AGENT }, body)
    // Some of what is asked is done after the answer.
    await settled(app.services)
    return { answer, app, ...of(world.victim), ...(by === undefined ? {} : { by }) }
  }
}

/** As whoever reads the victim's mailbox, by a link. */
const byLink = (bodyFor: Parameters<typeof asVictim>[0]) => asVictim(bodyFor, 'mailed_link')

function onOrganization(action: string, before?: string): Drive {
  return async ({ platform: app, staff, staffTokens }, route) => {
    const { id, wire } = await app.organization(`for-${action}`)
    const headers = from(staffTokens)
    if (before) await send(app, 'POST', `/api/v1/platform/organizations/${wire}/${before}`, { headers })
    const answer = await call(app, route, addressOf(route, { id: wire }), headers)
    return { answer, app, organizationId: id, by: staff.userId }
  }
}

const from = ({ accessToken }: Tokens) => ({
  authorization: `Bearer ${accessToken}`,
  'user-agent': USER_AGENT,
})
const onVictim =
  (action: string, body?: unknown) =>
  (app: TestApp, { slug, admin, victim }: World) =>
    send(app, 'POST', `/organizations/${slug}/members/${victim.member.wire.member}/${action}`, {
      as: admin,
      ...(body === undefined ? {} : { body }),
    })

const moveMember: Drive = async (_stage, route) => {
  // Staff reach into an organization under this policy.
  const app = await startApp({ policy: 'business-manager' })
  await app.organization('elsewhere')
  const { organizationId, wire } = await app.member('farm', { email: 'victim@farm.test', roles: ['staff'] })
  const staff = await app.platformMember({ email: 'staff@platform.test', role: 'super_admin' })
  const address = addressOf(route, { organization: 'farm', member: wire.member })
  const headers = from(await openSessionOf(app, staff))
  const body = { organization: 'elsewhere', reason: 'The farm was sold', reference: 'T-1' }
  return { answer: await call(app, route, address, headers, body), app, organizationId, by: staff.userId }
}

const deleteOneself: Drive = async (_stage, route) => {
  const app = await startApp({ policy: withOwnDeletion() })
  await app.member('acme', { email: 'admin@acme.test', roles: ['admin'] })
  const leaver = await app.member('acme', { email: 'leaver@acme.test', roles: ['user'] })
  const headers = from(await openSessionOf(app, leaver))
  const answer = await call(app, route, addressOf(route, {}), headers, { password: PASSWORD })
  return { answer, app, organizationId: leaver.organizationId, by: leaver.userId }
}

const setUp: Drive = async (_stage, route) => {
  // Works only while there is no organization.
  const app = await startApp({ policy: 'flask-track' })
  const token = (await createSetupToken({ db: app.ownerDb, now: app.clock.now }))!
  const owner = { email: 'owner@new.test', name: 'Olga', password: PASSWORD }
  const body = { token, organization: { name: 'New', slug: 'new' }, owner }
  const answer = await call(app, route, addressOf(route, {}), { 'user-agent': USER_AGENT }, body)
  return { answer, app, organizationId: fromWire('org', answer.body.id)!, by: 'setup' }
}

const createOrganization: Drive = async ({ platform: app, staff, staffTokens }, route) => {
  const body = { name: 'North', slug: 'north', owner: { email: 'owner@north.test', name: 'Nora' } }
  const answer = await call(app, route, addressOf(route, {}), from(staffTokens), body)
  return { answer, app, organizationId: staff.organizationId, by: staff.userId }
}

async function challengeOf(app: TestApp, world: World): Promise<Record<string, unknown>> {
  const reset = await onVictim('reset-password')(app, world)
  const body = { email: world.victim.member.email, password: reset.body.temporaryPassword }
  const { challenge } = (await send(app, 'POST', '/auth/login', { body })).body
  return { challenge, newPassword: 'Other-Harbour-58!' }
}

const moving = (app: TestApp, { slug, victim }: World) =>
  askedToMove(app, victim.accessToken, victim.member.email, `moved@${slug}.test`)

const anotherSession = async (app: TestApp, { admin }: World) => ({
  session: toWire('ses', (await openSessionOf(app, admin.member)).sessionId),
})

/** A sign-in that waits for a second factor; recovery codes do not depend on the time. */
async function secondFactorOf(app: TestApp, { victim }: World): Promise<Record<string, unknown>> {
  const { recoveryCodes } = await enrolTotp(app, victim.accessToken)
  const body = { email: victim.member.email, password: PASSWORD }
  const { challenge } = (await send(app, 'POST', '/auth/login', { body })).body
  return { challenge, method: 'recovery_code', code: recoveryCodes[0] }
}

/** A sign-in of a person of two organizations that waits for the choice of one. */
async function organizationOf(app: TestApp, { slug, victim }: World): Promise<Record<string, unknown>> {
  await app.member(`${slug}-too`, { email: victim.member.email, roles: ['user'] })
  const body = { email: victim.member.email, password: PASSWORD }
  const { challenge } = (await send(app, 'POST', '/auth/login', { body })).body
  return { challenge, organization: slug }
}

/** On a server of its own: the policy of the worlds takes no passkey without a password. */
const signInByPasskey: Drive = async (_stage, route) => {
  const source = quickPolicy('sales-agent').replace('methods: [password,', 'methods: [password, passkey,')
  const app = await startApp({ policy: source })
  const ada = await openSessionOf(app, await app.member('keys', { email: 'ada@keys.test', roles: ['user'] }))
  const { authenticator } = await enrolPasskey(app, ada)
  const { challenge, options } = (await send(app, 'POST', '/auth/passkey/begin')).body
  const body = { challenge, response: authenticator.get(options) }
  const answer = await call(app, route, addressOf(route, {}), { 'user-agent': USER_AGENT }, body)
  return { answer, app, ...of(ada) }
}

/** As the world's administrator, who sets up what the route is about; answers the body and where it is sent. */
function withFactors(
  prepare: (app: TestApp, as: string) => Promise<{ body?: unknown; params?: Record<string, string> }>,
): Drive {
  return async ({ app, world: make }, route) => {
    const world = await make()
    const { body, params = {} } = await prepare(app, world.admin.accessToken)
    const answer = await call(app, route, addressOf(route, params), from(world.admin), body)
    return { answer, app, ...of(world.admin) }
  }
}

const confirmTotp = withFactors(async (app, as) => {
  const { secret } = (await send(app, 'POST', '/me/mfa/totp', { as })).body
  return { body: { code: totp(secret, app.clock.now()) } }
})

const finishPasskey = withFactors(async (app, as) => {
  const { challenge, options } = (await send(app, 'POST', '/me/passkeys', { as })).body
  return { body: { challenge, name: 'Phone', response: new SoftwareAuthenticator().create(options) } }
})

const onTotp = (body?: unknown) =>
  withFactors(async (app, as) => {
    await enrolTotp(app, as)
    return { body }
  })

const onPasskey = (body: unknown) =>
  withFactors(async (app, as) => ({ body, params: { passkey: (await enrolPasskey(app, as)).id } }))

const acceptInvite: Drive = async ({ app, world: make }, route) => {
  const world = await make()
  const body = { token: world.invite.token, name: 'New', password: PASSWORD }
  const answer = await call(app, route, addressOf(route, {}), { 'user-agent': USER_AGENT }, body)
  return { answer, app, organizationId: world.admin.member.organizationId, by: 'invitation' }
}

/** Under a policy in which an account may belong to two organizations. */
const acceptSignedIn: Drive = async ({ platform: app }, route) => {
  const inviter = await app.member('inviting', { email: 'owner@inviting.test', roles: ['owner'] })
  const guest = await app.member('at-home', { email: 'guest@at-home.test', roles: ['viewer'] })
  const { token } = await seedInvite(app, inviter, { email: guest.email, role: 'viewer' })
  const headers = from(await openSessionOf(app, guest))
  const answer = await call(app, route, addressOf(route, {}), headers, { token })
  return { answer, app, organizationId: inviter.organizationId, by: guest.userId }
}

/** On a server of its own: the policy of the worlds lets nobody register. */
function registering(then: (app: TestApp, token: string) => Promise<Answer> | undefined): Drive {
  return async () => {
    const app = await startApp({ policy: 'business-manager' })
    const { id } = await app.organization('farm')
    const headers = { 'user-agent': USER_AGENT }
    const body = { email: 'visitor@farm.test', organization: 'farm', name: 'Vera' }
    const asked = await send(app, 'POST', '/auth/register', { headers, body })
    const token = new URL((await app.mails()).at(-1)!.url!).searchParams.get('token')!
    const answer = (await then(app, token)) ?? asked
    return { answer, app, organizationId: id, by: 'registration' }
  }
}

const BOTH = ['before', 'after'] as const
const NEW = ['after'] as const
const GONE = ['before'] as const
const ACT = [] as const

const ORGANIZATION = '/api/v1/organizations/:organization'
const MEMBER = `${ORGANIZATION}/members/:member`
const RESOURCE = `${ORGANIZATION}/resources/:type/:id`

export const mutations: Readonly<Record<string, Mutation>> = {
  'PATCH /api/v1/me': { event: 'identity.profile_changed', states: BOTH },
  'POST /api/v1/me/password': { event: 'identity.password_changed', states: ACT },
  'POST /api/v1/me/mfa/totp': { event: 'factors.begun', states: ACT },
  'POST /api/v1/me/mfa/totp/confirm': { event: 'factors.enrolled', states: ACT, drive: confirmTotp },
  'POST /api/v1/me/mfa/totp/remove': {
    event: 'factors.removed',
    states: ACT,
    drive: onTotp({ password: PASSWORD }),
  },
  'POST /api/v1/me/mfa/recovery-codes': {
    event: 'factors.recovery_codes_made',
    states: ACT,
    drive: onTotp(),
  },
  'POST /api/v1/me/passkeys': { event: 'factors.begun', states: ACT },
  'POST /api/v1/me/passkeys/finish': { event: 'factors.enrolled', states: ACT, drive: finishPasskey },
  'PATCH /api/v1/me/passkeys/:passkey': {
    event: 'factors.renamed',
    states: BOTH,
    drive: onPasskey({ name: 'Old phone' }),
  },
  'POST /api/v1/me/passkeys/:passkey/remove': {
    event: 'factors.removed',
    states: ACT,
    drive: onPasskey({ password: PASSWORD }),
  },
  'DELETE /api/v1/me/sessions': {
    event: 'sessions.ended',
    states: ACT,
    drive: asAdmin({ before: anotherSession }),
  },
  'DELETE /api/v1/me/sessions/:session': {
    event: 'sessions.ended',
    states: ACT,
    drive: asAdmin({ params: anotherSession }),
  },
  'DELETE /api/v1/me/devices/:device': {
    event: 'sessions.device_forgotten',
    states: ACT,
    drive: asAdmin({
      params: async (app, { admin }) => ({ device: toWire('dev', (await seedDevice(app, admin.member)).id) }),
    }),
  },
  'DELETE /api/v1/me/applications/:client': {
    event: 'sign_on.consent_withdrawn',
    states: GONE,
    drive: asAdmin({ params: seedConsent }),
  },
  'POST /api/v1/auth/login': {
    event: 'sessions.signed_in',
    states: ACT,
    drive: asVictim(async (_app, { victim }) => ({ email: victim.member.email, password: PASSWORD })),
  },
  'POST /api/v1/auth/mfa': { event: 'sessions.signed_in', states: ACT, drive: asVictim(secondFactorOf) },
  'POST /api/v1/auth/passkey': { event: 'sessions.signed_in', states: ACT, drive: signInByPasskey },
  'POST /api/v1/auth/organization': {
    event: 'sessions.signed_in',
    states: ACT,
    drive: asVictim(organizationOf),
  },
  'POST /api/v1/auth/password/change': {
    event: 'identity.password_changed',
    states: ACT,
    drive: asVictim(challengeOf),
  },
  'POST /api/v1/auth/refresh': {
    event: 'sessions.refreshed',
    states: ACT,
    drive: asVictim(async (_app, { victim }) => ({ refreshToken: victim.refreshToken })),
  },
  'POST /api/v1/auth/step-up': { event: 'sessions.stepped_up', states: ACT },
  'POST /api/v1/auth/switch': { event: 'sessions.switched', states: ACT },
  'POST /api/v1/auth/logout': { event: 'sessions.ended', states: ACT },
  'POST /api/v1/auth/logout-everywhere': { event: 'sessions.ended', states: ACT },
  'POST /api/v1/setup': { event: 'organizations.created', states: NEW, drive: setUp },
  'POST /api/v1/organizations': { event: 'organizations.created', states: ACT, drive: createOrganization },
  'POST /api/v1/platform/organizations/:id/suspend': {
    event: 'organizations.suspended',
    states: BOTH,
    drive: onOrganization('suspend'),
  },
  'POST /api/v1/platform/organizations/:id/activate': {
    event: 'organizations.activated',
    states: BOTH,
    drive: onOrganization('activate', 'suspend'),
  },
  [`PATCH ${ORGANIZATION}`]: { event: 'organizations.changed', states: BOTH },
  [`POST ${ORGANIZATION}/transfer-ownership`]: {
    event: 'organizations.ownership_transferred',
    states: BOTH,
  },
  [`POST ${ORGANIZATION}/members`]: { event: 'members.added', states: NEW },
  [`PATCH ${MEMBER}`]: { event: 'roles.changed', states: BOTH },
  [`POST ${MEMBER}/deactivate`]: { event: 'members.deactivated', states: BOTH },
  [`POST ${MEMBER}/reactivate`]: {
    event: 'members.reactivated',
    states: BOTH,
    drive: asAdmin({ before: onVictim('deactivate') }),
  },
  [`POST ${MEMBER}/reset-mfa`]: { event: 'factors.reset', states: BOTH },
  [`POST ${MEMBER}/reset-password`]: { event: 'identity.password_reset', states: ACT },
  [`POST ${MEMBER}/suspend-privileges`]: { event: 'members.privileges_suspended', states: BOTH },
  [`POST ${MEMBER}/restore-privileges`]: {
    event: 'members.privileges_restored',
    states: BOTH,
    drive: asAdmin({ before: onVictim('suspend-privileges', { reason: 'Review' }) }),
  },
  [`POST ${MEMBER}/end-account`]: { event: 'members.account_ended', states: BOTH },
  [`POST ${MEMBER}/move`]: { event: 'members.moved', states: BOTH, drive: moveMember },
  [`POST ${MEMBER}/leave-date`]: { event: 'offboarding.leave_planned', states: BOTH },
  [`DELETE ${MEMBER}/leave-date`]: {
    event: 'offboarding.leave_cancelled',
    states: BOTH,
    drive: asAdmin({ before: onVictim('leave-date', { date: '2026-12-31' }) }),
  },
  [`POST ${MEMBER}/role-change`]: { event: 'offboarding.role_change_planned', states: BOTH },
  [`DELETE ${MEMBER}/role-change`]: {
    event: 'offboarding.role_change_cancelled',
    states: BOTH,
    drive: asAdmin({ before: onVictim('role-change', { effectiveOn: '2026-12-31', roles: ['user'] }) }),
  },
  'POST /api/v1/me/consents': { event: 'privacy.consent_given', states: BOTH },
  'DELETE /api/v1/me/consents/:purpose': {
    event: 'privacy.consent_withdrawn',
    states: BOTH,
    drive: asAdmin({
      before: (app, { admin }) =>
        send(app, 'POST', '/me/consents', { as: admin, body: { purpose: 'product-news' } }),
    }),
  },
  'DELETE /api/v1/me': { event: 'members.deleted', states: GONE, drive: deleteOneself },
  [`DELETE ${MEMBER}/sessions`]: { event: 'sessions.ended', states: ACT },
  [`DELETE ${MEMBER}/sessions/:session`]: { event: 'sessions.ended', states: ACT },
  [`DELETE ${MEMBER}`]: {
    event: 'members.deleted',
    states: GONE,
    drive: asAdmin({ query: '?acknowledge=history-stays' }),
  },
  [`POST ${ORGANIZATION}/invites`]: { event: 'invites.created', states: NEW },
  [`POST ${ORGANIZATION}/invites/:invite/resend`]: { event: 'invites.resent', states: BOTH },
  [`DELETE ${ORGANIZATION}/invites/:invite`]: { event: 'invites.revoked', states: BOTH },
  'POST /api/v1/invites/accept': { event: 'invites.accepted', states: BOTH, drive: acceptInvite },
  'POST /api/v1/me/invites/accept': { event: 'invites.accepted', states: BOTH, drive: acceptSignedIn },
  'POST /api/v1/auth/password/forgot': {
    event: 'recovery.reset_link_sent',
    states: ACT,
    drive: asVictim(async (_app, { victim }) => ({ email: victim.member.email })),
  },
  'POST /api/v1/auth/password/reset': {
    event: 'recovery.password_reset',
    states: ACT,
    drive: byLink(async (app, { victim }) => ({
      token: await linkFor(app, victim.member, 'password_reset'),
      newPassword: 'Other-Harbour-58!',
    })),
  },
  'POST /api/v1/auth/activate': {
    event: 'recovery.activated',
    states: ACT,
    drive: byLink(async (app, { victim }) => ({
      token: await linkFor(app, victim.member, 'activation'),
      password: 'Other-Harbour-58!',
    })),
  },
  'POST /api/v1/auth/email/verify': {
    event: 'identity.email_verified',
    states: ACT,
    async drive({ app, world: make }, route) {
      const world = await make()
      const { victim } = world
      await unverify(app, victim.member.userId)
      const body = { token: await linkFor(app, victim.member, 'verify_email') }
      const answer = await call(app, route, addressOf(route, {}), from(victim), body)
      return { answer, app, ...of(victim) }
    },
  },
  'POST /api/v1/auth/email/confirm': {
    event: 'identity.email_changed',
    states: BOTH,
    async drive({ app, world: make }, route) {
      const world = await make()
      const { victim } = world
      const body = { token: (await moving(app, world)).confirm }
      const answer = await call(app, route, addressOf(route, {}), from(victim), body)
      return { answer, app, ...of(victim) }
    },
  },
  'POST /api/v1/auth/email/refuse': {
    event: 'recovery.email_change_refused',
    states: ACT,
    drive: byLink(async (app, world) => ({ token: (await moving(app, world)).refuse })),
  },
  'POST /api/v1/me/email/verification': {
    event: 'recovery.verification_sent',
    states: ACT,
    drive: asAdmin({ before: (app, { admin }) => unverify(app, admin.member.userId) }),
  },
  'POST /api/v1/me/email': { event: 'recovery.email_change_asked', states: ACT },
  'POST /api/v1/auth/register': {
    event: 'registration.asked',
    states: ACT,
    drive: registering(() => undefined),
  },
  'POST /api/v1/auth/register/finish': {
    event: 'registration.finished',
    states: NEW,
    drive: registering((app, token) =>
      send(app, 'POST', '/auth/register/finish', {
        headers: { 'user-agent': USER_AGENT },
        body: { token, password: PASSWORD },
      }),
    ),
  },
  [`PATCH ${ORGANIZATION}/policy-settings`]: { event: 'policy.settings_changed', states: BOTH },
  [`PUT ${RESOURCE}`]: {
    event: 'resources.registered',
    states: NEW,
    drive: asAdmin({ params: async () => ({ id: 'another-lead' }) }),
  },
  [`DELETE ${RESOURCE}`]: { event: 'resources.removed', states: GONE },
  [`POST ${ORGANIZATION}/applications`]: { event: 'applications.created', states: NEW },
  [`DELETE ${ORGANIZATION}/applications/:application`]: { event: 'applications.revoked', states: BOTH },
  [`POST ${ORGANIZATION}/audit/erasures`]: { event: 'audit.personal_erased', states: ACT },
}

/** What only asks: a passkey, where a question is written and nothing changes before it is answered; what a link offers. */
const asking: ReadonlySet<string> = new Set([
  'POST /api/v1/invites/look',
  'POST /api/v1/auth/mfa/passkey',
  'POST /api/v1/auth/passkey/begin',
  'POST /api/v1/auth/step-up/passkey',
])

/** Questions are asked with POST and change nothing; what they leave is the policy's choice (`audit.decisions`). */
export const changing: readonly Route[] = routes.filter(
  (route) => route.method !== 'GET' && route.base !== '' && !asking.has(nameOf(route)),
)

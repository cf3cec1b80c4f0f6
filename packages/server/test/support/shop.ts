/**
 * A small shop for tests of decisions: two organizations, members of every kind, an application of each and one of
 * the platform. Its policy has a condition, states, a deny, a sensitive action and attributes of every type.
 *
 * @module
 */
import { createPlatformApplication } from '#access/applications'
import { recordAsOperator } from '#evidence/audit'
import type { OperatorDatabase } from '#platform/operator'
import { startApp, type TestApp, type TestMember, type Tokens } from './app.ts'

/** Roles, most privileged first, and what makes each one special. */
export const SHOP_POLICY = `writ: 1
name: shop
title: Access Control Policy
version: "1"
owner: Head of Security
effective: 2026-01-01
review: { every: 90d }
classification: internal
organizations: { ownerRole: admin, platformAccess: direct }
resources:
  leads: [read, write]
  orders:
    actions: [read, write, refund]
    attributes: { ownerId: string, total: double, count: int, paid: bool, placedAt: timestamp, tags: list<string> }
    states: { open: {}, closed: { deny: [write] } }
roles:
  root: { scope: platform, allow: ["*:*"], assignedBy: console }
  admin: { allow: ["*:*"], assign: ["*"] }
  restricted: { inherits: [clerk], deny: [read:leads] }
  clerk:
    allow:
      - read:leads
      - read:orders
      - { allow: write:orders, when: "resource.ownerId == subject.id" }
      - { allow: refund:orders, when: "resource.total < 100.0" }
sensitive: { within: 10m, actions: [refund:orders] }
audit: { decisions: sensitive }
`

export interface Shop extends TestApp {
  readonly admin: TestMember
  readonly clerk: TestMember
  readonly restricted: TestMember
  readonly foreigner: TestMember
  readonly root: TestMember
  /** Credentials of applications: of acme, of globex, of the platform. */
  readonly acme: string
  readonly globex: string
  readonly platform: string
  readonly adminTokens: Tokens
  /** POST of a question as an application. */
  ask(path: string, body: unknown, as?: string | Tokens): ReturnType<TestApp['request']>
  /** A registered order, beside the API. */
  order(
    id: string,
    order: { attributes?: Record<string, unknown>; state?: string; organization?: string },
  ): Promise<void>
}

export async function startShop(policy = SHOP_POLICY): Promise<Shop> {
  const app = await startApp({ policy })
  const member = (slug: string, name: string, role: string) =>
    app.member(slug, { email: `${name}@${slug}.test`, roles: [role] })
  const admin = await member('acme', 'admin', 'admin')
  const clerk = await member('acme', 'clerk', 'clerk')
  const restricted = await member('acme', 'restricted', 'restricted')
  const foreigner = await member('globex', 'admin', 'admin')
  const root = await app.platformMember({ email: 'root@platform.test', role: 'root' })
  const adminTokens = await app.signIn(admin.email)
  const acme = await applicationOf(app, 'acme', adminTokens)
  const globex = await applicationOf(app, 'globex', await app.signIn(foreigner.email))
  const operator = operatorOf(app)
  const { credential: platform } = await createPlatformApplication(operator, { name: 'gateway', by: 'test' })
  return {
    ...app,
    admin,
    clerk,
    restricted,
    foreigner,
    root,
    acme,
    globex,
    platform,
    adminTokens,
    ask: (path, body, as = acme) => app.request('POST', `/access/v1/${path}`, { as, body }),
    async order(id, { attributes = {}, state, organization = 'acme' }) {
      const { id: organizationId } = await app.organization(organization)
      const row = {
        organizationId,
        type: 'orders',
        id,
        attributes: JSON.stringify(attributes),
        state: state ?? null,
      }
      await app.ownerDb.transaction(`org:${organizationId}`, (tx) =>
        tx
          .insertInto('resources')
          .values({ ...row, updatedAt: app.clock.now() })
          .execute(),
      )
    },
  }
}

/** What the operator's commands are given, on this app's database. */
export function operatorOf({ ownerDb: db, masterKey, clock: { now } }: TestApp): OperatorDatabase {
  return { db, masterKey, now, record: recordAsOperator({ db, now }) }
}

async function applicationOf(app: TestApp, slug: string, as: Tokens): Promise<string> {
  const answer = await app.request('POST', `/organizations/${slug}/applications`, {
    as,
    body: { name: 'shop' },
  })
  if (answer.status !== 201)
    throw new Error(`application of ${slug}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body.credential
}

/** A question about a user, as AuthZEN writes it. */
export function question(
  subject: TestMember | string,
  action: string,
  resource: string,
  extra: Record<string, unknown> = {},
) {
  const [type = '', id = '*'] = resource.split('/')
  return {
    subject: { type: 'user', id: typeof subject === 'string' ? subject : subject.wire.user },
    action: { name: action },
    resource: { type, id },
    ...extra,
  }
}

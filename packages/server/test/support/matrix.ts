/**
 * Every kind of credential and every way to lose it: the product of both is tested.
 *
 * @module
 */
import { rotateKeys } from '#people/sessions'
import { toWire } from '#platform/ids'
import type { App } from '../../src/app.ts'
import { openOperatorDatabase } from '../../src/services.ts'
import { type Answer, PASSWORD, send, type TestApp } from './app.ts'
import { openSessionOf, type SignedIn, seedApplication, sendWithCookie } from './attack-sessions.ts'

export type KindName = 'access token' | 'session cookie' | 'refresh token' | 'application credential'

type Use = (server: App, credential: string, slug: string) => Promise<Answer>

export interface CredentialKind {
  readonly name: KindName
  issue(app: TestApp, ada: SignedIn, slug: string): Promise<string>
  /** A sample of routes: one's own, the organization's, a write, a decision. */
  readonly uses: readonly Use[]
}

const aboutOneself = {
  subject: { type: 'user', id: '' },
  action: { name: 'read' },
  resource: { type: 'leads', id: '*' },
}

/** A question about whoever the credential belongs to. */
function question(subject: string) {
  return { ...aboutOneself, subject: { type: 'user', id: subject } }
}

export const credentialKinds: readonly CredentialKind[] = [
  {
    name: 'access token',
    issue: async (_app, ada) => ada.accessToken,
    uses: [
      function readsOneself(server, as) {
        return send(server, 'GET', '/me', { as })
      },
      function readsTheOrganization(server, as, slug) {
        return send(server, 'GET', `/organizations/${slug}`, { as })
      },
      function writes(server, as) {
        return send(server, 'PATCH', '/me', { as, body: { locale: 'en' } })
      },
      function asks(server, as, slug) {
        return send(server, 'POST', '/access/v1/evaluation', { as, body: question(`ada@${slug}.test`) })
      },
    ],
  },
  {
    name: 'session cookie',
    issue: async (_app, ada) => ada.cookie,
    uses: [
      function readsOneself(server, cookie) {
        return sendWithCookie(server, 'GET', '/me', cookie)
      },
      function readsTheOrganization(server, cookie, slug) {
        return sendWithCookie(server, 'GET', `/organizations/${slug}`, cookie)
      },
      function writes(server, cookie) {
        return sendWithCookie(server, 'PATCH', '/me', cookie, { body: { locale: 'en' } })
      },
    ],
  },
  {
    name: 'refresh token',
    issue: async (_app, ada) => ada.refreshToken,
    uses: [
      function refreshes(server, refreshToken) {
        return send(server, 'POST', '/auth/refresh', { body: { refreshToken } })
      },
    ],
  },
  {
    name: 'application credential',
    issue: async (app, _ada, slug) => (await seedApplication(app, slug)).credential,
    uses: [
      function asks(server, as, slug) {
        return send(server, 'POST', '/access/v1/evaluation', { as, body: question(`owner@${slug}.test`) })
      },
      function lists(server, as, slug) {
        return send(server, 'GET', `/organizations/${slug}/resources/leads`, { as })
      },
    ],
  },
]

export interface Situation {
  readonly app: TestApp
  readonly owner: SignedIn
  /** Whose credential is to be lost. */
  readonly ada: SignedIn
  readonly slug: string
}

export interface Loss {
  readonly name: string
  /** What the loss proves, for the titles. */
  readonly clauses: string
  /** Kinds that rightly go on. */
  readonly spares: readonly KindName[]
  lose(situation: Situation): Promise<void>
}

const application = ['application credential'] as const

export const losses: readonly Loss[] = [
  {
    name: 'signing out',
    clauses: '[FT-AC-23]',
    spares: application,
    lose: ({ app, ada }) => must(send(app, 'POST', '/auth/logout', { as: ada })),
  },
  {
    name: 'signing out everywhere, from another session',
    clauses: '[SA-03]',
    spares: application,
    lose: async ({ app, ada }) =>
      must(send(app, 'POST', '/auth/logout-everywhere', { as: await openSessionOf(app, ada.member) })),
  },
  {
    name: 'ending the session in the list of one’s sessions',
    clauses: '[FT-AC-23]',
    spares: application,
    async lose({ app, ada }) {
      const as = await openSessionOf(app, ada.member)
      await must(send(app, 'DELETE', `/me/sessions/${toWire('ses', ada.sessionId)}`, { as }))
    },
  },
  {
    name: 'a change of the password, in another session',
    clauses: '[SA-03]',
    spares: application,
    async lose({ app, ada }) {
      const as = await openSessionOf(app, ada.member)
      const body = { currentPassword: PASSWORD, newPassword: 'Other-Harbour-58!' }
      await must(send(app, 'POST', '/me/password', { as, body }))
    },
  },
  {
    name: 'a reset of the password by an administrator',
    clauses: '[SA-03]',
    spares: application,
    lose: ({ app, owner, ada, slug }) =>
      must(
        send(app, 'POST', `/organizations/${slug}/members/${ada.member.wire.member}/reset-password`, {
          as: owner,
        }),
      ),
  },
  {
    name: 'deactivation of the member',
    clauses: '[FT-AC-23] [BM-17]',
    spares: application,
    lose: ({ app, owner, ada, slug }) =>
      must(
        send(app, 'POST', `/organizations/${slug}/members/${ada.member.wire.member}/deactivate`, {
          as: owner,
        }),
      ),
  },
  {
    name: 'deletion of the member',
    clauses: '[BM-17]',
    spares: application,
    lose: ({ app, owner, ada, slug }) =>
      must(
        send(
          app,
          'DELETE',
          `/organizations/${slug}/members/${ada.member.wire.member}?acknowledge=history-stays`,
          { as: owner },
        ),
      ),
  },
  {
    name: 'suspension of the organization',
    clauses: '[FT-AC-23]',
    spares: [],
    lose: ({ app, owner: { member } }) =>
      app.ownerDb.transaction(`org:${member.organizationId}`, async (tx) => {
        await tx
          .updateTable('organizations')
          .set({ status: 'suspended' })
          .where('id', '=', member.organizationId)
          .execute()
      }),
  },
  {
    name: 'a raised token version',
    clauses: '[SA-03]',
    spares: application,
    lose: ({ app, ada }) =>
      app.ownerDb.transaction(`org:${ada.member.organizationId}`, async (tx) => {
        await tx
          .updateTable('users')
          .set((eb) => ({ tokenVersion: eb('tokenVersion', '+', 1) }))
          .where('id', '=', ada.member.userId)
          .execute()
      }),
  },
  {
    name: 'the account’s deactivation in the database',
    clauses: '[BM-17]',
    spares: application,
    lose: ({ app, ada }) =>
      app.ownerDb.transaction(`org:${ada.member.organizationId}`, async (tx) => {
        await tx
          .updateTable('users')
          .set({ status: 'deactivated' })
          .where('id', '=', ada.member.userId)
          .execute()
      }),
  },
  {
    name: 'retirement of the key that signed it',
    clauses: '[SA-03]',
    spares: ['session cookie', 'refresh token', 'application credential'],
    lose: ({ app }) => rotateSigningKey(app),
  },
  {
    name: 'the session’s absolute end',
    clauses: '[FT-AC-23]',
    spares: application,
    async lose({ app }) {
      app.clock.advance(24 * 60 * 60)
    },
  },
  {
    name: 'revocation of the application',
    clauses: '[FT-AC-23]',
    spares: ['access token', 'session cookie', 'refresh token'],
    lose: ({ app, ada }) =>
      app.ownerDb.transaction(`org:${ada.member.organizationId}`, async (tx) => {
        await tx.updateTable('applications').set({ revokedAt: app.clock.now() }).execute()
      }),
  },
]

/** A new key signs, every other is retired, as `writ admin rotate-keys` does it. */
export async function rotateSigningKey(app: TestApp): Promise<void> {
  const input = { ownerUrl: app.database.ownerUrl, masterKey: app.masterKey, now: app.clock.now }
  const operator = openOperatorDatabase(input)
  const { id: platform } = await app.organization('platform')
  await rotateKeys(operator, { platform, algorithm: 'EdDSA', retireOthers: true, by: 'operator:test' })
  await operator.db.close()
}

async function must(answer: Promise<Answer>): Promise<void> {
  const { status, body } = await answer
  if (status >= 300) throw new Error(`the credential was not lost: ${status} ${JSON.stringify(body)}`)
}

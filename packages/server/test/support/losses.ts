/**
 * Every way to lose a credential: each is tried on each kind of credential (support/credentials.ts).
 *
 * @module
 */
import { rotateKeys } from '#people/sessions'
import { toWire } from '#platform/ids'
import { openOperatorDatabase } from '../../src/services.ts'
import { type Answer, send, type TestApp, type TestMember } from './app.ts'
import { openSessionOf, type SignedIn } from './attack-sessions.ts'
import { linkFor } from './recovery.ts'

export interface Situation {
  readonly app: TestApp
  readonly owner: SignedIn
  /** Whose credential is to be lost. */
  readonly ada: SignedIn
  readonly slug: string
  /** Of the account, as of now. */
  password: string
}

export interface Loss {
  /** What the loss proves, for the titles. */
  readonly clauses: string
  lose(situation: Situation): Promise<unknown>
}

const NEW_PASSWORD = 'Other-Harbour-58!'

/** The administrator's act on Ada's membership. */
const onAda = (method: string, rest: string) => (situation: Situation) =>
  must(send(situation.app, method, `${membershipOf(situation)}${rest}`, { as: situation.owner }))

/** Written beside the API: what counts is what the database says, however it came there. */
const inDatabase =
  (table: 'users' | 'members' | 'organizations', change: object) =>
  ({ app, ada: { member } }: Situation) =>
    app.ownerDb.transaction(scopeOf(table, member), async (tx) => {
      const id = { users: member.userId, members: member.memberId, organizations: member.organizationId }[
        table
      ]
      await tx.updateTable(table).set(change).where('id', '=', id).execute()
    })

export const losses = {
  'signing out': {
    clauses: '[FT-AC-23] [BM-22]',
    lose: ({ app, ada }) => must(send(app, 'POST', '/auth/logout', { as: ada.accessToken })),
  },
  'signing out everywhere, from another session': {
    clauses: '[SA-03]',
    lose: async ({ app, ada }) =>
      must(
        send(app, 'POST', '/auth/logout-everywhere', {
          as: (await openSessionOf(app, ada.member)).accessToken,
        }),
      ),
  },
  'ending the session in the list of one’s sessions': {
    clauses: '[FT-AC-23]',
    async lose({ app, ada }) {
      const as = await openSessionOf(app, ada.member)
      await must(send(app, 'DELETE', `/me/sessions/${toWire('ses', ada.sessionId)}`, { as }))
    },
  },
  'ending the sessions of a member by an administrator': {
    clauses: '[FT-AC-23]',
    lose: onAda('DELETE', '/sessions'),
  },
  'a change of the password, in another session': {
    clauses: '[SA-03]',
    async lose(situation) {
      const { app, ada } = situation
      const as = await openSessionOf(app, ada.member)
      const body = { currentPassword: situation.password, newPassword: NEW_PASSWORD }
      await must(send(app, 'POST', '/me/password', { as, body }))
      situation.password = NEW_PASSWORD
    },
  },
  'a reset of the password by an administrator': {
    clauses: '[SA-03]',
    async lose(situation) {
      const { temporaryPassword } = (await onAda('POST', '/reset-password')(situation)).body
      situation.password = temporaryPassword ?? situation.password
    },
  },
  'a new password by a mailed link': {
    clauses: '[SA-03] [BM-20]',
    async lose(situation) {
      const { app, ada } = situation
      const token = await linkFor(app, ada.member, 'password_reset')
      await must(send(app, 'POST', '/auth/password/reset', { body: { token, newPassword: NEW_PASSWORD } }))
      situation.password = NEW_PASSWORD
    },
  },
  'a reset of the second factors by an administrator': {
    clauses: '[FT-AC-23]',
    lose: onAda('POST', '/reset-mfa'),
  },
  'deactivation of the member': {
    clauses: '[FT-AC-23] [BM-17] [PS-10]',
    lose: onAda('POST', '/deactivate'),
  },
  'deletion of the member': {
    clauses: '[BM-17] [PS-10]',
    lose: onAda('DELETE', '?acknowledge=history-stays'),
  },
  'the end of the membership, of an account that goes on elsewhere': {
    clauses: '[FT-AC-23]',
    async lose(situation) {
      const { app, ada, slug } = situation
      await app.member(`${slug}-elsewhere`, { email: ada.member.email, roles: ['agent'] })
      await onAda('POST', '/deactivate')(situation)
    },
  },
  'suspension of the organization': {
    clauses: '[FT-AC-23]',
    lose: inDatabase('organizations', { status: 'suspended' }),
  },
  'the end of the last day': {
    clauses: '[PS-10]',
    lose: (situation) => inDatabase('members', { accessEndsAt: situation.app.clock.now() })(situation),
  },
  'a raised token version': {
    clauses: '[SA-03]',
    lose: ({ app, ada }) =>
      app.ownerDb.transaction(`account:${ada.member.userId}`, async (tx) => {
        await tx
          .updateTable('users')
          .set((eb) => ({ tokenVersion: eb('tokenVersion', '+', 1) }))
          .where('id', '=', ada.member.userId)
          .execute()
      }),
  },
  'the account’s deactivation in the database': {
    clauses: '[BM-17]',
    lose: inDatabase('users', { status: 'deactivated' }),
  },
  'retirement of the key that signed it': {
    clauses: '[SA-03]',
    lose: ({ app }) => rotateSigningKey(app),
  },
  'the session’s absolute end': {
    clauses: '[FT-AC-23]',
    async lose({ app }) {
      app.clock.advance(24 * 60 * 60)
    },
  },
  'revocation of the application': {
    clauses: '[FT-AC-23]',
    lose: ({ app, ada }) =>
      app.ownerDb.transaction(`org:${ada.member.organizationId}`, async (tx) => {
        await tx.updateTable('applications').set({ revokedAt: app.clock.now() }).execute()
      }),
  },
} satisfies Record<string, Loss>

export type LossName = keyof typeof losses

function scopeOf(table: string, { userId, organizationId }: TestMember) {
  return table === 'users' ? (`account:${userId}` as const) : (`org:${organizationId}` as const)
}

function membershipOf({ slug, ada }: Situation): string {
  return `/organizations/${slug}/members/${ada.member.wire.member}`
}

/** A new key signs, every other is retired, as `writ admin rotate-keys` does it. */
export async function rotateSigningKey(app: TestApp): Promise<void> {
  const input = { ownerUrl: app.database.ownerUrl, masterKey: app.masterKey, now: app.clock.now }
  const operator = openOperatorDatabase(input)
  const { id: platform } = await app.organization('platform')
  await rotateKeys(operator, { platform, algorithm: 'EdDSA', retireOthers: true, by: 'operator:test' })
  await operator.db.close()
}

async function must(request: Promise<Answer>): Promise<Answer> {
  const answer = await request
  if (answer.status >= 300)
    throw new Error(`the credential was not lost: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer
}

/**
 * Every kind of credential and how it is used. Each is tried after every loss (support/losses.ts) on two servers.
 *
 * A module that gives out a new kind appends it here: what it survives, and how it is used.
 *
 * @module
 */
import type { App } from '../../src/app.ts'
import { type Answer, ORIGIN, send } from './app.ts'
import { seedApplication, seedDevice, sendWithCookie } from './attack-sessions.ts'
import { SoftwareAuthenticator } from './authenticator.ts'
import { codeOfApplication, deviceCodeOf, tokensOfApplication } from './given-to-applications.ts'
import { bearing, posting } from './listening.ts'
import type { LossName, Situation } from './losses.ts'
import { enrolPasskey, enrolTotp, type PasskeyUser, type TotpUser } from './second-factors.ts'

/** One request that presents the credential. */
export interface Use {
  readonly name: string
  on(server: App): Promise<Answer>
}

export interface CredentialKind {
  readonly name: string
  /** Losses that rightly leave it good; all others end it. */
  readonly survives: readonly LossName[]
  /** Losses that cannot happen to whoever holds one. */
  readonly spares?: readonly LossName[]
  /** A use spends it: each request is given one of its own. */
  readonly isSpentByUse?: true
  /** Statuses that say that it is lost. Default: 401. */
  readonly refused?: readonly number[]
  /** Makes one that is good now; answers a sample of requests that present it. */
  issue(situation: Situation): Promise<readonly Use[]>
}

const APPLICATION = 'revocation of the application'
const KEY = 'retirement of the key that signed it'
const MFA_RESET = 'a reset of the second factors by an administrator'
const PASSWORD_RESET = 'a reset of the password by an administrator'
const LINK_RESET = 'a new password by a mailed link'
const ELSEWHERE = 'the end of the membership, of an account that goes on elsewhere'
/** They end a session, and nothing of the account itself. */
const ONE_SESSION = [
  'signing out',
  'ending the session in the list of one’s sessions',
  'ending the sessions of a member by an administrator',
] as const satisfies readonly LossName[]

/** A question about whoever the credential belongs to. */
const question = (subject: string) => ({
  subject: { type: 'user', id: subject },
  action: { name: 'read' },
  resource: { type: 'leads', id: '*' },
})

export const credentialKinds: readonly CredentialKind[] = [
  {
    name: 'access token',
    survives: [APPLICATION],
    async issue({ ada: { accessToken: as }, slug }) {
      return [
        { name: 'reads oneself', on: (server) => send(server, 'GET', '/me', { as }) },
        {
          name: 'reads the organization',
          on: (server) => send(server, 'GET', `/organizations/${slug}`, { as }),
        },
        { name: 'writes', on: (server) => send(server, 'PATCH', '/me', { as, body: { locale: 'en' } }) },
        {
          name: 'asks',
          on: (server) =>
            send(server, 'POST', '/access/v1/evaluation', { as, body: question(`ada@${slug}.test`) }),
        },
      ]
    },
  },
  {
    name: 'session cookie',
    survives: [APPLICATION, KEY],
    async issue({ ada: { cookie }, slug }) {
      return [
        { name: 'reads oneself', on: (server) => sendWithCookie(server, 'GET', '/me', cookie) },
        {
          name: 'reads the organization',
          on: (server) => sendWithCookie(server, 'GET', `/organizations/${slug}`, cookie),
        },
        {
          name: 'writes',
          on: (server) => sendWithCookie(server, 'PATCH', '/me', cookie, { body: { locale: 'en' } }),
        },
      ]
    },
  },
  {
    name: 'refresh token',
    survives: [APPLICATION, KEY],
    async issue({ ada: { refreshToken } }) {
      return [
        {
          name: 'refreshes',
          on: (server) => send(server, 'POST', '/auth/refresh', { body: { refreshToken } }),
        },
      ]
    },
  },
  {
    name: 'application credential',
    survives: [
      ...ONE_SESSION,
      'signing out everywhere, from another session',
      'a change of the password, in another session',
      PASSWORD_RESET,
      LINK_RESET,
      MFA_RESET,
      'deactivation of the member',
      'deletion of the member',
      ELSEWHERE,
      'the end of the last day',
      'a raised token version',
      'the account’s deactivation in the database',
      KEY,
      'the session’s absolute end',
    ],
    async issue({ app, slug }) {
      const { credential: as } = await seedApplication(app, slug)
      return [
        {
          name: 'asks',
          on: (server) =>
            send(server, 'POST', '/access/v1/evaluation', { as, body: question(`owner@${slug}.test`) }),
        },
        {
          name: 'lists',
          on: (server) => send(server, 'GET', `/organizations/${slug}/resources/leads`, { as }),
        },
      ]
    },
  },
  {
    name: 'sign-in that waits for a code',
    survives: [...ONE_SESSION, ELSEWHERE, APPLICATION, KEY],
    isSpentByUse: true,
    async issue(situation) {
      const { recoveryCodes } = await totpOf(situation)
      const challenge = await challengeOf(situation)
      return [
        {
          name: 'recovery code',
          on: (server) => {
            const body = { challenge, method: 'recovery_code', code: (recoveryCodes as string[]).pop() }
            return send(server, 'POST', '/auth/mfa', { body })
          },
        },
      ]
    },
  },
  {
    name: 'sign-in that waits for a passkey',
    survives: [...ONE_SESSION, ELSEWHERE, APPLICATION, KEY],
    isSpentByUse: true,
    async issue(situation) {
      const { authenticator } = await passkeyOf(situation)
      const challenge = await challengeOf(situation)
      const asked = await send(situation.app, 'POST', '/auth/mfa/passkey', { body: { challenge } })
      const { options, ...named } = asked.body
      const passkey = { ...named, response: authenticator.get(options) }
      const body = { challenge, method: 'passkey', passkey }
      return [{ name: 'answers', on: (server) => send(server, 'POST', '/auth/mfa', { body }) }]
    },
  },
  {
    name: 'sign-in that waits for a new password',
    survives: [...ONE_SESSION, ELSEWHERE, APPLICATION, KEY],
    isSpentByUse: true,
    async issue(situation) {
      await oweNewPassword(situation, true)
      const challenge = await challengeOf(situation)
      // Ada does other things meanwhile, to lose it.
      await oweNewPassword(situation, false)
      return [
        {
          name: 'chooses',
          async on(server) {
            await oweNewPassword(situation, true)
            const newPassword = `Chosen-Harbour-${++chosen}!`
            const answer = await send(server, 'POST', '/auth/password/change', {
              body: { challenge, newPassword },
            })
            if (answer.status === 200) situation.password = newPassword
            return answer
          },
        },
      ]
    },
  },
  {
    name: 'sign-in that waits for the organization',
    survives: [...ONE_SESSION, APPLICATION, KEY],
    // Of an account of several organizations; one of them resets nothing of it.
    spares: [PASSWORD_RESET, MFA_RESET],
    isSpentByUse: true,
    refused: [401, 404],
    async issue(situation) {
      const { app, ada, slug } = situation
      await joinAnother(situation)
      const answer = await send(app, 'POST', '/auth/login', {
        body: { email: ada.member.email, password: situation.password },
      })
      const body = { challenge: answer.body.challenge, organization: slug }
      return [{ name: 'names it', on: (server) => send(server, 'POST', '/auth/organization', { body }) }]
    },
  },
  {
    name: 'passkey question without a name',
    survives: [
      ...ONE_SESSION,
      'signing out everywhere, from another session',
      'a change of the password, in another session',
      PASSWORD_RESET,
      LINK_RESET,
      ELSEWHERE,
      'a raised token version',
      APPLICATION,
      KEY,
    ],
    isSpentByUse: true,
    async issue(situation) {
      const { authenticator } = await passkeyOf(situation)
      const { options, ...named } = (await send(situation.app, 'POST', '/auth/passkey/begin')).body
      const body = { ...named, response: authenticator.get(options) }
      return [{ name: 'signs in', on: (server) => send(server, 'POST', '/auth/passkey', { body }) }]
    },
  },
  {
    // What it opens is the account while others keep it locked.
    name: 'device cookie',
    survives: [
      ...ONE_SESSION,
      'signing out everywhere, from another session',
      ELSEWHERE,
      'a raised token version',
      'the session’s absolute end',
      APPLICATION,
      KEY,
    ],
    async issue(situation) {
      const { app, ada } = situation
      const { cookie } = await seedDevice(app, ada.member)
      return [
        {
          name: 'signs in',
          async on(server) {
            await setFailures(situation, 1000)
            const body = { email: ada.member.email, password: situation.password }
            const headers = { cookie, origin: ORIGIN }
            const answer = await send(server, 'POST', '/auth/login', { body, headers })
            await setFailures(situation, 0)
            return answer
          },
        },
      ]
    },
  },
  ...['web', 'spa'].map(
    (type): CredentialKind => ({
      name: `access token that a ${type} application was given`,
      survives: [APPLICATION, KEY],
      async issue(situation) {
        const { accessToken } = await tokensOfApplication(situation, type as 'web')
        return [
          {
            name: 'reads who it is about',
            on: (server) => bearing(server, '/oidc/userinfo', accessToken),
          },
        ]
      },
    }),
  ),
  {
    name: 'refresh token that an application was given',
    survives: [APPLICATION, KEY],
    isSpentByUse: true,
    refused: [400],
    async issue(situation) {
      const { refreshToken, party } = await tokensOfApplication(situation, 'spa')
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: party.id }
      return [{ name: 'refreshes', on: (server) => posting(server, '/oidc/token', form) }]
    },
  },
  {
    name: 'code that an application was given',
    survives: [APPLICATION, KEY],
    isSpentByUse: true,
    refused: [400],
    async issue(situation) {
      const { form } = await codeOfApplication(situation, 'spa')
      return [{ name: 'is exchanged', on: (server) => posting(server, '/oidc/token', form) }]
    },
  },
  {
    name: 'device code that a person let in',
    survives: [APPLICATION, KEY],
    isSpentByUse: true,
    refused: [400],
    async issue(situation) {
      const form = await deviceCodeOf(situation)
      return [{ name: 'is exchanged', on: (server) => posting(server, '/oidc/token', form) }]
    },
  },
]

let chosen = 0
const factors = new WeakMap<Situation, { totp?: Promise<TotpUser>; passkey?: Promise<PasskeyUser> }>()

function factorsOf(situation: Situation) {
  const known = factors.get(situation) ?? {}
  factors.set(situation, known)
  return known
}

function totpOf(situation: Situation): Promise<TotpUser> {
  const known = factorsOf(situation)
  known.totp ??= enrolTotp(situation.app, situation.ada.accessToken)
  return known.totp
}

function passkeyOf(situation: Situation): Promise<PasskeyUser> {
  const known = factorsOf(situation)
  // Synchronized, as most are: answers may come in another order than the questions.
  known.passkey ??= enrolPasskey(situation.app, situation.ada.accessToken, {
    authenticator: new SoftwareAuthenticator({ counts: false }),
  })
  return known.passkey
}

/** Of a sign-in by the password. */
async function challengeOf({ app, ada, password }: Situation): Promise<string> {
  const answer = await send(app, 'POST', '/auth/login', { body: { email: ada.member.email, password } })
  if (typeof answer.body.challenge !== 'string')
    throw new Error(`no challenge: ${JSON.stringify(answer.body)}`)
  return answer.body.challenge
}

async function oweNewPassword(
  { app, ada: { member } }: Situation,
  mustChangePassword: boolean,
): Promise<void> {
  await app.ownerDb.transaction(`account:${member.userId}`, (tx) =>
    tx.updateTable('users').set({ mustChangePassword }).where('id', '=', member.userId).execute(),
  )
}

async function joinAnother({ app, ada: { member }, slug }: Situation): Promise<void> {
  const { id } = await app.organization(`${slug}-beside`)
  const known = await app.ownerDb.transaction(`org:${id}`, (tx) =>
    tx.selectFrom('members').select('id').where('userId', '=', member.userId).executeTakeFirst(),
  )
  if (!known) await app.member(`${slug}-beside`, { email: member.email, roles: ['agent'] })
}

/** As somebody's guesses leave it. */
async function setFailures({ app, ada: { member } }: Situation, failedSignIns: number): Promise<void> {
  const lastFailedAt = app.clock.now()
  await app.ownerDb.transaction(`account:${member.userId}`, (tx) =>
    tx.updateTable('users').set({ failedSignIns, lastFailedAt }).where('id', '=', member.userId).execute(),
  )
}

/**
 * Every kind of mailed link of an account after every way to lose a credential: dead on the very next request, on two
 * servers that share a database, unless the loss is none of the account's. Beside support/credentials.ts, since a link
 * is spent by its use and superseded by the next one.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LinkKind } from '#people/identity'
import type { App } from '../src/app.ts'
import { PASSWORD, send, startApp, type TestApp } from './support/app.ts'
import { signedInMember } from './support/attack-sessions.ts'
import { type Loss, type LossName, losses, type Situation } from './support/losses.ts'
import { otherProcess } from './support/other-process.ts'
import { quickPolicy } from './support/policies.ts'
import { askedToMove, linkFor } from './support/recovery.ts'

let app: TestApp
/** In a process of its own: a revocation that only this one's memory knew would be seen. */
let other: App
let stopOther: () => Promise<void>
let count = 0

beforeAll(async () => {
  app = await startApp({ policy: quickPolicy('prosaas') })
  ;({ app: other, stop: stopOther } = await otherProcess(app))
})
afterAll(async () => {
  await stopOther()
  await app.stop()
})

/** From an address of its own each: what one address may try is counted, and is not what is tested here. */
const post = (server: App, path: string, body: object) =>
  send(server, 'POST', path, { body, remoteAddress: `198.51.100.${count % 250}` })

/** They end a session, a membership or a key, and leave the account what it was. */
const NOT_OF_THE_ACCOUNT: readonly LossName[] = [
  'signing out',
  'ending the session in the list of one’s sessions',
  'ending the sessions of a member by an administrator',
  'the end of the membership, of an account that goes on elsewhere',
  'suspension of the organization',
  'the end of the last day',
  'retirement of the key that signed it',
  'revocation of the application',
]

/** What a takeover would do next: the owner of the former address must still be able to undo it. */
const OF_A_TAKEOVER: readonly LossName[] = [
  'signing out everywhere, from another session',
  'a change of the password, in another session',
  'a reset of the password by an administrator',
  'a new password by a mailed link',
  'a reset of the second factors by an administrator',
  'a raised token version',
  'the session’s absolute end',
]

interface Kind {
  readonly survives: readonly LossName[]
  make(situation: Situation): Promise<string>
  use(server: App, token: string): ReturnType<typeof send>
}

const moving = ({ ada: { accessToken, member }, slug }: Situation) =>
  askedToMove(app, accessToken, member.email, `moved@${slug}.test`)

/** Those that prove an address are good only in a session of their account: what is lost with that, credential-loss.test.ts says. */
const kinds: Readonly<Record<Exclude<LinkKind, 'verify_email' | 'email_change'>, Kind>> = {
  password_reset: {
    survives: NOT_OF_THE_ACCOUNT,
    make: ({ ada }) => linkFor(app, ada.member, 'password_reset'),
    use: (server, token) => post(server, '/auth/password/reset', { token, newPassword: 'Brave-Lantern-58!' }),
  },
  activation: {
    survives: NOT_OF_THE_ACCOUNT,
    make: ({ ada }) => linkFor(app, ada.member, 'activation'),
    use: (server, token) => post(server, '/auth/activate', { token, password: 'Brave-Lantern-58!' }),
  },
  email_refusal: {
    survives: [...NOT_OF_THE_ACCOUNT, ...OF_A_TAKEOVER],
    make: async (situation) => (await moving(situation)).refuse,
    use: (server, token) => post(server, '/auth/email/refuse', { token }),
  },
}

async function situation(): Promise<Situation> {
  const slug = `org-${++count}`
  const owner = await signedInMember(app, slug, { email: `owner@${slug}.test`, roles: ['owner'] })
  const ada = await signedInMember(app, slug, { email: `ada@${slug}.test`, roles: ['agent'] })
  return { app, owner, ada, slug, password: PASSWORD }
}

const names = Object.keys(losses) as LossName[]

describe.each(names.map((name) => [name, losses[name] as Loss] as const))('by %s', (name, loss) => {
  test.each(Object.entries(kinds))(`${loss.clauses} a link: %s`, async (_kind, { survives, make, use }) => {
    const where = await situation()
    const token = await make(where)
    await loss.lose(where)
    const statuses = [(await use(other, token)).status, (await use(app, token)).status]
    expect(statuses).toEqual(survives.includes(name) ? [204, 422] : [422, 422])
  })
})

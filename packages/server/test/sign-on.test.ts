/**
 * One sign-on against a real relying party: openid-client over a socket, a browser with cookies, two servers.
 */
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp, type TestMember } from './support/app.ts'
import { type Listening, listen } from './support/listening.ts'
import {
  authorization,
  exchange,
  ISSUER,
  type RelyingParty,
  relyingParty,
  signInto,
} from './support/relying-party.ts'

let app: TestApp
let listening: Listening
let ben: TestMember
let till: RelyingParty

beforeAll(async () => {
  app = await startApp()
  listening = await listen(app)
  ben = await app.member('acme', { email: 'ben@acme.test', roles: ['user'], name: 'Ben' })
  till = await relyingParty(app, listening)
})
afterAll(() => app.stop())

const signedIn = async (email = ben.email) => listening.browser((await app.signIn(email)).cookie)

describe('an application', () => {
  test('gets a person who is signed in, with no question asked, and is told of one organization', async () => {
    const tokens = await signInto(till, await signedIn())
    const claims = tokens.claims()!
    expect(claims).toMatchObject({
      iss: ISSUER,
      sub: ben.wire.user,
      aud: till.id,
      organization: ben.wire.organization,
      organization_slug: 'acme',
      roles: ['user'],
      email: 'ben@acme.test',
      email_verified: true,
      name: 'Ben',
      amr: ['pwd'],
    })
    expect(claims['permissions']).toContain('read:leads')
    const info = await openid.fetchUserInfo(till.configuration, tokens.access_token, ben.wire.user)
    expect(info).toMatchObject({ sub: ben.wire.user, organization_slug: 'acme', roles: ['user'] })
  })
})

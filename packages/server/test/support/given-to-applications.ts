/**
 * What a session gave an application of the one sign-on, made as a browser and an application make it.
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto'
import type { ClientView } from '#people/sign-on'
import type { TestApp } from './app.ts'
import { posting, unheard } from './listening.ts'
import type { Situation } from './losses.ts'
import { CALLBACK, register } from './relying-party.ts'
import type { World } from './routes.ts'

type Party = Awaited<ReturnType<typeof register>>
const parties = new WeakMap<Situation['app'], Map<string, Promise<Party>>>()

function partyOf({ app }: Situation, type: ClientView['type']): Promise<Party> {
  const known = parties.get(app) ?? new Map<string, Promise<Party>>()
  parties.set(app, known)
  const registered =
    known.get(type) ?? register(app, { type, ...(type === 'device' ? { redirectUris: [] } : {}) })
  known.set(type, registered)
  return registered
}

/** Where an application sends a browser. */
export function addressFor(
  client: string,
  more: Record<string, string> = {},
  verifier = randomBytes(32).toString('base64url'),
): string {
  const query = new URLSearchParams({
    client_id: client,
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid roles',
    state: 'state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  })
  return `/oidc/authorize?${query}`
}

/** A code for Ada, and the form that exchanges it. */
export async function codeOfApplication(situation: Situation, type: 'web' | 'spa') {
  const party = await partyOf(situation, type)
  const verifier = randomBytes(32).toString('base64url')
  const { at } = await unheard(situation.app)
    .browser(situation.ada.cookie)
    .follow(addressFor(party.id, {}, verifier))
  const code = at.searchParams.get('code')
  if (code === null) throw new Error(`no code: ${at}`)
  const form: Record<string, string> = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: CALLBACK,
    client_id: party.id,
    ...(party.secret === undefined ? {} : { client_secret: party.secret }),
  }
  return { party, form }
}

/** Tokens for Ada. */
export async function tokensOfApplication(situation: Situation, type: 'web' | 'spa') {
  const { party, form } = await codeOfApplication(situation, type)
  const { body } = await posting(situation.app, '/oidc/token', form)
  if (typeof body.access_token !== 'string') throw new Error(`no tokens: ${JSON.stringify(body)}`)
  return { party, accessToken: body.access_token as string, refreshToken: body.refresh_token as string }
}

/** A device code that Ada let in, and the form that exchanges it. */
export async function deviceCodeOf(situation: Situation): Promise<Record<string, string>> {
  const { app, ada } = situation
  const { id } = await partyOf(situation, 'device')
  const started = await posting(app, '/oidc/device/authorize', { client_id: id, scope: 'openid' })
  const browser = unheard(app).browser(ada.cookie)
  const secretOf = (html: string) => /name="xsrf" value="([^"]+)"/.exec(html)?.[1] ?? ''
  const page = await (await browser.follow('/oidc/device')).answer.text()
  const { user_code } = started.body
  const asked = await browser.follow('/oidc/device', { form: { xsrf: secretOf(page), user_code } })
  const xsrf = secretOf(await asked.answer.text())
  await browser.follow('/oidc/device', { form: { xsrf, user_code, confirm: 'yes' } })
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: started.body.device_code,
    client_id: id,
  }
}

/** What an administrator agreed to hand to an application of somebody else's. */
export async function seedConsent(app: TestApp, { admin }: World): Promise<{ client: string }> {
  const { id, uuid: clientId } = await register(app, { isFirstParty: false })
  const { organizationId, userId } = admin.member
  await app.ownerDb.transaction('sign-on', (tx) =>
    tx
      .insertInto('signOnConsents')
      .values({ organizationId, userId, clientId, scopes: ['email'], givenAt: app.clock.now() })
      .execute(),
  )
  return { client: id }
}

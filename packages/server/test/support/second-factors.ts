/**
 * People with second factors, set up through the API as they would.
 *
 * @module
 */
import { createHmac } from 'node:crypto'
import type { App } from '../../src/app.ts'
import { type Answer, send, type TestApp, type Tokens } from './app.ts'
import { SoftwareAuthenticator } from './authenticator.ts'

export interface TotpUser {
  /** Base32. */
  readonly secret: string
  readonly recoveryCodes: readonly string[]
  /** The code of now, or of so many steps from now. */
  code(steps?: number): string
}

/**
 * Sets up an authenticator app for whoever is signed in, and waits for its next code: the first one is spent.
 * `as`: an access token, so that the session keeps it.
 */
export async function enrolTotp(app: TestApp, as: Tokens | string): Promise<TotpUser> {
  const begun = await app.request('POST', '/me/mfa/totp', { as })
  const { secret } = expectAnswer(begun, 200)
  const code = (steps = 0) => totp(secret, app.clock.now(), steps)
  const confirmed = await app.request('POST', '/me/mfa/totp/confirm', { as, body: { code: code() } })
  const { recoveryCodes } = expectAnswer(confirmed, 200)
  app.clock.advance(60)
  return { secret, recoveryCodes: recoveryCodes ?? [], code }
}

export interface PasskeyUser {
  readonly authenticator: SoftwareAuthenticator
  /** As the API spells it. */
  readonly id: string
  readonly recoveryCodes: readonly string[]
}

/** Adds a passkey for whoever is signed in. */
export async function enrolPasskey(
  app: TestApp,
  as: Tokens | string,
  { name = 'Key', authenticator = new SoftwareAuthenticator() } = {},
): Promise<PasskeyUser> {
  const { challenge, options } = expectAnswer(await app.request('POST', '/me/passkeys', { as }), 200)
  const body = { challenge, name, response: authenticator.create(options) }
  const finished = await app.request('POST', '/me/passkeys/finish', { as, body })
  const { passkey, recoveryCodes } = expectAnswer(finished, 201)
  return { authenticator, id: passkey.id, recoveryCodes: recoveryCodes ?? [] }
}

/** What whoever is signed in sends as the proof of a passkey of theirs. */
export async function passkeyAnswer(server: App, as: Tokens | string, authenticator: SoftwareAuthenticator) {
  const { challenge, options } = expectAnswer(
    await send(server, 'POST', '/auth/step-up/passkey', { as }),
    200,
  )
  return { challenge, response: authenticator.get(options) }
}

/** RFC 6238, written apart from the server's: what an authenticator app shows. */
export function totp(secret: string, now: Date, steps = 0): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(now.getTime() / 30_000) + steps))
  const mac = createHmac('sha1', base32(secret)).update(counter).digest()
  const offset = mac.at(-1)! & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

function base32(text: string): Buffer {
  let bits = ''
  for (const letter of text)
    bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)))
}

function expectAnswer(answer: Answer, status: number) {
  if (answer.status !== status) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

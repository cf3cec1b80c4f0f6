import { randomBytes } from 'node:crypto'
import {
  generateAuthenticationOptions,
  type PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import type { Ctx, Tx } from '#platform/context'
import { newId, type Uuid } from '#platform/ids'
import { relyingPartyOf } from '../model/relying-party.ts'
import { passkeysOf } from '../queries.ts'
import { insertPasskeyChallenge, type Purpose } from '../store/passkeys.ts'

/** Time to find the key, touch it, and type its PIN. */
export const CHALLENGE_SECONDS = 300

export interface PasskeyQuestion {
  /** Names the question in the answer; also in `options`. */
  readonly challenge: string
  /** For `navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })`. */
  readonly options: PublicKeyCredentialRequestOptionsJSON
}

/**
 * Asks for a passkey: of an account, as its second factor; or of anybody (`userId` undefined), as a sign-in without a
 * name, for which the authenticator must verify its user. The question is good once, for five minutes.
 */
export async function beginPasskeyProof(ctx: Ctx, userId: Uuid | undefined): Promise<PasskeyQuestion> {
  return ctx.db.transaction(userId === undefined ? 'passkey' : `account:${userId}`, async (tx) => {
    const known = userId === undefined ? [] : await passkeysOf(tx, userId)
    const challenge = await newChallenge(ctx, tx, userId, userId === undefined ? 'sign_in' : 'second_factor')
    const options = await generateAuthenticationOptions({
      rpID: relyingPartyOf(ctx.services.publicUrl).id,
      challenge,
      timeout: CHALLENGE_SECONDS * 1000,
      userVerification: userId === undefined ? 'required' : 'preferred',
      // None named: the authenticator offers those it holds for this site.
      allowCredentials: known.map(({ credentialId, transports }) => ({
        id: credentialId.toString('base64url'),
        transports,
      })),
    })
    return { challenge: options.challenge, options }
  })
}

/** The bytes to sign. Scope: the account, or `passkey` without one. */
export async function newChallenge(
  ctx: Ctx,
  tx: Tx,
  userId: Uuid | undefined,
  purpose: Purpose,
): Promise<Uint8Array<ArrayBuffer>> {
  const challenge = randomBytes(32)
  const createdAt = ctx.now()
  await insertPasskeyChallenge(tx, {
    id: newId(createdAt),
    userId: userId ?? null,
    purpose,
    challenge,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + CHALLENGE_SECONDS * 1000),
  })
  return Uint8Array.from(challenge)
}

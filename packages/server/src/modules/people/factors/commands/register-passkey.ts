import {
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type RegistrationResponseJSON,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { holdOwnAccount, inEachOrganization, userOf } from '#people/identity'
import type { Ctx } from '#platform/context'
import { newId } from '#platform/ids'
import { errors, events, mails } from '../catalog.ts'
import { bytesOf, handleOf, relyingPartyOf } from '../model/relying-party.ts'
import { factorsOf, hasFactor, type PasskeyRow, passkeysOf } from '../queries.ts'
import { insertPasskey, spendPasskeyChallenge } from '../store/passkeys.ts'
import { CHALLENGE_SECONDS, newChallenge } from './begin-passkey-proof.ts'
import { productName } from './enrol-totp.ts'
import { type Enrolled, finishEnrolment } from './finish-enrolment.ts'
import { demandFreshSignIn, demandPermitted, demandSecondFactor, refuse } from './guard-change.ts'

const MOST_PASSKEYS = 20
/** EdDSA, ES256, RS256: what authenticators in use make (IANA COSE algorithms). */
const ALGORITHMS = [-8, -7, -257]

export interface RegistrationQuestion {
  readonly challenge: string
  /** For `navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })`. */
  readonly options: PublicKeyCredentialCreationOptionsJSON
}

/**
 * Asks an authenticator for a new passkey: discoverable, so that it can sign in without a name; its user verified where
 * it can; without attestation, since any model will do.
 *
 * @throws `factors.not_permitted`, `factors.too_many_passkeys`, `forbidden` without a fresh sign-in
 */
export async function beginPasskey(ctx: Ctx): Promise<RegistrationQuestion> {
  demandPermitted(ctx, 'passkey')
  await demandFreshSignIn(ctx)
  const { userId } = userOf(ctx)
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const account = await holdOwnAccount(ctx, tx)
    await demandSecondFactor(ctx, tx)
    const known = await passkeysOf(tx, userId)
    if (known.length >= MOST_PASSKEYS) throw errors.too_many_passkeys({ most: MOST_PASSKEYS })
    const challenge = await newChallenge(ctx, tx, userId, 'register')
    const event = events.begun({ target: { type: 'user', id: userId }, data: { factor: 'passkey' } })
    await inEachOrganization(ctx, tx, userId, (there) => there.record(tx, event))
    const options = await generateRegistrationOptions({
      rpName: productName(ctx, account.locale),
      rpID: relyingPartyOf(ctx.services.publicUrl).id,
      userName: account.email,
      userDisplayName: account.name || account.email,
      userID: handleOf(userId),
      challenge,
      timeout: CHALLENGE_SECONDS * 1000,
      attestationType: 'none',
      excludeCredentials: known.map(({ credentialId, transports }) => ({
        id: credentialId.toString('base64url'),
        transports,
      })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
      supportedAlgorithmIDs: ALGORITHMS,
    })
    return { challenge: options.challenge, options }
  })
}

export interface PasskeyRegistration {
  readonly challenge: string
  readonly name: string
  readonly response: RegistrationResponseJSON
}

/**
 * Registers the passkey that an authenticator made (WebAuthn Level 3, section 7.1). The question is spent whatever comes
 * of it.
 *
 * @throws `factors.passkey_refused`, `factors.passkey_known`, `factors.too_many_passkeys`, `forbidden` without a fresh sign-in
 */
export async function registerPasskey(
  ctx: Ctx,
  registration: PasskeyRegistration,
): Promise<Enrolled & { passkey: PasskeyRow }> {
  demandPermitted(ctx, 'passkey')
  await demandFreshSignIn(ctx)
  const { userId } = userOf(ctx)
  const made = await verify(ctx, registration)
  if (!made) throw await refuse(ctx, 'passkey_refused', errors.passkey_refused())
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const account = await holdOwnAccount(ctx, tx)
    await demandSecondFactor(ctx, tx)
    const before = await factorsOf(tx, userId)
    if (before.passkeys >= MOST_PASSKEYS) throw errors.too_many_passkeys({ most: MOST_PASSKEYS })
    const createdAt = ctx.now()
    const passkey = { ...made, userId, id: newId(createdAt), name: registration.name, createdAt }
    if (!(await insertPasskey(tx, passkey))) throw errors.passkey_known()
    const enrolled = await finishEnrolment(ctx, tx, {
      method: 'passkey',
      event: events.enrolled({
        target: { type: 'passkey', id: passkey.id },
        data: { factor: 'passkey' },
        personal: { name: passkey.name },
      }),
      mail: mails.passkey_added(account, { name: passkey.name }),
      isFirst: !hasFactor(before),
    })
    return { ...enrolled, passkey: { ...passkey, lastUsedAt: null } }
  })
}

async function verify(ctx: Ctx, { challenge, response }: PasskeyRegistration) {
  const { userId } = userOf(ctx)
  const bytes = bytesOf(challenge)
  const isAsked =
    bytes !== undefined &&
    (await ctx.db.transaction(`account:${userId}`, (tx) =>
      spendPasskeyChallenge(tx, { challenge: bytes, purpose: 'register', userId }, ctx.now()),
    ))
  if (!isAsked) return undefined
  const { id, origin } = relyingPartyOf(ctx.services.publicUrl)
  const verified = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: id,
    requireUserVerification: false,
    supportedAlgorithmIDs: ALGORITHMS,
    // The library throws for whatever is not as it should be; all of it is one refusal.
  }).catch(() => undefined)
  if (!verified?.verified) return undefined
  const { credential, credentialBackedUp, aaguid } = verified.registrationInfo
  return {
    credentialId: Buffer.from(credential.id, 'base64url'),
    publicKey: Buffer.from(credential.publicKey),
    signCount: credential.counter,
    transports: [...(response.response.transports ?? [])],
    isBackedUp: credentialBackedUp,
    aaguid: aaguid === NO_MODEL ? null : aaguid,
  }
}

/** An authenticator that does not say which model it is. */
const NO_MODEL = '00000000-0000-0000-0000-000000000000'

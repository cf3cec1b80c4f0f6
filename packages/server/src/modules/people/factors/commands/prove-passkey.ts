import { type AuthenticationResponseJSON, verifyAuthenticationResponse } from '@simplewebauthn/server'
import type { CompiledPolicy } from '@writ/policy'
import { organizationsOf } from '#people/identity'
import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { isTaken, opensAlone } from '../model/permitted.ts'
import { bytesOf, handleOf, relyingPartyOf } from '../model/relying-party.ts'
import { type PasskeyRow, passkeysOf } from '../queries.ts'
import { accountOfPasskey, savePasskeyUse, spendPasskeyChallenge } from '../store/passkeys.ts'
import { noteRefusal } from './note-refusal.ts'

/** What a browser answers to a question of `beginPasskeyProof`. */
export interface PasskeyAnswer {
  readonly challenge: string
  readonly response: AuthenticationResponseJSON
}

/**
 * `stale_challenge`: asked of somebody else, for something else, answered before, or too late. `unknown_passkey`: nobody's,
 * or another account's. `bad_signature`: also another site, or no user verified. `cloned_passkey`: its counter went back.
 */
export type PasskeyRefusal =
  | 'not_permitted'
  | 'stale_challenge'
  | 'unknown_passkey'
  | 'bad_signature'
  | 'cloned_passkey'

export type PasskeyProof =
  | {
      readonly result: 'right'
      readonly userId: Uuid
      readonly passkeyId: Uuid
      readonly userVerified: boolean
    }
  | { readonly result: 'refused'; readonly reason: PasskeyRefusal; readonly userId: Uuid | undefined }

export interface PasskeyInput extends PasskeyAnswer {
  /** Whose second factor it is to be; undefined: a sign-in without a name. */
  readonly userId?: Uuid | undefined
  /** Of the organization that is signed in to. Default: `ctx.policy`. */
  readonly policy?: CompiledPolicy
}

/**
 * Verifies a passkey's answer (WebAuthn Level 3, section 7.2): for this origin and relying party, to a question that was
 * asked of this account, for this purpose, in the last five minutes. Whatever comes of it, the question is spent first,
 * by one conditional update. A sign-in of its own takes `passkey` in
 * `authentication.methods`, and its user verified.
 *
 * A signature counter that does not grow is refused: the key may have been cloned. Refusals are in the log of each of the
 * account's organizations; of a key that nobody has, nothing is to be said.
 */
export async function provePasskey(ctx: Ctx, input: PasskeyInput): Promise<PasskeyProof> {
  const proven = await prove(ctx, input)
  if (typeof proven === 'object') return proven
  const userId = input.userId ?? (await ownerOf(ctx, input.response))
  await note(ctx, userId, proven)
  return { result: 'refused', reason: proven, userId }
}

async function prove(
  ctx: Ctx,
  input: PasskeyInput,
): Promise<Extract<PasskeyProof, { result: 'right' }> | PasskeyRefusal> {
  const { challenge, response, policy = ctx.policy } = input
  const { authentication } = policy.policy
  const isSignIn = input.userId === undefined
  if (!(isSignIn ? opensAlone(authentication) : isTaken(authentication, 'passkey'))) return 'not_permitted'
  if (!(await spend(ctx, input.userId, challenge))) return 'stale_challenge'
  const userId = input.userId ?? (await ownerOf(ctx, response))
  if (userId === undefined || !isHandleOf(userId, response, isSignIn)) return 'unknown_passkey'
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const passkey = (await passkeysOf(tx, userId)).find(
      ({ credentialId }) => credentialId.toString('base64url') === response.id,
    )
    if (!passkey) return 'unknown_passkey'
    const verified = await verify(ctx, challenge, response, passkey, isSignIn)
    if (!verified) return 'bad_signature'
    const { newCounter: signCount, credentialBackedUp: isBackedUp, userVerified } = verified
    if (!(await savePasskeyUse(tx, passkey.id, { signCount, isBackedUp }, ctx.now()))) return 'cloned_passkey'
    return { result: 'right', userId, passkeyId: passkey.id, userVerified }
  })
}

function spend(ctx: Ctx, userId: Uuid | undefined, text: string): Promise<boolean> {
  const challenge = bytesOf(text)
  if (challenge === undefined) return Promise.resolve(false)
  const purpose = userId === undefined ? 'sign_in' : 'second_factor'
  return ctx.db.transaction(userId === undefined ? 'passkey' : `account:${userId}`, (tx) =>
    spendPasskeyChallenge(tx, { challenge, purpose, userId: userId ?? null }, ctx.now()),
  )
}

async function ownerOf(ctx: Ctx, { id }: AuthenticationResponseJSON): Promise<Uuid | undefined> {
  const credentialId = bytesOf(id)
  return credentialId && ctx.db.transaction('passkey', (tx) => accountOfPasskey(tx, credentialId))
}

/** Section 7.2 step 6: the handle that the authenticator keeps must be the account's; a sign-in without a name needs it. */
function isHandleOf(userId: Uuid, { response }: AuthenticationResponseJSON, isNeeded: boolean): boolean {
  if (response.userHandle === undefined) return !isNeeded
  return response.userHandle === Buffer.from(handleOf(userId)).toString('base64url')
}

async function verify(
  ctx: Ctx,
  expectedChallenge: string,
  response: AuthenticationResponseJSON,
  passkey: PasskeyRow,
  requireUserVerification: boolean,
) {
  const { id, origin } = relyingPartyOf(ctx.services.publicUrl)
  const answer = verifyAuthenticationResponse({
    response,
    expectedChallenge,
    expectedOrigin: origin,
    expectedRPID: id,
    requireUserVerification,
    // The counter is compared by the update that saves it: two at once would both pass here.
    credential: { id: response.id, publicKey: Uint8Array.from(passkey.publicKey), counter: 0 },
  })
  // The library throws for whatever is not as it should be; all of it is one refusal.
  const { verified, authenticationInfo } = await answer.catch(() => ({
    verified: false as const,
    authenticationInfo: undefined,
  }))
  return verified ? authenticationInfo : undefined
}

async function note(ctx: Ctx, userId: Uuid | undefined, reason: PasskeyRefusal): Promise<void> {
  // Anyone could fill a log with keys that nobody has.
  if (userId === undefined) return
  const organizations = await ctx.db.transaction(`account:${userId}`, (tx) => organizationsOf(tx, userId))
  await noteRefusal(ctx, userId, organizations, { factor: 'passkey', reason })
}

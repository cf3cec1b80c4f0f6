/** Fields of bodies and answers that several routes share; what WebAuthn's JSON is like (Level 3, sections 5.1.8 and 5.1.10). @module */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { z } from 'zod'
import { nameField, passwordField } from '#people/identity'
import type { Owed } from '#platform/context'
import type { RemovalProof } from '../commands/guard-change.ts'
import type { FactorProof } from '../commands/prove-factor.ts'

/** Open to who must enrol before anything else. */
export const TO_ENROL: readonly Owed[] = ['second_factor_enrolment']

/** Six digits, as typed: with spaces, too. */
export const codeField = z.string().min(1).max(20)
export const recoveryCodeField = z.string().min(1).max(100)
export const passkeyNameField = nameField.pipe(z.string().min(1, 'should not be empty').max(100))

/** As `options.challenge` has it. */
export const challengeField = z.string().min(1).max(100)

const bytes = z
  .string()
  .min(1)
  .max(20_000)
  .regex(/^[\w-]+$/, 'should be base64url')

const credential = {
  id: bytes.max(2000),
  rawId: bytes.max(2000),
  type: z.literal('public-key'),
  authenticatorAttachment: z.string().max(100).nullish(),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
}

/** `PublicKeyCredential.toJSON()` of an answer to `navigator.credentials.get`. */
export const assertionField = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: bytes,
      authenticatorData: bytes,
      signature: bytes,
      userHandle: z.string().max(200).nullish(),
    }),
  })
  .transform(({ response, ...rest }): AuthenticationResponseJSON => {
    const { userHandle, ...signed } = response
    return {
      ...asKnown(rest),
      // An empty handle is none: some browsers send it for null.
      response: userHandle ? { ...signed, userHandle } : signed,
    }
  })

/** The same of an answer to `navigator.credentials.create`. */
export const attestationField = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: bytes,
      attestationObject: bytes,
      transports: z.array(z.string().max(40)).max(20).optional(),
    }),
  })
  .transform(({ response, ...rest }): RegistrationResponseJSON => {
    const { transports, ...made } = response
    return { ...asKnown(rest), response: transports ? { ...made, transports } : made }
  })

function asKnown({ id, rawId, type }: { id: string; rawId: string; type: 'public-key' }) {
  return { id, rawId, type, clientExtensionResults: {} }
}

/** An answer of a passkey and the question that it answers. */
export const passkeyAnswerField = z.strictObject({ challenge: challengeField, response: assertionField })

/** What removing a factor may take; the policy says which. */
export const removalBody = z.strictObject({
  password: passwordField.optional(),
  code: codeField.optional().describe('Of the authenticator app'),
  recoveryCode: recoveryCodeField.optional(),
  passkey: passkeyAnswerField.optional().describe('Asked for by /auth/step-up/passkey'),
})

export function removalProof({
  password,
  code,
  recoveryCode,
  passkey,
}: z.output<typeof removalBody>): RemovalProof {
  let factor: FactorProof | undefined
  if (code !== undefined) factor = { method: 'totp', code }
  else if (passkey !== undefined) factor = { method: 'passkey', ...passkey }
  else if (recoveryCode !== undefined) factor = { method: 'recovery_code', code: recoveryCode }
  return { password, factor }
}

export const recoveryCodesShape = z
  .array(z.string())
  .nullable()
  .describe('Shown this once; null: those made with the first factor hold')

/** What the browser is handed, as it is. */
export const optionsShape = z.record(z.string(), z.unknown())

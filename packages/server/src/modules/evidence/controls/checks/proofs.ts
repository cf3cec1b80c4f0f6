/** Every control that is measured. @module */
import { authenticationProofs } from './authentication.ts'
import { membershipProofs } from './membership.ts'
import type { Proof } from './proof.ts'

export const proofs: ReadonlyMap<string, Proof> = new Map(
  [...authenticationProofs, ...membershipProofs].map((proof) => [proof.control, proof]),
)

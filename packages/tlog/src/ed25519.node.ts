/** Ed25519 (RFC 8032) through `node:crypto`; async only so that the browser's form is the same. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/** RFC 8410: what precedes the 32 key bytes in PKCS #8. */
const PKCS8_PREFIX = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]
/** RFC 8410: what precedes the 32 key bytes in a SubjectPublicKeyInfo. */
const SPKI_PREFIX = [48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0]

/** The 32-byte public key of a 32-byte seed. */
export async function ed25519PublicKey(seed: Uint8Array): Promise<Uint8Array> {
  const der = createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' })
  return Uint8Array.from(der.subarray(SPKI_PREFIX.length))
}

/** A function which signs with `seed`; the key is imported once. */
export async function ed25519Sign(seed: Uint8Array): Promise<(message: Uint8Array) => Promise<Uint8Array>> {
  const key = privateKey(seed)
  return async (message) => Uint8Array.from(sign(null, message, key))
}

/** A function which verifies with the 32-byte `publicKey`; false for any wrong signature. */
export async function ed25519Verify(
  publicKey: Uint8Array,
): Promise<(message: Uint8Array, signature: Uint8Array) => Promise<boolean>> {
  const der = Buffer.from([...SPKI_PREFIX, ...publicKey])
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  return async (message, signature) => verify(null, message, key, signature)
}

function privateKey(seed: Uint8Array): KeyObject {
  const der = Buffer.from([...PKCS8_PREFIX, ...seed])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

/** Ed25519 (RFC 8032) through WebCrypto. */
import { fromBase64Url } from './bytes.ts'

/** RFC 8410: what precedes the 32 key bytes in PKCS #8. */
const PKCS8_PREFIX = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]

/** The 32-byte public key of a 32-byte seed. */
export async function ed25519PublicKey(seed: Uint8Array): Promise<Uint8Array> {
  // WebCrypto has no call that derives a public key; the exported JWK carries it (RFC 8037 section 2).
  const jwk = await crypto.subtle.exportKey('jwk', await privateKey(seed, true))
  return fromBase64Url(jwk.x ?? '')
}

/** A function which signs with `seed`; the key is imported once. */
export async function ed25519Sign(seed: Uint8Array): Promise<(message: Uint8Array) => Promise<Uint8Array>> {
  const key = await privateKey(seed, false)
  return async (message) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, Uint8Array.from(message)))
}

/** A function which verifies with the 32-byte `publicKey`; false for any wrong signature. */
export async function ed25519Verify(
  publicKey: Uint8Array,
): Promise<(message: Uint8Array, signature: Uint8Array) => Promise<boolean>> {
  const key = await crypto.subtle.importKey('raw', Uint8Array.from(publicKey), 'Ed25519', false, ['verify'])
  return (message, signature) =>
    crypto.subtle.verify('Ed25519', key, Uint8Array.from(signature), Uint8Array.from(message))
}

function privateKey(seed: Uint8Array, extractable: boolean): Promise<CryptoKey> {
  const pkcs8 = Uint8Array.from([...PKCS8_PREFIX, ...seed])
  return crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', extractable, ['sign'])
}

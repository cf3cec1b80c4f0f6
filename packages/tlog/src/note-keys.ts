/** Ed25519 keys for signed notes: https://c2sp.org/signed-note, signature type 0x01. */
import { ed25519PublicKey, ed25519Sign, ed25519Verify } from '#ed25519'
import { sha256 } from '#sha256'
import { concatBytes, fromBase64, toBase64, toUtf8 } from './bytes.ts'
import { TlogError } from './errors.ts'

/** Signs note text in one key's name. Implement it to sign with a key kept elsewhere (KMS, HSM). */
export interface NoteSigner {
  readonly name: string
  readonly keyId: number
  sign(message: Uint8Array): Promise<Uint8Array>
}

/** Verifies note signatures of one key. `verify` answers false to any wrong signature, never throws for it. */
export interface NoteVerifier {
  readonly name: string
  readonly keyId: number
  verify(message: Uint8Array, signature: Uint8Array): Promise<boolean>
}

const ED25519 = 1
const KEY_SIZE = 32
const SIGNATURE_SIZE = 64

/** Non-empty, without spaces, plus signs, control characters or lone surrogates. */
export function isKeyName(name: string): boolean {
  return name.length > 0 && name.isWellFormed() && !/[\p{White_Space}+\u0000-\u001f]/u.test(name)
}

/** The first four bytes of SHA-256(name || 0x0A || 0x01 || public key), as a number. */
export function noteKeyId(name: string, publicKey: Uint8Array): number {
  const digest = sha256(concatBytes(toUtf8(`${name}\n`), Uint8Array.of(ED25519), publicKey))
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0)
}

/** The text by which a key is published and pinned: `name+keyId+base64(0x01 || public key)`. */
export function formatVerifierKey(name: string, publicKey: Uint8Array): string {
  requireKey(name, publicKey, 'public key')
  const id = noteKeyId(name, publicKey).toString(16).padStart(8, '0')
  return `${name}+${id}+${toBase64(concatBytes(Uint8Array.of(ED25519), publicKey))}`
}

/** @throws `tlog.key_malformed` also when the key id is not that of the name and key. */
export function parseVerifierKey(text: string): { name: string; keyId: number; publicKey: Uint8Array } {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text)
  if (!parts) throw malformed('it is not "name+keyId+base64"')
  const [, name = '', id = '', encoded = ''] = parts
  const bytes = decodeKey(encoded)
  if (bytes[0] !== ED25519) throw malformed(`its type is ${bytes[0]}; only Ed25519 (1) is supported`)
  const publicKey = bytes.subarray(1)
  requireKey(name, publicKey, 'public key')
  const keyId = noteKeyId(name, publicKey)
  if (keyId !== Number.parseInt(id, 16)) throw malformed('its key id does not belong to its name and key')
  return { name, keyId, publicKey }
}

/** A verifier from the published text of a key. @throws `tlog.key_malformed` */
export async function noteVerifier(verifierKey: string): Promise<NoteVerifier> {
  const { name, keyId, publicKey } = parseVerifierKey(verifierKey)
  const verify = await ed25519Verify(publicKey)
  return {
    name,
    keyId,
    verify: async (message, signature) =>
      signature.length === SIGNATURE_SIZE && (await verify(message, signature)),
  }
}

/** A signer from the 32 secret bytes of an Ed25519 key (RFC 8032), with the key to publish for it. */
export async function noteSigner(
  name: string,
  seed: Uint8Array,
): Promise<NoteSigner & { readonly verifierKey: string }> {
  requireKey(name, seed, 'seed')
  const publicKey = await ed25519PublicKey(seed)
  const sign = await ed25519Sign(seed)
  return {
    name,
    keyId: noteKeyId(name, publicKey),
    sign,
    verifierKey: formatVerifierKey(name, publicKey),
  }
}

function requireKey(name: string, key: Uint8Array, what: string): void {
  if (!isKeyName(name)) throw malformed('its name is empty or has a space, a plus or a control character')
  if (key.length !== KEY_SIZE) throw malformed(`its ${what} has ${key.length} bytes, not ${KEY_SIZE}`)
}

function decodeKey(encoded: string): Uint8Array {
  try {
    return fromBase64(encoded)
  } catch (cause) {
    throw new TlogError('tlog.key_malformed', 'Not a note key: its last part is not base64.', { cause })
  }
}

function malformed(why: string): TlogError {
  return new TlogError('tlog.key_malformed', `Not a note key: ${why}.`)
}

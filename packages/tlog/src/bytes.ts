import { TlogError } from './errors.ts'

const encoder = new TextEncoder()
// `ignoreBOM` keeps a leading U+FEFF: dropping it would let two byte strings read as one text.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; i++) VALUES[ALPHABET.charCodeAt(i)] = i

/** UTF-8 of a string. A lone surrogate becomes U+FFFD, so refuse those before when bytes are signed. */
export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** @throws `tlog.bad_encoding` when the bytes are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new TlogError('tlog.bad_encoding', 'The text is not valid UTF-8.', { cause })
  }
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** Standard base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]!
    text += (left > 1 ? ALPHABET[(group >> 6) & 63]! : '=') + (left > 2 ? ALPHABET[group & 63]! : '=')
  }
  return text
}

/**
 * Decodes exactly what {@link toBase64} writes: padded, no spaces, spare bits zero, so that one byte
 * string has one text.
 *
 * @throws `tlog.bad_encoding`
 */
export function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) throw badBase64('its length is not a multiple of 4')
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < digits; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? -1
    if (value < 0) throw badBase64(`character ${i + 1} is outside the alphabet`)
    bits = ((bits << 6) | value) & 0xffff
    held += 6
    if (held < 8) continue
    held -= 8
    bytes[at++] = bits >> held
  }
  if ((bits & ((1 << held) - 1)) !== 0) throw badBase64('its unused bits are not zero')
  return bytes
}

/** Base64url without padding (RFC 4648 section 5), as keys in a JWK are written. */
export function fromBase64Url(text: string): Uint8Array {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/')
  return fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='))
}

function badBase64(why: string): TlogError {
  return new TlogError('tlog.bad_encoding', `Not standard padded base64 (RFC 4648 section 4): ${why}.`)
}

/** Recovery codes: 120 random bits in letters that nobody confuses. Pure. @module */
import { randomBytes } from 'node:crypto'
import { sha256 } from '#platform/crypto'

/** Crockford's base32: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CHARACTERS = 24
const GROUP = 4

/** One as it is shown: `7K2M-…`, six groups of four. */
export function newRecoveryCode(): string {
  // 32 divides 256, so every letter is as likely as every other.
  const letters = Array.from(randomBytes(CHARACTERS), (byte) => ALPHABET[byte & 31]!)
  return letters.join('').replace(new RegExp(`(.{${GROUP}})(?!$)`, 'g'), '$1-')
}

/** The hash that is kept, of a code however it was typed: lower case, without dashes, O for 0, I or L for 1. */
export function hashOf(typed: string): Buffer {
  const code = typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  return sha256(`recovery-code:${code}`)
}

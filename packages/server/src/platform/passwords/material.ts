/**
 * What bcrypt is given for a password, and how the result is stored. Pure.
 *
 * @module
 */
import { createHmac } from 'node:crypto'

/** In UTF-16 units, as JSON Schema and zod count. Bounds the work of normalizing, nothing else. */
export const MAX_PASSWORD_LENGTH = 1_024

/** bcrypt reads this many bytes and ignores the rest. */
const BCRYPT_BYTES = 72

/**
 * Marks a stored value whose bcrypt is of a prehash. bcrypt's own values begin with `$`, so no value can be read both
 * ways: a short password that happens to be the prehash of a long one does not open its account.
 */
const LONG = 'hmac-sha256:'

/** A fixed key, not a secret: it keeps the prehash from being the plain SHA-256 that other leaks are full of. */
const PREHASH_KEY = 'writ/long-password'

/**
 * The one spelling of a password: RFC 8265 section 4.2.2 (OpaqueString). Other spaces become U+0020, then NFC, so that
 * é typed as one character or as two is one password. NFKC would also join what a person typed apart (² and 2).
 */
export function normalizePassword(password: string): string {
  return password.replace(/\p{Zs}/gu, ' ').normalize('NFC')
}

/** Input for a new hash. */
export function prepareNew(password: string): { input: Buffer; isLong: boolean } {
  const bytes = Buffer.from(normalizePassword(password), 'utf8')
  const isLong = bytes.length > BCRYPT_BYTES || bytes.includes(0)
  return { input: isLong ? prehash(bytes) : bytes, isLong }
}

/** Input for the comparison with a stored value. `canMatch` is false where the forms differ; the work is done all the same. */
export function prepareStored(
  password: string,
  stored: string,
): { input: Buffer; hash: string; canMatch: boolean } {
  const { input, isLong } = prepareNew(password)
  const storedLong = stored.startsWith(LONG)
  return { input, hash: storedLong ? stored.slice(LONG.length) : stored, canMatch: isLong === storedLong }
}

/** The value to store for a bcrypt result. */
export function store(hash: string, isLong: boolean): string {
  return isLong ? LONG + hash : hash
}

/** Whether a stored value was made more cheaply than the policy now says. */
export function needsRehash(stored: string, cost: number): boolean {
  const made = costOf(stored)
  return made === undefined || made < cost
}

function costOf(stored: string): number | undefined {
  const match = /^(?:hmac-sha256:)?\$2[aby]\$(\d\d)\$/.exec(stored)
  return match ? Number(match[1]) : undefined
}

/**
 * What is to be compared with as well, so that a stored value of a lower cost takes as long to refuse as one of `cost`.
 * bcrypt's work doubles with each step: 2^c and all of 2^c, 2^(c+1) … 2^(cost-1) are 2^cost.
 */
export function fillersFor(stored: string, cost: number): string[] {
  const made = costOf(stored) ?? cost
  return Array.from({ length: Math.max(0, cost - made) }, (_, i) => unmatchableHash(made + i))
}

/**
 * A hash of no password (of 32 random bytes that were thrown away) at a given cost. Comparing with it takes what a
 * comparison with an account's own takes, so time does not tell which addresses have an account.
 */
export function unmatchableHash(cost: number): string {
  return `$2y$${String(cost).padStart(2, '0')}$R8Mgkj4EPHKZIDRiuFg1/uHuGGjzErAgoj2xkp9Nnzy6dDNxTEiJC`
}

/** 44 characters of base64: no NUL, which would end bcrypt's input, and below 72 bytes. */
function prehash(bytes: Buffer): Buffer {
  return Buffer.from(createHmac('sha256', PREHASH_KEY).update(bytes).digest('base64'), 'ascii')
}

import { sha256, sha256Into } from '#sha256'
import { TlogError } from './errors.ts'

/** 32 bytes. Treat as immutable: hashes are shared, never copied. */
export type Hash = Uint8Array

export const HASH_SIZE = 32

const encoder = new TextEncoder()
// Scratch space for `prefix || data`. Safe to share: every use is synchronous and ends with the hash.
let leafInput = new Uint8Array(4096)
const nodeInput = new Uint8Array(1 + 2 * HASH_SIZE)
nodeInput[0] = 1

/** SHA-256(0x00 || data): the hash of an entry (RFC 9162 section 2.1.1). Text is hashed as UTF-8. */
export function leafHash(data: Uint8Array | string): Hash {
  // UTF-8 needs at most three bytes for each UTF-16 unit.
  const needed = 1 + (typeof data === 'string' ? data.length * 3 : data.length)
  if (leafInput.length < needed) leafInput = new Uint8Array(needed * 2)
  leafInput[0] = 0
  let length = data.length
  if (typeof data === 'string') length = encoder.encodeInto(data, leafInput.subarray(1)).written
  else leafInput.set(data, 1)
  return sha256(leafInput.subarray(0, 1 + length))
}

/** SHA-256(0x01 || left || right): the hash of an inner node (RFC 9162 section 2.1.1). */
export function nodeHash(left: Hash, right: Hash): Hash {
  nodeInput.set(left, 1)
  nodeInput.set(right, 1 + HASH_SIZE)
  return sha256(nodeInput)
}

/**
 * {@link nodeHash} of the two hashes which stand one after the other at `offset`, written over the
 * first. It leaves nothing to collect, which keeps memory flat over millions of entries.
 */
export function mergePair(hashes: Uint8Array, offset: number): void {
  for (let i = 0; i < 2 * HASH_SIZE; i++) nodeInput[1 + i] = hashes[offset + i]!
  sha256Into(nodeInput, hashes, offset)
}

/** The root of the tree without entries: SHA-256 of nothing (RFC 9162 section 2.1.1). */
export function emptyRoot(): Hash {
  return sha256(new Uint8Array(0))
}

/** @throws `tlog.bad_argument` unless `hash` is exactly 32 bytes. */
export function requireHash(hash: Hash, what: string): void {
  if (hash instanceof Uint8Array && hash.length === HASH_SIZE) return
  throw new TlogError('tlog.bad_argument', `${what} must be ${HASH_SIZE} bytes; it has ${hash?.length}.`)
}

/** The largest power of two smaller than `n`, for n > 1: where RFC 9162 section 2.1.1 splits a tree. */
export function splitPoint(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

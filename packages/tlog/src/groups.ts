/**
 * Groups: the 256 entries under one level-0 tile, proven to a root as one.
 *
 * RFC 9162 splits a tree at powers of two, so above its tiles a tree of entries has the very shape of
 * a tree whose leaves are the tiles' heads. A group's proof is an inclusion proof in that smaller tree.
 */
import { toBase64 } from './bytes.ts'
import { TlogError } from './errors.ts'
import { type Hash, nodeHash, splitPoint } from './hashing.ts'
import { type HashReader, inclusionRoot, inclusionSpans, readSpans } from './proof.ts'
import { TILE_WIDTH } from './tiles.ts'

/** Of how many groups a log of `size` entries consists. */
export function groupCount(size: number): number {
  return Math.ceil(size / TILE_WIDTH)
}

/** Proves group `group` of a log of `size`, with one read. */
export function proveGroup(group: number, size: number, read: HashReader): Promise<Hash[]> {
  const spans = inclusionSpans(group, groupCount(size)).map(({ begin, end }) => ({
    begin: begin * TILE_WIDTH,
    end: Math.min(end * TILE_WIDTH, size),
  }))
  return readSpans(spans, read)
}

/** The root to which a group's head and proof lead. @throws `tlog.proof_invalid` on a proof of wrong length. */
export function groupProofRoot(group: number, size: number, head: Hash, proof: readonly Hash[]): Hash {
  return inclusionRoot({ index: group, size: groupCount(size), leaf: head, proof })
}

/** How many hashes the proof of a group has. */
export function groupProofLength(group: number, size: number): number {
  return inclusionSpans(group, groupCount(size)).length
}

/** The tree over one group's entries, from leaf hashes and, at its edges, hashes of whole subtrees. */
export class GroupTree {
  readonly #known = new Map<number, Hash>()
  readonly #texts = new Map<number, string>()
  readonly #width: number

  constructor(width: number) {
    this.#width = width
  }

  /** States the hash of `2^level` entries from `at`, counted within the group. */
  set(level: number, at: number, hash: Hash): void {
    this.#known.set(spanKey(at, at + 2 ** level), hash)
  }

  head(): Hash {
    return this.spanHash(0, this.#width)
  }

  /** The head of the entries `[begin, end)`; every entry below must have been stated, itself or as part of a subtree. */
  spanHash(begin: number, end: number): Hash {
    const key = spanKey(begin, end)
    const known = this.#known.get(key)
    if (known) return known
    if (end - begin === 1) throw new TlogError('tlog.bad_argument', `The group's entry ${begin} has no hash.`)
    const middle = begin + splitPoint(end - begin)
    const hash = nodeHash(this.spanHash(begin, middle), this.spanHash(middle, end))
    this.#known.set(key, hash)
    return hash
  }

  /** {@link spanHash} in base64, encoded once. */
  base64(begin: number, end: number): string {
    const key = spanKey(begin, end)
    const text = this.#texts.get(key) ?? toBase64(this.spanHash(begin, end))
    this.#texts.set(key, text)
    return text
  }
}

function spanKey(begin: number, end: number): number {
  return begin * (TILE_WIDTH + 1) + end
}

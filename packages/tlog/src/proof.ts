/**
 * Inclusion and consistency proofs: RFC 9162 sections 2.1.3 and 2.1.4.
 *
 * Verification throws: a forgotten boolean would be an accepted forgery.
 */

import { equalBytes } from './bytes.ts'
import { coveringNodes, foldRight, type NodeId } from './compact-range.ts'
import { requireCount, TlogError } from './errors.ts'
import { emptyRoot, type Hash, nodeHash, requireHash, splitPoint } from './hashing.ts'

/**
 * Reads hashes of complete subtrees, in the order asked; one call for one proof. It must answer as
 * many as were asked or reject.
 */
export type HashReader = (nodes: readonly NodeId[]) => Promise<readonly Hash[]>

/** Entries `[begin, end)` whose tree head is one hash of a proof. */
export interface Span {
  readonly begin: number
  readonly end: number
}

/** The spans whose heads prove that entry `index` is in the tree of `size`, in proof order (2.1.3.1). */
export function inclusionSpans(index: number, size: number): Span[] {
  requireIndex(index, size)
  const spans: Span[] = []
  let begin = 0
  let end = size
  while (end - begin > 1) {
    const middle = begin + splitPoint(end - begin)
    if (index < middle) {
      spans.push({ begin: middle, end })
      end = middle
    } else {
      spans.push({ begin, end: middle })
      begin = middle
    }
  }
  return spans.reverse()
}

/** The spans whose heads prove that the tree of `from` entries is a prefix of that of `to` (2.1.4.1). */
export function consistencySpans(from: number, to: number): Span[] {
  requireCount(from, 'The first size')
  requireCount(to, 'The second size')
  if (from > to) throw new TlogError('tlog.bad_argument', `A tree of ${from} is no prefix of one of ${to}.`)
  if (from === 0 || from === to) return []
  const spans: Span[] = []
  let begin = 0
  let end = to
  while (end !== from) {
    const middle = begin + splitPoint(end - begin)
    if (from <= middle) {
      spans.push({ begin: middle, end })
      end = middle
    } else {
      spans.push({ begin, end: middle })
      begin = middle
    }
  }
  // The old tree's own root is known to the verifier and left out.
  if (begin !== 0) spans.push({ begin, end })
  return spans.reverse()
}

/** The tree heads of `spans`, with one call of `read`. */
export async function readSpans(spans: readonly Span[], read: HashReader): Promise<Hash[]> {
  const nodes = spans.map((span) => coveringNodes(span.begin, span.end))
  const wanted = nodes.flat()
  const hashes = wanted.length === 0 ? [] : await read(wanted)
  if (hashes.length !== wanted.length) {
    throw new TlogError('tlog.bad_argument', `The reader gave ${hashes.length} of ${wanted.length} hashes.`)
  }
  let at = 0
  return nodes.map((covering) => {
    const head = foldRight(hashes.slice(at, at + covering.length))
    at += covering.length
    return head
  })
}

/** Proves that entry `index` is in the tree of `size`. Reads O(log size) hashes in one call. */
export function proveInclusion(index: number, size: number, read: HashReader): Promise<Hash[]> {
  return readSpans(inclusionSpans(index, size), read)
}

/** Proves that the tree of `from` is a prefix of that of `to`. Reads O(log to) hashes in one call. */
export function proveConsistency(from: number, to: number, read: HashReader): Promise<Hash[]> {
  return readSpans(consistencySpans(from, to), read)
}

/** The tree head of the first `size` entries, from O(log size) stored hashes. */
export async function readRoot(size: number, read: HashReader): Promise<Hash> {
  requireCount(size, 'A tree size')
  const [root] = await readSpans([{ begin: 0, end: size }], read)
  return root!
}

export interface InclusionClaim {
  readonly index: number
  readonly size: number
  readonly leaf: Hash
  readonly proof: readonly Hash[]
}

/**
 * The root which the claim leads to (2.1.3.2). It proves something only when compared with a root
 * that is trusted; {@link verifyInclusion} does both.
 *
 * @throws `tlog.proof_invalid` when the proof has not the one length this index and size have.
 */
export function inclusionRoot({ index, size, leaf, proof }: InclusionClaim): Hash {
  requireIndex(index, size)
  requireHash(leaf, 'The leaf hash')
  const spans = inclusionSpans(index, size)
  requireProof(proof, spans.length)
  return proof.reduce(
    (hash, sibling, i) => (spans[i]!.begin > index ? nodeHash(hash, sibling) : nodeHash(sibling, hash)),
    leaf,
  )
}

/** Returns if `leaf` is entry `index` of the tree with this size and root. @throws `tlog.proof_invalid` */
export function verifyInclusion(claim: InclusionClaim & { readonly root: Hash }): void {
  requireHash(claim.root, 'The root')
  if (equalBytes(inclusionRoot(claim), claim.root)) return
  throw new TlogError(
    'tlog.proof_invalid',
    `The proof does not lead from entry ${claim.index} to the root of the tree of ${claim.size}.`,
  )
}

export interface ConsistencyClaim {
  readonly from: { readonly size: number; readonly root: Hash }
  readonly to: { readonly size: number; readonly root: Hash }
  readonly proof: readonly Hash[]
}

/**
 * Returns if the tree `from` is a prefix of the tree `to` (2.1.4.2).
 *
 * From size 0 to a larger one it refuses: the RFC has no such proof, since every tree extends the
 * empty one and an acceptance would read as if `to` had been checked.
 *
 * @throws `tlog.proof_invalid`
 */
export function verifyConsistency({ from, to, proof }: ConsistencyClaim): void {
  const spans = consistencySpans(from.size, to.size)
  requireProof(proof, spans.length)
  if (from.size === 0) {
    requireSame(from.root, emptyRoot(), 'The root of size 0 is not that of the empty tree.')
    if (to.size > 0)
      throw new TlogError('tlog.proof_invalid', 'Nothing is proven from size 0: every tree extends it.')
  }
  if (from.size === to.size) {
    requireSame(from.root, to.root, `The two roots of size ${to.size} are not the same.`)
    return
  }
  requireHash(from.root, 'The first root')
  requireHash(to.root, 'The second root')
  // A first tree which is a complete left subtree of the second is its own starting hash.
  const seeded = spans.length > 0 && spans[0]!.end === from.size
  let oldRoot = seeded ? proof[0]! : from.root
  let newRoot = oldRoot
  for (let i = seeded ? 1 : 0; i < proof.length; i++) {
    const sibling = proof[i]!
    if (spans[i]!.begin >= from.size) {
      newRoot = nodeHash(newRoot, sibling)
    } else {
      oldRoot = nodeHash(sibling, oldRoot)
      newRoot = nodeHash(sibling, newRoot)
    }
  }
  requireSame(oldRoot, from.root, `The proof does not lead to the root of the tree of ${from.size}.`)
  requireSame(newRoot, to.root, `The proof does not lead to the root of the tree of ${to.size}.`)
}

function requireIndex(index: number, size: number): void {
  requireCount(index, 'An entry index')
  requireCount(size, 'A tree size')
  if (index < size) return
  throw new TlogError('tlog.bad_argument', `A tree of ${size} has no entry ${index}.`)
}

function requireProof(proof: readonly Hash[], length: number): void {
  if (proof.length !== length) {
    throw new TlogError('tlog.proof_invalid', `This proof takes ${length} hashes; it has ${proof.length}.`)
  }
  for (const hash of proof) requireHash(hash, 'Each hash of a proof')
}

function requireSame(computed: Hash, claimed: Hash, otherwise: string): void {
  if (!equalBytes(computed, claimed)) throw new TlogError('tlog.proof_invalid', otherwise)
}

import { requireCount, TlogError } from './errors.ts'
import { emptyRoot, HASH_SIZE, type Hash, mergePair, nodeHash, requireHash } from './hashing.ts'

/** A complete subtree: the entries `index * 2^level` up to, not including, `(index + 1) * 2^level`. */
export interface NodeId {
  readonly level: number
  readonly index: number
}

/** Called once for each complete subtree when the entry that completes it is appended. */
export type NodeVisitor = (node: NodeId, hash: Hash) => void

/** What {@link CompactRange.serialize} gives; plain data, to be kept in a row. */
export interface CompactRangeState {
  readonly begin: number
  readonly end: number
  /** The hashes one after another, 32 bytes each, left to right. */
  readonly hashes: Uint8Array
}

/** The complete subtrees which cover `[begin, end)`, largest possible, left to right. At most 2 log2(end). */
export function coveringNodes(begin: number, end: number): NodeId[] {
  const nodes: NodeId[] = []
  let at = begin
  while (at < end) {
    let level = 0
    let width = 1
    while (at % (width * 2) === 0 && at + width * 2 <= end) {
      level++
      width *= 2
    }
    nodes.push({ level, index: at / width })
    at += width
  }
  return nodes
}

/**
 * The entries `[begin, end)` of a log, as the hashes of the complete subtrees covering them.
 *
 * With `begin` 0 it is the frontier of a growing tree: appending costs amortized one hash, and the
 * root at any time O(log n). Not safe for use by two appenders; each needs its own.
 */
export class CompactRange {
  readonly begin: number
  #end: number
  /** One after the other, in one array that is written in place; it grows by doubling. */
  #bytes = new Uint8Array(16 * HASH_SIZE)
  #count = 0

  constructor(begin = 0) {
    requireCount(begin, 'A range begin')
    this.begin = begin
    this.#end = begin
  }

  get end(): number {
    return this.#end
  }

  /** Left to right, one for each of `coveringNodes(begin, end)`. */
  get hashes(): readonly Hash[] {
    return Array.from({ length: this.#count }, (_, i) => this.#hash(i))
  }

  /** Adds the entry at `end`. `visit` sees its leaf and each subtree it completes, lowest first. */
  append(leaf: Hash, visit?: NodeVisitor): void {
    this.appendNode(0, leaf, visit)
  }

  /**
   * Adds a complete subtree of 2^level entries at `end`.
   *
   * @throws `tlog.bad_argument` when `end` is not a multiple of 2^level.
   */
  appendNode(level: number, hash: Hash, visit?: NodeVisitor): void {
    requireHash(hash, 'A hash')
    let width = 2 ** level
    if (this.#end % width !== 0) {
      throw new TlogError(
        'tlog.bad_argument',
        `A subtree of ${width} entries begins at a multiple of it; entry ${this.#end} is none.`,
      )
    }
    let index = this.#end / width
    let depth = level
    this.#push(hash)
    visit?.({ level, index }, hash)
    for (; index % 2 === 1 && (index - 1) * width >= this.begin; width *= 2) {
      this.#count--
      mergePair(this.#bytes, (this.#count - 1) * HASH_SIZE)
      index = (index - 1) / 2
      depth++
      visit?.({ level: depth, index }, this.#hash(this.#count - 1))
    }
    this.#end = (index + 1) * width
  }

  /** Adds the range which begins where this one ends. @throws `tlog.bad_argument` on a gap or overlap. */
  merge(right: CompactRange): void {
    if (right.begin !== this.#end) {
      throw new TlogError(
        'tlog.bad_argument',
        `A range beginning at ${right.begin} cannot follow one ending at ${this.#end}.`,
      )
    }
    const nodes = coveringNodes(right.begin, right.end)
    nodes.forEach((node, i) => {
      this.appendNode(node.level, right.hashes[i]!)
    })
  }

  /** The tree head of the entries `[0, end)`. @throws `tlog.bad_argument` when `begin` is not 0. */
  root(): Hash {
    if (this.begin !== 0) {
      throw new TlogError(
        'tlog.bad_argument',
        `Only a range from 0 has a root; this one begins at ${this.begin}.`,
      )
    }
    return foldRight(this.hashes)
  }

  serialize(): CompactRangeState {
    return { begin: this.begin, end: this.#end, hashes: this.#bytes.slice(0, this.#count * HASH_SIZE) }
  }

  /** @throws `tlog.bad_argument` when the number of hashes does not fit the range. */
  static resume(state: CompactRangeState): CompactRange {
    const range = new CompactRange(state.begin)
    requireCount(state.end, 'A range end')
    const nodes = coveringNodes(state.begin, state.end)
    if (state.end < state.begin || state.hashes.length !== nodes.length * HASH_SIZE) {
      throw new TlogError(
        'tlog.bad_argument',
        `The range ${state.begin}-${state.end} takes ${nodes.length * HASH_SIZE} bytes of hashes; got ${state.hashes.length}.`,
      )
    }
    range.#end = state.end
    nodes.forEach((_, i) => {
      range.#push(state.hashes.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE))
    })
    return range
  }

  #hash(at: number): Hash {
    return this.#bytes.slice(at * HASH_SIZE, (at + 1) * HASH_SIZE)
  }

  #push(hash: Hash): void {
    if (this.#bytes.length === this.#count * HASH_SIZE) {
      const larger = new Uint8Array(this.#bytes.length * 2)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(hash, this.#count * HASH_SIZE)
    this.#count++
  }
}

/** Joins neighbouring subtrees of falling size into the tree head over all of them. */
export function foldRight(hashes: readonly Hash[]): Hash {
  if (hashes.length === 0) return emptyRoot()
  let root = hashes[hashes.length - 1]!
  for (let i = hashes.length - 2; i >= 0; i--) root = nodeHash(hashes[i]!, root)
  return root
}

/** Judging one group of an export: whether it is proven, and if not, where it first is not. */
import { equalBytes, toBase64 } from './bytes.ts'
import { coveringNodes } from './compact-range.ts'
import type { ExportEntry } from './export.ts'
import { parseHashes } from './export.ts'
import type { Content } from './export-content.ts'
import { GroupTree, groupProofRoot } from './groups.ts'
import type { Hash } from './hashing.ts'
import { inclusionRoot, inclusionSpans } from './proof.ts'

/** What is wrong with an export; see {@link ExportProblem}. */
export type ExportProblemCode =
  | 'header'
  | 'checkpoint'
  | 'line'
  | 'order'
  | 'truncated'
  | 'entry'
  | 'proof'
  | 'personal'
  | 'group'

/** The first thing wrong in an export. */
export interface ExportProblem {
  readonly code: ExportProblemCode
  /** Where it shows, counted from 1. */
  readonly line: number
  /**
   * The first bad entry, as closely as can be proven: `last` equals `first` when it is certain which
   * it is. Absent when no entry is concerned.
   */
  readonly entries?: { readonly first: number; readonly last: number }
  readonly message: string
}

/** An entry as read, waiting for its group to be complete. */
export interface HeldEntry extends Content {
  readonly line: number
  readonly entry: ExportEntry
  readonly leaf: Hash
}

/** A group as the export announced it, with its entries so far. */
export interface HeldGroup {
  readonly group: number
  readonly line: number
  /** Its first entry in the log, in the export, and the entry after its last in the export. */
  readonly start: number
  readonly begin: number
  readonly end: number
  /** How many entries the group has in the log. */
  readonly width: number
  readonly size: number
  readonly root: Hash
  readonly proof: readonly Hash[]
  readonly before: readonly Hash[]
  readonly after: readonly Hash[]
  readonly entries: HeldEntry[]
}

/** The first problem of a complete group, or undefined when every entry in it is proven. */
export function judgeGroup(held: HeldGroup): ExportProblem | undefined {
  const tree = treeOf(held, ({ leaf }) => leaf)
  const isBroken = held.entries.some(({ entry }) => stands(held, entry, tree) !== entry.hash)
  const told = isBroken ? treeOf(held, toldHash) : tree
  if (!equalBytes(groupProofRoot(held.group, held.size, tree.head(), held.proof), held.root)) {
    return locate(held, told) ?? edgeProblem(held)
  }
  for (const one of held.entries) {
    const problem = provenEntryProblem(held, one, tree, told)
    if (problem) return problem
  }
  return undefined
}

function treeOf(held: HeldGroup, hashOf: (one: HeldEntry) => Hash): GroupTree {
  const tree = new GroupTree(held.width)
  const state = (begin: number, end: number, hashes: readonly Hash[]) => {
    coveringNodes(begin, end).forEach(({ level, index }, i) => {
      tree.set(level, index * 2 ** level, hashes[i]!)
    })
  }
  state(0, held.begin - held.start, held.before)
  state(held.end - held.start, held.width, held.after)
  for (const one of held.entries) tree.set(0, one.entry.index - held.start, hashOf(one))
  return tree
}

/** The hash beside an entry; that of its text where what stands there is none. */
function toldHash({ entry, leaf }: HeldEntry): Hash {
  try {
    return parseHashes([entry.hash], 'hash')[0]!
  } catch {
    return leaf
  }
}

function stands(held: HeldGroup, { index }: ExportEntry, tree: GroupTree): string {
  const at = index - held.start
  return tree.base64(at, at + 1)
}

function follows(held: HeldGroup, { index, proof }: ExportEntry, tree: GroupTree): boolean {
  const spans = inclusionSpans(index - held.start, held.width)
  return (
    spans.length === proof.length && spans.every(({ begin, end }, i) => tree.base64(begin, end) === proof[i])
  )
}

/**
 * The first bad entry of a group that is broken or incomplete, by each entry's own proof.
 *
 * An entry that is proven shows that the group's proof is genuine, and then an entry that is not proven is bad: itself,
 * or because a hash was forged where the log is stored, which spoils the proofs of all its neighbours. A forged hash
 * that is not its text's tells the two apart, by `told`, the tree over the hashes beside the entries. When none is
 * proven, an entry whose text has not the hash beside it is still certainly bad; without one, the group's proof itself
 * may have been altered, and the answer is the whole group.
 */
export function locate(held: HeldGroup, told?: GroupTree): ExportProblem | undefined {
  const verdicts = held.entries.map((one) => ownProof(held, one))
  const broken = held.entries.find(isBroken)
  if (!verdicts.some((verdict) => verdict !== 'unproven') && held.entries.length > 0) {
    return broken ? brokenProblem(broken) : unanchored(held)
  }
  const isSpoiled = (one: HeldEntry) =>
    broken !== undefined &&
    !isBroken(one) &&
    (told ? follows(held, one.entry, told) : verdicts.includes('hash altered'))
  for (const [i, verdict] of verdicts.entries()) {
    const one = held.entries[i]!
    if (verdict === 'unproven') {
      if (isSpoiled(one)) continue
      return entryProblem(one, 'entry', 'the log under the checkpoint does not have it here')
    }
    if (verdict === 'text altered')
      return entryProblem(one, 'entry', 'its text was altered; its hash is the proven one')
    if (verdict === 'hash altered') return hashProblem(one)
    if (one.fault) return entryProblem(one, one.fault.code, one.fault.message)
  }
  return undefined
}

/** Whether what the problem names is an entry that has not the hash of its text beside it. */
export function namesForgedHash(held: HeldGroup, { entries }: ExportProblem): boolean {
  return held.entries.some((one) => one.entry.index === entries?.first && isBroken(one))
}

function isBroken({ entry, leaf }: HeldEntry): boolean {
  return toBase64(leaf) !== entry.hash
}

type Verdict = 'proven' | 'text altered' | 'hash altered' | 'unproven'

function ownProof(held: HeldGroup, { entry, leaf }: HeldEntry): Verdict {
  const leads = (hash: Hash) => {
    try {
      const proof = parseHashes(entry.proof, 'proof')
      const head = inclusionRoot({ index: entry.index - held.start, size: held.width, leaf: hash, proof })
      return equalBytes(groupProofRoot(held.group, held.size, head, held.proof), held.root)
    } catch {
      return false
    }
  }
  const textMatches = toBase64(leaf) === entry.hash
  if (leads(leaf)) return textMatches ? 'proven' : 'hash altered'
  if (textMatches) return 'unproven'
  try {
    return leads(parseHashes([entry.hash], 'hash')[0]!) ? 'text altered' : 'unproven'
  } catch {
    return 'unproven'
  }
}

/** `told` is the tree over the hashes beside the entries: a proof that follows it is spoiled by one of them, which is named. */
function provenEntryProblem(
  held: HeldGroup,
  one: HeldEntry,
  tree: GroupTree,
  told: GroupTree,
): ExportProblem | undefined {
  const { entry, fault } = one
  if (stands(held, entry, tree) !== entry.hash) return hashProblem(one)
  if (!follows(held, entry, tree) && !(told !== tree && follows(held, entry, told))) {
    return entryProblem(one, 'proof', 'its own proof was altered; the entry itself is the proven one')
  }
  return fault && entryProblem(one, fault.code, fault.message)
}

function unanchored(held: HeldGroup): ExportProblem {
  const [only] = held.entries
  if (held.end - held.begin === 1 && only) {
    return entryProblem(only, 'group', 'neither it nor the proof of its group leads to the root')
  }
  return {
    code: 'group',
    line: held.line,
    entries: { first: held.begin, last: held.end - 1 },
    message: `entries ${held.begin}-${held.end - 1}: they do not lead to the signed root; which of them was altered cannot be proven.`,
  }
}

/** Every entry is proven by itself, so only the hashes beside the range can be wrong. */
function edgeProblem(held: HeldGroup): ExportProblem {
  return {
    code: 'group',
    line: held.line,
    message: `line ${held.line}: the hashes before or after the range were altered; its entries are proven.`,
  }
}

function brokenProblem(one: HeldEntry): ExportProblem {
  return entryProblem(
    one,
    'entry',
    'its text has not the hash beside it, and neither leads to the signed root; whether others of its group were altered cannot be proven',
  )
}

function hashProblem(one: HeldEntry): ExportProblem {
  return entryProblem(one, 'entry', 'the hash beside it was altered; its text is the proven one')
}

function entryProblem(one: HeldEntry, code: ExportProblemCode, why: string): ExportProblem {
  const { index } = one.entry
  return {
    code,
    line: one.line,
    entries: { first: index, last: index },
    message: `entry ${index} (line ${one.line}): ${why}.`,
  }
}

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
  const tree = new GroupTree(held.width)
  const state = (begin: number, end: number, hashes: readonly Hash[]) => {
    coveringNodes(begin, end).forEach(({ level, index }, i) => {
      tree.set(level, index * 2 ** level, hashes[i]!)
    })
  }
  state(0, held.begin - held.start, held.before)
  state(held.end - held.start, held.width, held.after)
  for (const { entry, leaf } of held.entries) tree.set(0, entry.index - held.start, leaf)
  if (!equalBytes(groupProofRoot(held.group, held.size, tree.head(), held.proof), held.root)) {
    return locate(held) ?? edgeProblem(held)
  }
  for (const one of held.entries) {
    const problem = provenEntryProblem(held, one, tree)
    if (problem) return problem
  }
  return undefined
}

/**
 * The first bad entry of a group that is broken or incomplete, by each entry's own proof.
 *
 * An entry that is proven shows that the group's proof is genuine, and then an entry that is not
 * proven is certainly bad. When none is, the group's proof itself may have been altered, and the
 * answer is the whole group.
 */
export function locate(held: HeldGroup): ExportProblem | undefined {
  const verdicts = held.entries.map((one) => ownProof(held, one))
  const anchored = verdicts.some((verdict) => verdict !== 'unproven')
  if (!anchored && held.entries.length > 0) return unanchored(held)
  for (const [i, verdict] of verdicts.entries()) {
    const one = held.entries[i]!
    if (verdict === 'unproven')
      return entryProblem(one, 'entry', 'the log under the checkpoint does not have it here')
    if (verdict === 'text altered')
      return entryProblem(one, 'entry', 'its text was altered; its hash is the proven one')
    if (verdict === 'hash altered') return hashProblem(one)
    if (one.fault) return entryProblem(one, one.fault.code, one.fault.message)
  }
  return undefined
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

function provenEntryProblem(held: HeldGroup, one: HeldEntry, tree: GroupTree): ExportProblem | undefined {
  const { entry, fault } = one
  const at = entry.index - held.start
  if (tree.base64(at, at + 1) !== entry.hash) return hashProblem(one)
  const spans = inclusionSpans(at, held.width)
  const same = spans.length === entry.proof.length
  if (!same || !spans.every(({ begin, end }, i) => tree.base64(begin, end) === entry.proof[i])) {
    return entryProblem(one, 'proof', 'its own proof was altered; the entry itself is the proven one')
  }
  return fault && entryProblem(one, fault.code, fault.message)
}

function unanchored(held: HeldGroup): ExportProblem {
  const [only] = held.entries
  if (held.end - held.begin === 1 && only) {
    return entryProblem(only, 'group', 'neither it nor the proof of its group leads to the root')
  }
  const broken = held.entries.find(({ entry, leaf }) => toBase64(leaf) !== entry.hash)
  const hint = broken ? ` The text of entry ${broken.entry.index} has not the hash beside it.` : ''
  return {
    code: 'group',
    line: held.line,
    entries: { first: held.begin, last: held.end - 1 },
    message: `entries ${held.begin}-${held.end - 1}: they do not lead to the signed root; which of them was altered cannot be proven.${hint}`,
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

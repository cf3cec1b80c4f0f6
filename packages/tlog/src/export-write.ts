import { toBase64 } from './bytes.ts'
import { parseCheckpoint } from './checkpoint.ts'
import { coveringNodes } from './compact-range.ts'
import { requireCount, TlogError } from './errors.ts'
import {
  type ExportEntry,
  type ExportGroup,
  endLine,
  entryLine,
  groupLine,
  headerLine,
  type PersonalValue,
} from './export.ts'
import { checkpointText } from './export-checkpoint.ts'
import { GroupTree, proveGroup } from './groups.ts'
import { type HashReader, inclusionSpans } from './proof.ts'
import { TILE_WIDTH } from './tiles.ts'

export interface ExportOptions {
  /** The signed note to prove against, or its text alone for a log without key. */
  readonly checkpoint: string
  readonly verifierKey?: string
  /** Entries `[from, to)`; the whole log unless given. */
  readonly from?: number
  readonly to?: number
  /** The entries from `from` on, in order; the rest after `to` is not read. */
  readonly entries: AsyncIterable<ExportSource> | Iterable<ExportSource>
  /** The stored hashes of the log. */
  readonly read: HashReader
}

export interface ExportSource {
  /** The canonical JSON text which was hashed. */
  readonly leaf: string
  readonly personal?: Readonly<Record<string, PersonalValue>>
}

/**
 * Writes an export, line by line, without newlines. Holds one group at a time.
 *
 * Hashes come from storage and are not compared with the leaves: an export of a log that was tampered
 * with is written all the same, and its verification names the entry.
 *
 * @throws `tlog.bad_argument` when the range is not within the checkpoint, or entries end early.
 */
export async function* writeExport(options: ExportOptions): AsyncGenerator<string> {
  const { checkpoint, verifierKey, read } = options
  const { origin, size } = parseCheckpoint(checkpointText(checkpoint))
  const { from = 0, to = size } = options
  requireRange(from, to, size)
  const key = verifierKey === undefined ? {} : { verifierKey }
  yield headerLine({ writExport: 1, origin, size, from, to, checkpoint, ...key })
  let index = from
  let group: GroupWriter | undefined
  if (from < to) {
    for await (const source of options.entries) {
      if (!group || index % TILE_WIDTH === 0) {
        group = await openGroup(Math.floor(index / TILE_WIDTH), size, read)
        yield groupLine(group.line(from, to))
      }
      yield entryLine(group.entry(index, source))
      if (++index === to) break
    }
  }
  if (index < to)
    throw new TlogError('tlog.bad_argument', `The entries end at ${index}; the export goes to ${to}.`)
  yield endLine({ end: to })
}

interface GroupWriter {
  line(from: number, to: number): ExportGroup
  entry(index: number, source: ExportSource): ExportEntry
}

async function openGroup(group: number, size: number, read: HashReader): Promise<GroupWriter> {
  const first = group * TILE_WIDTH
  const width = Math.min(TILE_WIDTH, size - first)
  const proof = (await proveGroup(group, size, read)).map(toBase64)
  const leaves = await read(Array.from({ length: width }, (_, i) => ({ level: 0, index: first + i })))
  const tree = new GroupTree(width)
  leaves.forEach((leaf, i) => {
    tree.set(0, i, leaf)
  })
  const subtrees = (begin: number, end: number) =>
    coveringNodes(begin, end).map(({ level, index }) => {
      const at = index * 2 ** level
      return toBase64(tree.spanHash(at, at + 2 ** level))
    })
  return {
    line(from, to) {
      const before = subtrees(0, Math.max(0, from - first))
      const after = subtrees(Math.min(width, to - first), width)
      return {
        group,
        proof,
        ...(before.length > 0 && { before }),
        ...(after.length > 0 && { after }),
      }
    },
    entry(index, { leaf, personal }) {
      const at = index - first
      const spans = inclusionSpans(at, width).map(({ begin, end }) => tree.base64(begin, end))
      const hash = tree.base64(at, at + 1)
      return { index, hash, leaf, proof: spans, ...(personal && { personal }) }
    },
  }
}

function requireRange(from: number, to: number, size: number): void {
  requireCount(from, 'The first entry')
  requireCount(to, 'The end of the range')
  if (from <= to && to <= size) return
  throw new TlogError('tlog.bad_argument', `The range ${from}-${to} is not within a log of ${size} entries.`)
}

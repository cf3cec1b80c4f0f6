/** Verifying an export offline, in one pass, holding one group of 256 entries at a time. */
import { toBase64 } from './bytes.ts'
import type { Checkpoint } from './checkpoint.ts'
import { coveringNodes } from './compact-range.ts'
import { TlogError } from './errors.ts'
import {
  type ExportEntry,
  type ExportGroup,
  type ExportHeader,
  parseBodyLine,
  parseHashes,
  parseHeaderLine,
} from './export.ts'
import { openExportCheckpoint, type TrustMode } from './export-checkpoint.ts'
import { checkContent } from './export-content.ts'
import {
  type ExportProblem,
  type ExportProblemCode,
  type HeldGroup,
  judgeGroup,
  locate,
  namesForgedHash,
} from './export-group.ts'
import { groupProofLength } from './groups.ts'
import { leafHash } from './hashing.ts'
import { noteVerifier } from './note-keys.ts'
import { TILE_WIDTH } from './tiles.ts'

export interface ExportReport {
  readonly ok: boolean
  /** Absent when the checkpoint was refused. */
  readonly trust?: TrustMode
  readonly origin?: string
  /** The entries in the whole log, by the checkpoint, and the range that is exported. */
  readonly size?: number
  readonly from?: number
  readonly to?: number
  /** Base64, to be compared with what was published elsewhere. */
  readonly root?: string
  /** Whether the export claims the whole log as of its checkpoint. */
  readonly whole?: boolean
  /** Entries proven, all in groups before the problem if there is one. */
  readonly entries: number
  readonly personal: { readonly proven: number; readonly erased: number }
  readonly problem?: ExportProblem
}

export interface VerifyExportOptions {
  /** The verifier key got from elsewhere; the checkpoint must carry its signature. */
  readonly pinnedKey?: string
  /** The log it must be of; needed when one key signs several logs. */
  readonly origin?: string
  /** Sees each proven entry, in order. */
  readonly onEntry?: (entry: ExportEntry) => void
}

/**
 * Verifies an export: every leaf hashed anew and proven to the checkpoint's root, nothing missing,
 * repeated, moved or added, every personal value the one its leaf commits to. Any byte changed in the
 * file is found, save a signature by a key nobody named.
 *
 * It cannot know of entries after the checkpoint: to find a log that was rolled back, compare `root`
 * with a checkpoint kept elsewhere.
 *
 * @throws `tlog.key_malformed` for a pinned key that is none, and whatever `lines` throws. What is
 *   wrong with the export itself is reported, not thrown.
 */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  options: VerifyExportOptions = {},
): Promise<ExportReport> {
  if (options.pinnedKey !== undefined) await noteVerifier(options.pinnedKey)
  const verification = new Verification(options)
  for await (const line of lines) {
    if (!(await verification.take(line))) break
  }
  return verification.finish()
}

class Verification {
  readonly #options: VerifyExportOptions
  #line = 0
  #trusted?: { header: ExportHeader; checkpoint: Checkpoint; trust: TrustMode }
  #next = 0
  #group: HeldGroup | undefined
  #ended = false
  #entries = 0
  #proven = 0
  #erased = 0
  #problem: ExportProblem | undefined
  /**
   * A group that is not proven and shows no flaw of its own. A hash forged in storage in a later group, which proofs
   * of earlier ones run over, does that: so it is looked for before this group is named.
   */
  #suspect: ExportProblem | undefined

  constructor(options: VerifyExportOptions) {
    this.#options = options
  }

  /** Takes one line; false once a problem is found. */
  async take(line: string): Promise<boolean> {
    this.#line++
    try {
      if (this.#trusted) this.#takeBody(line)
      else await this.#takeHeader(line)
    } catch (error) {
      if (error instanceof Refusal) this.#fail(error.code, error.message, error.entry)
      else if (error instanceof TlogError)
        this.#fail('line', `line ${this.#line}: ${error.message}.`, this.#next)
      else throw error
    }
    return this.#problem === undefined
  }

  finish(): ExportReport {
    this.#problem ??= this.#suspect
    if (!this.#problem && !this.#trusted) this.#fail('header', 'The export is empty.')
    if (!this.#problem && !this.#ended) {
      const { to } = this.#trusted!.header
      const what = this.#next < to ? `entry ${this.#next} of ${to}` : 'the end line'
      this.#fail('truncated', `The export breaks off after line ${this.#line}, before ${what}.`, this.#next)
    }
    const personal = { proven: this.#proven, erased: this.#erased }
    const counted = { ok: !this.#problem, entries: this.#entries, personal }
    const found = this.#problem && { problem: this.#problem }
    if (!this.#trusted) return { ...counted, ...found }
    const { header, checkpoint, trust } = this.#trusted
    const { origin, size, from, to } = header
    const whole = from === 0 && to === size
    return { ...counted, trust, origin, size, from, to, root: toBase64(checkpoint.root), whole, ...found }
  }

  async #takeHeader(line: string): Promise<void> {
    let header: ExportHeader
    try {
      header = parseHeaderLine(line)
    } catch (error) {
      throw new Refusal('header', `line 1 is not the header of an export: ${(error as Error).message}.`)
    }
    try {
      const { checkpoint, trust } = await openExportCheckpoint(header, this.#options)
      this.#trusted = { header, checkpoint, trust }
      this.#next = header.from
    } catch (error) {
      if (!(error instanceof TlogError)) throw error
      throw new Refusal('checkpoint', `The checkpoint in the header is refused: ${error.message}`)
    }
  }

  #takeBody(line: string): void {
    if (this.#ended) throw new Refusal('order', `line ${this.#line}: nothing may follow the end line.`)
    const body = parseBodyLine(line)
    if ('index' in body) this.#takeEntry(body)
    else if ('group' in body) this.#takeGroup(body)
    else this.#takeEnd(body.end)
  }

  #takeGroup(line: ExportGroup): void {
    const { header, checkpoint } = this.#trusted!
    const group = Math.floor(this.#next / TILE_WIDTH)
    const due = this.#next < header.to && (this.#next % TILE_WIDTH === 0 || this.#next === header.from)
    if (this.#group || !due || line.group !== group) {
      throw new Refusal(
        'order',
        `line ${this.#line}: the line of group ${line.group} is not due here; ${this.#due()} is.`,
        this.#next,
      )
    }
    const start = group * TILE_WIDTH
    const width = Math.min(TILE_WIDTH, header.size - start)
    const end = Math.min(header.to, start + width)
    const counts = [
      groupProofLength(group, header.size),
      coveringNodes(0, this.#next - start).length,
      coveringNodes(end - start, width).length,
    ]
    const [proof, before, after] = [line.proof, line.before, line.after].map((hashes = [], i) => {
      if (hashes.length === counts[i]) return parseHashes(hashes, ['proof', 'before', 'after'][i]!)
      throw new TlogError(
        'tlog.export_invalid',
        `its proof, before and after do not have ${counts.join(', ')} hashes`,
      )
    })
    this.#group = {
      group,
      line: this.#line,
      start,
      begin: this.#next,
      end,
      width,
      size: header.size,
      root: checkpoint.root,
      proof: proof!,
      before: before!,
      after: after!,
      entries: [],
    }
  }

  #takeEntry(entry: ExportEntry): void {
    const group = this.#group
    if (!group || entry.index !== this.#next) {
      const how = entry.index < this.#next ? 'it was moved or repeated' : 'something is missing before it'
      throw new Refusal(
        'order',
        `entry ${entry.index} (line ${this.#line}): ${this.#due()} is due here, so ${how}.`,
        this.#next,
      )
    }
    group.entries.push({ line: this.#line, entry, leaf: leafHash(entry.leaf), ...checkContent(entry) })
    this.#next++
    if (this.#next === group.end) this.#closeGroup(group)
  }

  #closeGroup(group: HeldGroup): void {
    const problem = judgeGroup(group)
    this.#group = undefined
    if (this.#suspect) {
      if (problem && namesForgedHash(group, problem)) this.#problem = problem
      return
    }
    if (problem?.code === 'group' && problem.entries) this.#suspect = problem
    else this.#problem = problem
    if (problem) return
    for (const { entry, proven, erased } of group.entries) {
      this.#entries++
      this.#proven += proven
      this.#erased += erased
      this.#options.onEntry?.(entry)
    }
  }

  #takeEnd(end: number): void {
    const { to } = this.#trusted!.header
    if (this.#next < to)
      throw new Refusal('truncated', `line ${this.#line}: the end comes before ${this.#due()}.`, this.#next)
    if (end !== to)
      throw new Refusal('order', `line ${this.#line}: the end is ${end}; the header says ${to}.`)
    this.#ended = true
  }

  #due(): string {
    const { to } = this.#trusted!.header
    if (this.#group) return `entry ${this.#next}`
    return this.#next < to ? `the line of group ${Math.floor(this.#next / TILE_WIDTH)}` : 'the end line'
  }

  /** Records the problem at `entry`, unless an entry read before it is bad: the first is named. */
  #fail(code: ExportProblemCode, message: string, entry = Number.POSITIVE_INFINITY): void {
    const within = entry < (this.#trusted?.header.to ?? 0)
    const problem = {
      code,
      line: this.#line,
      message,
      ...(within && { entries: { first: entry, last: entry } }),
    }
    this.#problem = this.#suspect ?? (this.#group && locate(this.#group)) ?? problem
  }
}

/** Carries a problem out of the reading of a line; never leaves this module. */
class Refusal extends Error {
  readonly code: ExportProblemCode
  readonly entry: number | undefined

  constructor(code: ExportProblemCode, message: string, entry?: number) {
    super(message)
    this.code = code
    this.entry = entry
  }
}

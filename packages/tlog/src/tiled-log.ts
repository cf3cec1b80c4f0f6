/** Writing a log as C2SP tiles and verifying one that was written so, by any program. */

import { equalBytes, fromUtf8, toUtf8 } from './bytes.ts'
import { type Checkpoint, openCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { CompactRange } from './compact-range.ts'
import { TlogError } from './errors.ts'
import { groupCount, groupProofRoot, proveGroup } from './groups.ts'
import { type TileReader, tileHashReader } from './hash-readers.ts'
import { type Hash, leafHash } from './hashing.ts'
import { parseNote } from './note.ts'
import type { NoteVerifier } from './note-keys.ts'
import { proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from './proof.ts'
import {
  bundlePath,
  formatBundle,
  parseBundle,
  TILE_HEIGHT,
  TILE_WIDTH,
  TileBuffer,
  tilePath,
  tileWidth,
  treeHead,
} from './tiles.ts'

export interface TiledFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/**
 * Gives the files of a whole log, each when it is complete, `checkpoint` last: a reader who finds a
 * checkpoint finds everything it needs. Holds one tile a level and one bundle, whatever the size.
 *
 * @throws `tlog.log_mismatch` when the entries have not the root the checkpoint states; then no
 *   checkpoint was given.
 */
export async function* writeTiledLog(
  entries: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  checkpointNote: string,
): AsyncGenerator<TiledFile> {
  const checkpoint = parseCheckpoint(parseNote(checkpointNote).text)
  const range = new CompactRange()
  const levels: TileBuffer[] = []
  let bundle: Uint8Array[] = []
  let ready: TiledFile[] = []
  const addTile = (tile: ReturnType<TileBuffer['flush']>) => {
    if (tile) ready.push({ path: tilePath(tile.id), bytes: tile.bytes })
  }
  const addBundle = () => {
    const index = Math.ceil(range.end / TILE_WIDTH) - 1
    ready.push({ path: bundlePath({ index, width: bundle.length }), bytes: formatBundle(bundle) })
    bundle = []
  }
  for await (const entry of entries) {
    bundle.push(entry)
    range.append(leafHash(entry), ({ level }, hash) => {
      if (level % TILE_HEIGHT !== 0) return
      levels[level / TILE_HEIGHT] ??= new TileBuffer(level / TILE_HEIGHT)
      addTile(levels[level / TILE_HEIGHT]!.add(hash))
    })
    if (bundle.length === TILE_WIDTH) addBundle()
    if (ready.length > 0) yield* ready
    ready = []
  }
  for (const level of levels) addTile(level.flush())
  if (bundle.length > 0) addBundle()
  requireTree(checkpoint, range)
  yield* ready
  yield { path: 'checkpoint', bytes: toUtf8(checkpointNote) }
}

/** Gets one file of a log, or undefined when there is none. */
export type FetchFile = (path: string) => Promise<Uint8Array | undefined>

export interface TiledLogOptions {
  /** Keys, one of which must have signed the checkpoint. */
  readonly verifiers: readonly NoteVerifier[]
  /** What the checkpoint must be of; needed when one key signs several logs. */
  readonly origin?: string
}

/** A tiled log under one verified checkpoint. Everything its methods give has been proven to be in it. */
export class TiledLog {
  readonly checkpoint: Checkpoint
  readonly #fetch: FetchFile
  readonly #readTiles: TileReader

  private constructor(checkpoint: Checkpoint, fetch: FetchFile) {
    this.checkpoint = checkpoint
    this.#fetch = fetch
    this.#readTiles = (tiles) =>
      Promise.all(
        tiles.map((tile) => this.#file(tilePath(tile), tilePath({ ...tile, width: TILE_WIDTH }), tile.width)),
      )
  }

  /** Fetches and verifies the checkpoint. @throws as {@link openCheckpoint}, `tlog.tile_missing` */
  static async open(fetch: FetchFile, options: TiledLogOptions): Promise<TiledLog> {
    const bytes = await fetch('checkpoint')
    if (!bytes) throw missing('checkpoint')
    const checkpoint = await openCheckpoint(fromUtf8(bytes), options.verifiers, options.origin)
    return new TiledLog(checkpoint, fetch)
  }

  /** One entry. @throws `tlog.log_mismatch` when it is not the one under the checkpoint. */
  async entry(index: number): Promise<Uint8Array> {
    const { size, root } = this.checkpoint
    const proof = await proveInclusion(index, size, tileHashReader(size, this.#readTiles))
    const bundle = Math.floor(index / TILE_WIDTH)
    const entry = (await this.#bundle(bundle))[index % TILE_WIDTH]!
    try {
      verifyInclusion({ index, size, root, leaf: leafHash(entry), proof })
    } catch (cause) {
      throw new TlogError('tlog.log_mismatch', `Entry ${index} is not the one the checkpoint commits to.`, {
        cause,
      })
    }
    return entry
  }

  /**
   * Every entry in order, each proven before it is given.
   *
   * @throws `tlog.log_mismatch` naming the first entry that is not the one under the checkpoint, or the
   *   group of 256 it is in when the log's own hashes were altered as well.
   */
  async *entries(): AsyncGenerator<Uint8Array> {
    const { size, root } = this.checkpoint
    const read = tileHashReader(size, this.#readTiles)
    if (size === 0) requireTree(this.checkpoint, new CompactRange())
    for (let group = 0; group < groupCount(size); group++) {
      const first = group * TILE_WIDTH
      const proof = await proveGroup(group, size, read)
      const entries = await this.#bundle(group)
      const leaves = entries.map((entry) => leafHash(entry))
      const proven = (hashes: readonly Hash[]) =>
        equalBytes(groupProofRoot(group, size, treeHead(hashes), proof), root)
      if (!proven(leaves)) {
        const stored = await read(leaves.map((_, i) => ({ level: 0, index: first + i })))
        const bad = proven(stored) ? leaves.findIndex((leaf, i) => !equalBytes(leaf, stored[i]!)) : -1
        const where =
          bad < 0 ? `Entries ${first}-${first + leaves.length - 1} are` : `Entry ${first + bad} is`
        throw new TlogError('tlog.log_mismatch', `${where} not what the checkpoint commits to.`)
      }
      yield* entries
    }
  }

  /**
   * Proves that the checkpoint extends an earlier one, kept from before.
   *
   * @throws `tlog.proof_invalid` when it does not; also from size 0, which every log extends.
   */
  async verifyExtends(earlier: { readonly size: number; readonly root: Hash }): Promise<void> {
    const { size } = this.checkpoint
    const proof = await proveConsistency(earlier.size, size, tileHashReader(size, this.#readTiles))
    verifyConsistency({ from: earlier, to: this.checkpoint, proof })
  }

  async #bundle(index: number): Promise<Uint8Array[]> {
    const width = tileWidth(0, index, this.checkpoint.size)
    const path = bundlePath({ index, width })
    const bytes = await this.#fetch(path)
    if (bytes) return parseBundle(bytes, width)
    // A log may drop a partial file once the full one exists.
    const full = await this.#fetch(bundlePath({ index, width: TILE_WIDTH }))
    if (!full) throw missing(path)
    return parseBundle(full, TILE_WIDTH).slice(0, width)
  }

  async #file(path: string, fullPath: string, width: number): Promise<Uint8Array> {
    const bytes = (await this.#fetch(path)) ?? (await this.#fetch(fullPath))?.subarray(0, width * 32)
    if (!bytes) throw missing(path)
    return bytes
  }
}

function requireTree(checkpoint: Checkpoint, range: CompactRange): void {
  if (range.end !== checkpoint.size) {
    throw new TlogError(
      'tlog.log_mismatch',
      `The checkpoint is of ${checkpoint.size} entries; there are ${range.end}.`,
    )
  }
  if (equalBytes(range.root(), checkpoint.root)) return
  throw new TlogError('tlog.log_mismatch', 'The entries have not the root that the checkpoint states.')
}

function missing(path: string): TlogError {
  return new TlogError('tlog.tile_missing', `The log has no file "${path}".`)
}

/** Tiles and entry bundles, as https://c2sp.org/tlog-tiles defines them. */
import { CompactRange, type NodeId } from './compact-range.ts'
import { requireCount, TlogError } from './errors.ts'
import { HASH_SIZE, type Hash, requireHash } from './hashing.ts'

export const TILE_WIDTH = 256
/** A tile spans eight levels of the tree: 2^8 = 256. */
export const TILE_HEIGHT = 8

/** Up to 256 neighbouring hashes of tree level `level * 8`. */
export interface TileId {
  readonly level: number
  readonly index: number
  /** How many hashes it holds: 256, or fewer in the last tile of its level. */
  readonly width: number
}

/** The entries `index * 256` on, as many as the width says. */
export interface BundleId {
  readonly index: number
  readonly width: number
}

/** How many hashes tile `index` of `level` holds in a tree of `size`; 0 when it does not exist. */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level)
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH))
}

/** Every tile of a tree of `size`, level by level. Millions for a large log, so they are generated. */
export function* tilesOf(size: number): Generator<TileId> {
  requireCount(size, 'A tree size')
  for (let level = 0; TILE_WIDTH ** level <= size; level++) {
    for (let index = 0; ; index++) {
      const width = tileWidth(level, index, size)
      if (width === 0) break
      yield { level, index, width }
    }
  }
}

/** `tile/<L>/<N>`, with `.p/<W>` when partial. */
export function tilePath({ level, index, width }: TileId): string {
  requireCount(level, 'A tile level')
  if (level > 63) throw new TlogError('tlog.bad_argument', `A tile level is at most 63; it is ${level}.`)
  return `tile/${level}/${indexPath(index, width)}`
}

/** `tile/entries/<N>`, with `.p/<W>` when partial. */
export function bundlePath({ index, width }: BundleId): string {
  return `tile/entries/${indexPath(index, width)}`
}

/**
 * Reads a tile's or bundle's path strictly: one resource has one path.
 *
 * @throws `tlog.path_malformed`
 */
export function parseTilePath(path: string): ({ kind: 'tile' } & TileId) | ({ kind: 'entries' } & BundleId) {
  const parts = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(
    path,
  )
  const [, level = '', digits = '', partial] = parts ?? []
  const index = Number(digits.replaceAll(/[x/]/g, ''))
  const width = partial === undefined ? TILE_WIDTH : Number(partial)
  const valid =
    parts !== null &&
    !digits.startsWith('x000/') &&
    Number.isSafeInteger(index) &&
    (partial === undefined || width < TILE_WIDTH) &&
    (level === 'entries' || Number(level) <= 63)
  if (!valid) {
    throw new TlogError(
      'tlog.path_malformed',
      `"${path.slice(0, 100)}" is not a path such as "tile/0/x001/067.p/8".`,
    )
  }
  return level === 'entries'
    ? { kind: 'entries', index, width }
    : { kind: 'tile', level: Number(level), index, width }
}

function indexPath(index: number, width: number): string {
  requireCount(index, 'A tile index')
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new TlogError('tlog.bad_argument', `A tile holds 1 to ${TILE_WIDTH} hashes; not ${width}.`)
  }
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0')
  const groups = digits.match(/.{3}/g)!
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
  return width === TILE_WIDTH ? path : `${path}.p/${width}`
}

/** The hashes of a tile. @throws `tlog.tile_malformed` unless it holds exactly `width`. */
export function parseTile(bytes: Uint8Array, width: number): Hash[] {
  if (bytes.length !== width * HASH_SIZE) {
    throw new TlogError(
      'tlog.tile_malformed',
      `A tile of ${width} hashes has ${width * HASH_SIZE} bytes; this one has ${bytes.length}.`,
    )
  }
  return Array.from({ length: width }, (_, i) => bytes.slice(i * HASH_SIZE, (i + 1) * HASH_SIZE))
}

/** The tile which holds a tree node, and which of the tile's hashes lie beneath that node. */
export function tileOfNode({ level, index }: NodeId): {
  level: number
  index: number
  from: number
  to: number
} {
  const tileLevel = Math.floor(level / TILE_HEIGHT)
  const width = 2 ** (level % TILE_HEIGHT)
  const first = index * width
  const tile = Math.floor(first / TILE_WIDTH)
  return {
    level: tileLevel,
    index: tile,
    from: first - tile * TILE_WIDTH,
    to: first - tile * TILE_WIDTH + width,
  }
}

/** The tree head over these hashes. */
export function treeHead(hashes: readonly Hash[]): Hash {
  const range = new CompactRange()
  for (const hash of hashes) range.append(hash)
  return range.root()
}

const MAX_ENTRY = 0xffff

/** An entry bundle: each entry after its length as a big-endian uint16. */
export function formatBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bundle = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0))
  const view = new DataView(bundle.buffer)
  let at = 0
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY) {
      throw new TlogError(
        'tlog.bad_argument',
        `An entry has at most ${MAX_ENTRY} bytes; this one has ${entry.length}.`,
      )
    }
    view.setUint16(at, entry.length)
    bundle.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bundle
}

/** @throws `tlog.tile_malformed` unless the bytes are exactly `width` entries. */
export function parseBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const entries: Uint8Array[] = []
  let at = 0
  while (at + 2 <= bytes.length && entries.length < width) {
    const end = at + 2 + view.getUint16(at)
    if (end > bytes.length) break
    entries.push(bytes.slice(at + 2, end))
    at = end
  }
  if (entries.length === width && at === bytes.length) return entries
  throw new TlogError(
    'tlog.tile_malformed',
    `The entry bundle does not hold exactly ${width} entries: ${entries.length} whole ones end at byte ${at} of ${bytes.length}.`,
  )
}

/** Collects hashes of one level until a tile is full. Used by writers of tiles. */
export class TileBuffer {
  readonly level: number
  #index = 0
  #hashes: Hash[] = []

  constructor(level: number) {
    this.level = level
  }

  /** Adds the next hash; gives the tile when this fills it. */
  add(hash: Hash): { id: TileId; bytes: Uint8Array } | undefined {
    requireHash(hash, 'A hash')
    this.#hashes.push(hash)
    return this.#hashes.length === TILE_WIDTH ? this.flush() : undefined
  }

  /** Gives what was collected as a tile, if anything was. */
  flush(): { id: TileId; bytes: Uint8Array } | undefined {
    const width = this.#hashes.length
    if (width === 0) return undefined
    const bytes = new Uint8Array(width * HASH_SIZE)
    this.#hashes.forEach((hash, i) => {
      bytes.set(hash, i * HASH_SIZE)
    })
    this.#hashes = []
    return { id: { level: this.level, index: this.#index++, width }, bytes }
  }
}

/** Ways to read tree hashes from where they are stored, for the making of proofs. */
import { CompactRange, type NodeId } from './compact-range.ts'
import { TlogError } from './errors.ts'
import { HASH_SIZE, type Hash } from './hashing.ts'
import type { HashReader } from './proof.ts'
import { parseTile, type TileId, tileOfNode, tilePath, tileWidth, treeHead } from './tiles.ts'

/**
 * Reads whole tiles, in the order asked, each as its hashes one after another. In a database a tile
 * of level 0 is 256 neighbouring leaf hashes.
 */
export type TileReader = (tiles: readonly TileId[]) => Promise<readonly Uint8Array[]>

/** Full tiles never change, so keeping some is safe; 64 of 8 KiB are half a MiB. */
const KEPT_TILES = 64

/**
 * A hash reader over tiles of a tree of `size`: at most log256(size) tiles a proof, in one call.
 * It keeps the tiles used last, so that walking the log reads each about once.
 *
 * The hashes are as good as the storage; proofs made of them are verified by whoever uses them.
 *
 * @throws `tlog.tile_malformed` when a tile has not the bytes its width asks for.
 */
export function tileHashReader(size: number, readTiles: TileReader): HashReader {
  const kept = new Map<string, readonly Hash[]>()
  return async (nodes) => {
    const spots = nodes.map((node) => locate(node, size))
    const missing = new Map<string, TileId>()
    const found = new Map<string, readonly Hash[]>()
    for (const { path, tile } of spots) {
      const hashes = kept.get(path)
      if (hashes) found.set(path, hashes)
      else missing.set(path, tile)
    }
    const tiles = [...missing.values()]
    const read = tiles.length === 0 ? [] : await readTiles(tiles)
    tiles.forEach((tile, i) => {
      const bytes = read[i] ?? new Uint8Array(0)
      found.set(tilePath(tile), parseTile(bytes, tile.width))
    })
    keep(kept, found)
    return spots.map(({ path, from, to }) => treeHead(found.get(path)!.slice(from, to)))
  }
}

function locate(node: NodeId, size: number): { path: string; tile: TileId; from: number; to: number } {
  const { level, index, from, to } = tileOfNode(node)
  const width = tileWidth(level, index, size)
  if (to > width) {
    throw new TlogError(
      'tlog.bad_argument',
      `A tree of ${size} has no node ${node.index} at level ${node.level}.`,
    )
  }
  const tile = { level, index, width }
  return { path: tilePath(tile), tile, from, to }
}

function keep(kept: Map<string, readonly Hash[]>, used: ReadonlyMap<string, readonly Hash[]>): void {
  for (const [path, hashes] of used) {
    kept.delete(path)
    kept.set(path, hashes)
  }
  for (const path of kept.keys()) {
    if (kept.size <= KEPT_TILES) return
    kept.delete(path)
  }
}

/** A hash reader over all leaf hashes of a small log, held in memory with every inner node. */
export function memoryHashReader(leaves: readonly Hash[]): HashReader {
  const stored = new Map<string, Hash>()
  const range = new CompactRange()
  for (const leaf of leaves) {
    range.append(leaf, (node, hash) => stored.set(`${node.level}/${node.index}`, hash))
  }
  return async (nodes) =>
    nodes.map(({ level, index }) => {
      const hash = stored.get(`${level}/${index}`)
      if (hash?.length === HASH_SIZE) return hash
      throw new TlogError(
        'tlog.bad_argument',
        `A tree of ${leaves.length} has no node ${index} at level ${level}.`,
      )
    })
}

/**
 * Reading a log's tree from the database.
 *
 * @module
 */
import { type HashReader, type TileId, type TileReader, tileHashReader } from '@writ/tlog'
import { sql } from 'kysely'
import type { Database, Tx } from '#platform/database'
import type { Uuid } from '#platform/ids'

const HASH_BYTES = 32
const TILE_WIDTH = 256

interface TileRow {
  readonly tile: number
  readonly found: number
  readonly hashes: Buffer | null
  /** Set where some are missing. */
  readonly indexes: number[] | null
}

/** Reads tiles of the transaction's organization: neighbouring rows of audit_leaves, or of audit_nodes above them. */
export function tileReader(tx: Tx, organizationId: Uuid): TileReader {
  return (tiles) => readTiles(tx, organizationId, tiles)
}

/** Reads the hashes of a log of `size`, within a transaction of its organization. */
export function hashReader(tx: Tx, organizationId: Uuid, size: number): HashReader {
  return tileHashReader(size, tileReader(tx, organizationId))
}

/** As {@link hashReader}, each read in a transaction of its own: for walks that last. What was signed never changes. */
export function detachedHashReader(db: Database, organizationId: Uuid, size: number): HashReader {
  return tileHashReader(size, (tiles) =>
    db.transaction(`org:${organizationId}`, (tx) => readTiles(tx, organizationId, tiles)),
  )
}

async function readTiles(tx: Tx, organizationId: Uuid, tiles: readonly TileId[]): Promise<Uint8Array[]> {
  const { rows } = await sql<TileRow>`
    select (t.number - 1)::int as tile, count(h.hash)::int as found, string_agg(h.hash, ''::bytea order by h.index) as hashes,
      case when count(h.hash) <> t.width then array_agg(h.index::float8 order by h.index) end as indexes
    from unnest(
      ${tiles.map((tile) => tile.level)}::smallint[],
      ${tiles.map((tile) => tile.index * TILE_WIDTH)}::bigint[],
      ${tiles.map((tile) => tile.width)}::int[]
    ) with ordinality as t (level, first, width, number)
    cross join lateral (
      select index, hash from audit_leaves
      where t.level = 0 and organization_id = ${organizationId} and index >= t.first and index < t.first + t.width
      union all
      select index, hash from audit_nodes
      where t.level > 0 and organization_id = ${organizationId} and level = t.level and index >= t.first and index < t.first + t.width
    ) h
    group by t.number, t.width`.execute(tx)
  const found = new Map(rows.map((row) => [row.tile, row]))
  return tiles.map((tile, i) => bytesOf(tile, found.get(i)))
}

/**
 * A hash that somebody removed reads as zeros: proofs over it do not verify, and an export can still be written, so
 * that its verification says which entry is gone.
 */
function bytesOf(tile: TileId, row: TileRow | undefined): Uint8Array {
  if (row?.hashes && row.indexes === null) return row.hashes
  const bytes = Buffer.alloc(tile.width * HASH_BYTES)
  const first = tile.index * TILE_WIDTH
  row?.indexes?.forEach((index, i) => {
    row.hashes!.copy(bytes, (index - first) * HASH_BYTES, i * HASH_BYTES, (i + 1) * HASH_BYTES)
  })
  return bytes
}

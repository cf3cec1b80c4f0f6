/**
 * A transparency log: append-only, provable, verifiable offline. Pure code without dependencies, for
 * Node 20 and later and for browsers.
 *
 * Invariants
 * - Hashing is RFC 9162 section 2.1 with SHA-256; every proof is that of the RFC.
 * - What verifies throws on anything but success; nothing unverified is returned as if it were.
 * - Parsers are strict: whatever they accept has one spelling, and formatting gives it back.
 * - Memory is bounded by O(log n) and one tile, however long the log.
 * - Indices and sizes are integers below 2^53.
 *
 * @module
 */
export { equalBytes, fromBase64, toBase64 } from './bytes.ts'
export { canonicalJson, type JsonValue, parseCanonicalJson } from './canonical-json.ts'
export {
  type Checkpoint,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  peekCheckpoint,
  signCheckpoint,
} from './checkpoint.ts'
export {
  CompactRange,
  type CompactRangeState,
  coveringNodes,
  type NodeId,
  type NodeVisitor,
} from './compact-range.ts'
export { TlogError, type TlogErrorCode } from './errors.ts'
export { type ExportEntry, type ExportHeader, type PersonalValue, personalHash } from './export.ts'
export type { TrustMode } from './export-checkpoint.ts'
export type { ExportProblem, ExportProblemCode } from './export-group.ts'
export { type ExportReport, type VerifyExportOptions, verifyExport } from './export-verify.ts'
export { type ExportOptions, type ExportSource, writeExport } from './export-write.ts'
export { memoryHashReader, type TileReader, tileHashReader } from './hash-readers.ts'
export { emptyRoot, HASH_SIZE, type Hash, leafHash, nodeHash } from './hashing.ts'
export { splitLines } from './lines.ts'
export {
  formatNote,
  type NoteSignature,
  type OpenedNote,
  openNote,
  type ParsedNote,
  parseNote,
  signNote,
} from './note.ts'
export {
  formatVerifierKey,
  type NoteSigner,
  type NoteVerifier,
  noteKeyId,
  noteSigner,
  noteVerifier,
  parseVerifierKey,
} from './note-keys.ts'
export {
  type ConsistencyClaim,
  type HashReader,
  type InclusionClaim,
  inclusionRoot,
  proveConsistency,
  proveInclusion,
  readRoot,
  verifyConsistency,
  verifyInclusion,
} from './proof.ts'
export { type FetchFile, type TiledFile, TiledLog, type TiledLogOptions, writeTiledLog } from './tiled-log.ts'
export {
  type BundleId,
  bundlePath,
  formatBundle,
  parseBundle,
  parseTile,
  parseTilePath,
  TILE_HEIGHT,
  TILE_WIDTH,
  type TileId,
  tilePath,
  tilesOf,
  tileWidth,
} from './tiles.ts'

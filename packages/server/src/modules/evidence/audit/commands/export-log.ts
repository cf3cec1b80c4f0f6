import { Readable } from 'node:stream'
import { writeExport } from '@writ/tlog'
import type { Ctx } from '#platform/context'
import type { Database } from '#platform/database'
import type { Uuid } from '#platform/ids'
import { errors, events, permissions } from '../catalog.ts'
import { detachedHashReader } from '../log/hashes.ts'
import { findCheckpoint, readEntries, type SignedCheckpoint, verifierKey } from '../queries.ts'

/** Read at once; a group of the export has 256. */
const ENTRIES = 512
/** Lines are sent together in pieces of about this many characters. */
const PIECE = 65_536

export interface ExportRange {
  /** First index; default 0. */
  readonly from?: number | undefined
  /** Index after the last; default the size of the newest checkpoint. */
  readonly to?: number | undefined
}

/**
 * The log, or a range of it, as JSON lines that verify offline (packages/tlog, export.ts), up to its newest
 * checkpoint. That it was exported is in the log before the first byte. However long the log, a few hundred entries
 * are in memory at once; the stream reads on as fast as its reader does.
 *
 * @throws `audit.no_checkpoint`, `audit.range`
 */
export async function exportLog(ctx: Ctx, range: ExportRange): Promise<Readable> {
  await ctx.authorize(permissions.export)
  const { organizationId } = ctx
  const { checkpoint, key } = await ctx.db.transaction(`org:${organizationId}`, async (tx) => {
    const newest = await findCheckpoint(tx, organizationId)
    if (!newest) throw errors.no_checkpoint()
    return { checkpoint: newest, key: await verifierKey(tx, organizationId) }
  })
  const { from = 0, to = checkpoint.size } = range
  if (from > to || to > checkpoint.size) throw errors.range({ size: checkpoint.size })
  await ctx.recordNow(
    events.exported({
      target: { type: 'audit_log', id: organizationId },
      data: { from, to, size: checkpoint.size },
    }),
  )
  return Readable.from(pieces(exportLines(ctx.db, organizationId, { checkpoint, key, from, to })), {
    objectMode: false,
  })
}

interface ExportInput {
  readonly checkpoint: SignedCheckpoint
  readonly key: string
  readonly from: number
  readonly to: number
}

/** The lines of an export, without newlines. */
export function exportLines(
  db: Database,
  organizationId: Uuid,
  { checkpoint, key, from, to }: ExportInput,
): AsyncGenerator<string> {
  return writeExport({
    checkpoint: checkpoint.note,
    verifierKey: key,
    from,
    to,
    entries: entries(db, organizationId, from, to),
    read: detachedHashReader(db, organizationId, checkpoint.size),
  })
}

async function* entries(db: Database, organizationId: Uuid, from: number, to: number) {
  for (let at = from; at < to; at += ENTRIES) {
    yield* await db.transaction(`org:${organizationId}`, (tx) =>
      readEntries(tx, organizationId, at, Math.min(to, at + ENTRIES)),
    )
  }
}

async function* pieces(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let held = ''
  for await (const line of lines) {
    held += `${line}\n`
    if (held.length < PIECE) continue
    yield Buffer.from(held)
    held = ''
  }
  if (held !== '') yield Buffer.from(held)
}

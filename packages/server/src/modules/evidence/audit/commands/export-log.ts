import { Readable } from 'node:stream'
import { writeExport } from '@writ/tlog'
import { type Ctx, createCtx } from '#platform/context'
import type { Database } from '#platform/database'
import { failures } from '#platform/errors'
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
 * are in memory at once; the stream reads on as fast as its reader does. Before each piece of it the actor's standing is
 * read anew: whoever lost it meanwhile, however slowly they read, gets no further, and finds no end line.
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
  const lines = exportLines(ctx.db, organizationId, { checkpoint, key, from, to })
  return Readable.from(pieces(ctx, lines), { objectMode: false })
}

/** @throws `unauthorized`, `forbidden`: the stream breaks off */
async function checkStanding(ctx: Ctx): Promise<void> {
  const { ports } = ctx.services
  const principal = ctx.principal && (await ports.refresh(ctx.principal, ctx.now()))
  if (!principal) throw failures.unauthorized()
  const { requestId, client, actor, organizationId } = ctx
  const policy = principal.home.organizationId === organizationId ? principal.policy : ctx.policy
  const now = createCtx(ctx.services, { requestId, client, actor, organizationId, policy, principal })
  const { allowed, reason } = await ports.decide(now, permissions.export, undefined)
  // A fresh sign-in was needed to begin; that it is stale by now does not matter.
  if (!allowed && reason !== 'fresh_sign_in_required') throw failures.forbidden({ reason })
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

async function* pieces(ctx: Ctx, lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let held = ''
  for await (const line of lines) {
    held += `${line}\n`
    if (held.length < PIECE) continue
    await checkStanding(ctx)
    yield Buffer.from(held)
    held = ''
  }
  if (held === '') return
  await checkStanding(ctx)
  yield Buffer.from(held)
}

/** Reads of the log. Each authorizes. */
import {
  type Checkpoint,
  formatBundle,
  type JsonValue,
  leafHash,
  type PersonalValue,
  parseTilePath,
  peekCheckpoint,
  proveConsistency,
  proveInclusion,
  readRoot,
  TILE_WIDTH,
  TlogError,
  tileWidth,
  toBase64,
} from '@writ/tlog'
import { type SelectQueryBuilder, sql } from 'kysely'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { Page } from '#platform/pages'
import type { DB } from '../../../generated/database.ts'
import { errors, permissions } from './catalog.ts'
import { hashReader, tileReader } from './log/hashes.ts'
import type { Leaf } from './model.ts'

/** What a list of events can be narrowed to. */
export interface EventFilter {
  /** A type, or with `*` at its end all that begin so. */
  readonly type?: string | undefined
  /** Any of these, spelled as `type`; none: no event. */
  readonly types?: readonly string[] | undefined
  readonly actor?: string | undefined
  readonly target?: string | undefined
  readonly outcome?: string | undefined
  readonly from?: Date | undefined
  readonly to?: Date | undefined
}

export interface StoredEvent {
  readonly id: Uuid
  readonly leaf: Leaf
  readonly text: string
  /** Clear values that have not been erased. */
  readonly personal: ReadonlyMap<string, PersonalValue>
  /** Undefined until the event is numbered. */
  readonly index: number | undefined
  readonly isInCheckpoint: boolean
}

export interface SignedCheckpoint extends Checkpoint {
  readonly note: string
  readonly createdAt: Date
}

/** Newest first. */
export async function listEvents(ctx: Ctx, filter: EventFilter, page: Page): Promise<StoredEvent[]> {
  await authorizeReading(ctx)
  return read(ctx, async (tx) => {
    let query = selectEvents(tx, ctx.organizationId)
    if (filter.type !== undefined) query = query.where(isOfType(filter.type))
    if (filter.types) query = query.where((eb) => eb.or(filter.types!.map((type) => isOfType(type))))
    if (filter.actor !== undefined) query = query.where('e.actorId', '=', filter.actor)
    if (filter.target !== undefined) query = query.where('e.targetId', '=', filter.target)
    if (filter.outcome !== undefined) query = query.where('e.outcome', '=', filter.outcome)
    // An id begins with the event's time, so a period is a range of ids.
    if (filter.from) query = query.where('e.id', '>=', firstIdAt(filter.from))
    if (filter.to) query = query.where('e.id', '<', firstIdAt(filter.to))
    if (page.after) query = query.where('e.id', '<', page.after)
    const rows = await query
      .orderBy('e.id', 'desc')
      .limit(page.limit + 1)
      .execute()
    return rows.map(toStored)
  }).then(async (events) => {
    await noteReading(ctx, filter)
    return events
  })
}

function isOfType(type: string) {
  return type.endsWith('*')
    ? sql<boolean>`e.type like ${`${escapeLike(type.slice(0, -1))}%`}`
    : sql<boolean>`e.type = ${type}`
}

/** To ask for what one person did, or what was done to them, is to look at that person. */
async function noteReading(ctx: Ctx, { actor, target }: EventFilter): Promise<void> {
  for (const id of [actor, target]) {
    const about = id === undefined ? undefined : await personOf(ctx, id)
    if (about !== undefined) await ctx.services.ports.noteRead(ctx, { what: 'audit_events', about })
  }
}

/** The account of a user or member of the organization. */
async function personOf(ctx: Ctx, id: string): Promise<Uuid | undefined> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return undefined
  return read(ctx, async (tx) => {
    const row = await tx
      .selectFrom('members')
      .select('userId')
      .where((eb) => eb.or([eb('id', '=', id), eb('userId', '=', id)]))
      .executeTakeFirst()
    return row?.userId
  })
}

/** @throws `audit.not_found` */
export async function getEvent(ctx: Ctx, id: Uuid): Promise<StoredEvent> {
  await authorizeReading(ctx)
  return read(ctx, (tx) => findEvent(tx, ctx.organizationId, id))
}

/** The event with the proof that it stands in the log under the newest checkpoint. @throws `audit.not_found`, `audit.not_in_checkpoint` */
export async function proveEvent(ctx: Ctx, id: Uuid) {
  await authorizeReading(ctx)
  return read(ctx, async (tx) => {
    const event = await findEvent(tx, ctx.organizationId, id)
    const checkpoint = await findCheckpoint(tx, ctx.organizationId)
    if (event.index === undefined || !checkpoint || event.index >= checkpoint.size)
      throw errors.not_in_checkpoint()
    const proof = await proveInclusion(
      event.index,
      checkpoint.size,
      hashReader(tx, ctx.organizationId, checkpoint.size),
    )
    const hash = toBase64(leafHash(event.text))
    return {
      event,
      index: event.index,
      hash,
      proof: proof.map(toBase64),
      checkpoint,
      verifierKey: await verifierKey(tx, ctx.organizationId),
    }
  })
}

/** The newest checkpoint. @throws `audit.no_checkpoint` */
export async function getCheckpoint(ctx: Ctx): Promise<SignedCheckpoint & { readonly verifierKey: string }> {
  await authorizeReading(ctx)
  return read(ctx, async (tx) => {
    const checkpoint = await findCheckpoint(tx, ctx.organizationId)
    if (!checkpoint) throw errors.no_checkpoint()
    return { ...checkpoint, verifierKey: await verifierKey(tx, ctx.organizationId) }
  })
}

/** That the log of `to` events begins with the log of `from` events. Without `to`: that of the newest checkpoint. @throws `audit.range`, `audit.no_checkpoint` */
export async function proveExtension(ctx: Ctx, range: { from: number; to?: number | undefined }) {
  await authorizeReading(ctx)
  return read(ctx, async (tx) => {
    const newest = await findCheckpoint(tx, ctx.organizationId)
    if (!newest) throw errors.no_checkpoint()
    const { from, to = newest.size } = range
    if (from > to || to > newest.size) throw errors.range({ size: newest.size })
    const hashes = hashReader(tx, ctx.organizationId, newest.size)
    const head = async (size: number) => ({ size, root: toBase64(await readRoot(size, hashes)) })
    const proof = await proveConsistency(from, to, hashes)
    return { from: await head(from), to: await head(to), proof: proof.map(toBase64) }
  })
}

/** The log's keys, the one that signs now first. */
export async function listKeys(ctx: Ctx) {
  await authorizeReading(ctx)
  return read(ctx, (tx) =>
    tx
      .selectFrom('auditKeys')
      .select(['number', 'origin', 'verifierKey', 'createdAt'])
      .where('organizationId', '=', ctx.organizationId)
      .orderBy('number', 'desc')
      .execute(),
  )
}

/** A file of the log as C2SP tlog-tiles lays it out: `checkpoint`, `tile/<L>/<N>`, `tile/entries/<N>`. @throws `audit.no_checkpoint`, `audit.no_such_tile` */
export async function readLogFile(ctx: Ctx, path: string): Promise<Uint8Array> {
  await authorizeReading(ctx)
  return read(ctx, async (tx) => {
    const checkpoint = await findCheckpoint(tx, ctx.organizationId)
    if (!checkpoint) throw errors.no_checkpoint()
    if (path === 'checkpoint') return Buffer.from(checkpoint.note)
    const file = parsePath(path)
    const level = file.kind === 'entries' ? 0 : file.level
    if (file.width > tileWidth(level, file.index, checkpoint.size)) throw errors.no_such_tile()
    if (file.kind === 'tile') return (await tileReader(tx, ctx.organizationId)([file]))[0]!
    const first = file.index * TILE_WIDTH
    const entries = await readEntries(tx, ctx.organizationId, first, first + file.width)
    return formatBundle(entries.map(({ leaf }) => Buffer.from(leaf)))
  })
}

function parsePath(path: string): ReturnType<typeof parseTilePath> {
  try {
    return parseTilePath(path)
  } catch (error) {
    if (error instanceof TlogError) throw errors.no_such_tile({}, error)
    throw error
  }
}

/** The newest checkpoint of the transaction's organization. */
export async function findCheckpoint(tx: Tx, organizationId: Uuid): Promise<SignedCheckpoint | undefined> {
  const row = await tx
    .selectFrom('auditCheckpoints')
    .select(['note', 'createdAt'])
    .where('organizationId', '=', organizationId)
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { ...peekCheckpoint(row.note), ...row }
}

export async function verifierKey(tx: Tx, organizationId: Uuid): Promise<string> {
  const query = tx.selectFrom('auditKeys').select('verifierKey').where('organizationId', '=', organizationId)
  return (await query.orderBy('number', 'desc').limit(1).executeTakeFirstOrThrow()).verifierKey
}

/** Leaves `[from, to)` with the clear values that are still there; a gap where a row is gone has an empty leaf. */
export async function readEntries(tx: Tx, organizationId: Uuid, from: number, to: number) {
  const { rows } = await sql<{ leaf: string; personal: Record<string, PersonalValue> | null }>`
    select coalesce(e.leaf, '') as leaf, (
      select json_object_agg(f.key, f.value order by f.key)
      from audit_personal p, jsonb_each(p.facts) f
      where p.organization_id = ${organizationId} and p.event_id = e.id
    ) as personal
    from generate_series(${from}::bigint, ${to - 1}::bigint) as i (index)
    left join audit_leaves l on l.organization_id = ${organizationId} and l.index = i.index
    left join audit_events e on e.organization_id = ${organizationId} and e.id = l.event_id
    order by i.index`.execute(tx)
  return rows.map(({ leaf, personal }) => (personal ? { leaf, personal } : { leaf }))
}

/** Which events concern somebody, and which clear values of them are theirs to see. */
export interface AboutSomebody {
  /** Ids of targets. */
  readonly targets: readonly string[]
  /** Also what these did. */
  readonly actor?: Uuid | undefined
  /** But nothing that these did. */
  readonly except?: Uuid | undefined
  /** `<type>:<id>`: whose clear values are read. */
  readonly about: readonly string[]
  readonly types?: readonly string[] | undefined
  /** Nothing of before the time of this id, and no id from that one on. */
  readonly since?: Uuid | undefined
  readonly before?: Uuid | undefined
  readonly limit: number
}

/**
 * Events that concern somebody, newest first, for whoever has settled that they may see them (the person). Clear values
 * about others are left out. Scope: the organization.
 */
export async function readEventsAbout(
  tx: Tx,
  organizationId: Uuid,
  { targets, actor, except, about, types, since, before, limit }: AboutSomebody,
): Promise<StoredEvent[]> {
  const first = since === undefined ? null : `${since.slice(0, 13)}-0000-0000-000000000000`
  const { rows } = await sql<EventRow>`
    select e.id, e.leaf, null as index, null as signed_size, (
      select json_agg(p.facts) from audit_personal p
      where p.organization_id = e.organization_id and p.event_id = e.id and p.about = any (${about}::text[])
    ) as facts
    from audit_events e
    where e.organization_id = ${organizationId}
      and (e.target_id = any (${targets}::text[]) or e.actor_id = ${actor ?? null}::text)
      and (${except ?? null}::text is null or e.actor_id is distinct from ${except ?? null}::text)
      and (${types ?? null}::text[] is null or e.type = any (${types ?? null}::text[]))
      and (${first}::uuid is null or e.id >= ${first}::uuid)
      and (${before ?? null}::uuid is null or e.id < ${before ?? null}::uuid)
    order by e.id desc limit ${limit}`.execute(tx)
  return rows.map(toStored)
}

/** The platform's own log has a permission of its own: who reads organizations' does not thereby read it, nor the reverse. */
function authorizeReading(ctx: Ctx): Promise<void> {
  const home = ctx.principal?.home
  const isPlatforms = home?.kind === 'platform' && home.organizationId === ctx.organizationId
  return ctx.authorize(isPlatforms ? permissions.readPlatform : permissions.read)
}

function read<T>(ctx: Ctx, work: (tx: Tx) => Promise<T>): Promise<T> {
  return ctx.db.transaction(`org:${ctx.organizationId}`, work)
}

async function findEvent(tx: Tx, organizationId: Uuid, id: Uuid): Promise<StoredEvent> {
  const row = await selectEvents(tx, organizationId).where('e.id', '=', id).executeTakeFirst()
  if (!row) throw errors.not_found()
  return toStored(row)
}

interface EventRow {
  readonly id: Uuid
  readonly leaf: string
  readonly index: number | null
  readonly signedSize: number | null
  readonly facts: Record<string, PersonalValue>[] | null
}

function selectEvents(
  tx: Tx,
  organizationId: Uuid,
): SelectQueryBuilder<DB & { e: DB['auditEvents'] }, 'e', EventRow> {
  const query = tx
    .selectFrom('auditEvents as e')
    .where('e.organizationId', '=', organizationId)
    .select([
      'e.id',
      'e.leaf',
      sql<
        number | null
      >`(select l.index from audit_leaves l where l.organization_id = e.organization_id and l.event_id = e.id)`.as(
        'index',
      ),
      sql<
        number | null
      >`(select s.signed_size from audit_logs s where s.organization_id = e.organization_id)`.as(
        'signedSize',
      ),
      sql<Record<string, PersonalValue>[] | null>`(
        select json_agg(p.facts) from audit_personal p where p.organization_id = e.organization_id and p.event_id = e.id)`.as(
        'facts',
      ),
    ])
  return query as unknown as SelectQueryBuilder<DB & { e: DB['auditEvents'] }, 'e', EventRow>
}

function toStored(row: EventRow): StoredEvent {
  const personal = new Map<string, PersonalValue>()
  for (const facts of row.facts ?? [])
    for (const [field, kept] of Object.entries(facts)) personal.set(field, kept)
  const index = row.index ?? undefined
  return {
    id: row.id,
    leaf: JSON.parse(row.leaf) as Leaf & JsonValue,
    text: row.leaf,
    personal,
    index,
    isInCheckpoint: index !== undefined && index < (row.signedSize ?? 0),
  }
}

/** The lowest uuid v7 of a millisecond. */
function firstIdAt(time: Date): Uuid {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0').slice(-12)
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&')
}

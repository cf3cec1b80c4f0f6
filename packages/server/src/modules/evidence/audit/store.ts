/** All SQL of this module that writes. */
import { CompiledQuery, type RawBuilder, sql } from 'kysely'
import type { Database, Tx } from '#platform/database'
import type { Uuid } from '#platform/ids'
import { arrayText } from './log/array-text.ts'
import type { EntryRow } from './log/entry.ts'

/**
 * Enters the scope of an organization, adds its events with their personal values, and answers the scope that was
 * set before, all in one statement. `entered` is read first by both inserts, so the scope is set before the first
 * row meets row-level security.
 */
const INSERT = `
  with entered as materialized (
    select current_setting('writ.context', true) as before, set_config('writ.context', $1, true) as entered
  ), added as (
    insert into audit_events (organization_id, id, type, occurred_at, outcome, actor_kind, actor_id, target_type, target_id, request_id, leaf)
    select $2::uuid, e.*
    from entered, unnest($3::uuid[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], string_to_array($12, E'\\n'))
      as e (id, type, occurred_at, outcome, actor_kind, actor_id, target_type, target_id, request_id, leaf)
    where entered.entered is not null
  ), kept as (
    insert into audit_personal (organization_id, event_id, about, facts)
    select $2::uuid, p.event_id, p.about, p.facts::jsonb
    from entered, unnest($13::uuid[], $14::text[], string_to_array($15, E'\\n')) as p (event_id, about, facts)
    where entered.entered is not null
  )
  select before from entered`

/** Adds events of one organization in the caller's transaction, whatever scope that is in; the scope is as before afterwards. */
export async function insertWithin(
  db: Database,
  tx: Tx,
  organizationId: Uuid,
  rows: readonly EntryRow[],
): Promise<void> {
  const context = db.sign(`org:${organizationId}`)
  const { rows: answer } = await tx.executeQuery<{ before: string | null }>(
    CompiledQuery.raw(INSERT, values(context, organizationId, rows)),
  )
  const before = answer[0]?.before ?? ''
  if (before !== context) await sql`select set_config('writ.context', ${before}, true)`.execute(tx)
}

/** Adds events of one organization in a transaction of their own: they are durable when this returns. @throws `unavailable` */
export async function insertNow(
  db: Database,
  organizationId: Uuid,
  rows: readonly EntryRow[],
): Promise<void> {
  await db.prepared('audit-insert', INSERT, values(db.sign(`org:${organizationId}`), organizationId, rows))
}

function values(context: string, organizationId: Uuid, rows: readonly EntryRow[]): unknown[] {
  const personal = rows.flatMap((row) => row.personal.map((kept) => ({ id: row.id, ...kept })))
  return [
    context,
    organizationId,
    arrayText(rows, (row) => row.id),
    arrayText(rows, (row) => row.type),
    arrayText(rows, (row) => row.occurredAt.toISOString()),
    arrayText(rows, (row) => row.outcome),
    arrayText(rows, (row) => row.actorKind),
    arrayText(rows, (row) => row.actorId),
    arrayText(rows, (row) => row.targetType),
    arrayText(rows, (row) => row.targetId),
    arrayText(rows, (row) => row.requestId),
    // Canonical JSON has no raw newline. Elements of an array would be escaped quote by quote, which costs more than the rest.
    rows.map((row) => row.leaf).join('\n'),
    arrayText(personal, (kept) => kept.id),
    arrayText(personal, (kept) => kept.about),
    personal.map((kept) => JSON.stringify(kept.facts)).join('\n'),
  ]
}

/** The organization of events that belong to none. */
export async function platformOrganization(db: Database): Promise<Uuid | undefined> {
  const rows = await db.prepared<{ id: Uuid | null }>(
    'platform-organization',
    'select platform_organization() as id',
    [],
  )
  return rows[0]?.id ?? undefined
}

/**
 * Erases the clear values about these persons or things, and every other value that is one of these addresses.
 * @returns of how many events something was erased
 */
export function erasePersonalValues(
  tx: Tx,
  about: readonly string[],
  addresses: readonly string[],
): Promise<number> {
  return eraseWhere(tx, about, addresses, sql`true`)
}

/** As {@link erasePersonalValues}, of what was tried by nobody known: sign-ins that failed. */
export function eraseAttempts(
  tx: Tx,
  about: readonly string[],
  addresses: readonly string[],
): Promise<number> {
  const byNobody = sql<boolean>`exists (
    select from audit_events e
    where e.organization_id = p.organization_id and e.id = p.event_id and e.actor_kind = 'anonymous')`
  return eraseWhere(tx, about, addresses, byNobody)
}

async function eraseWhere(
  tx: Tx,
  about: readonly string[],
  addresses: readonly string[],
  condition: RawBuilder<unknown>,
): Promise<number> {
  const { rows } = await sql<{ eventId: Uuid }>`
    delete from audit_personal p
    where p.organization_id = (select current_organization())
      and (p.about = any (${about}::text[]) or exists (
        select from jsonb_each(p.facts) f where lower(f.value ->> 'value') = any (${addresses}::text[])
      ))
      and ${condition}
    returning p.event_id`.execute(tx)
  return new Set(rows.map((row) => row.eventId)).size
}

// What the sequencer calls: functions of migrations/0004_audit.sql, in a transaction signed `audit`. --------------------

/** What the sequencer took from the queue for one log. */
export interface GrownLog {
  readonly organizationId: Uuid
  readonly size: number
  readonly frontier: Buffer
  readonly checkpointSize: number
  readonly checkpointRoot: Buffer | null
  /** Hashes of the new leaves, 32 bytes each. */
  readonly hashes: Buffer
}

/** Which logs: all, or `only` these, and not those of `except`. */
export interface Logs {
  readonly only?: readonly Uuid[] | undefined
  readonly except?: readonly Uuid[] | undefined
}

export async function sequencePending(
  tx: Tx,
  limit: number,
  wait: boolean,
  { only, except = [] }: Logs = {},
): Promise<GrownLog[]> {
  const { rows } = await sql<GrownLog>`
    select * from sequence_audit(${limit}, ${wait}, ${only ?? null}::uuid[], ${except}::uuid[])`.execute(tx)
  return rows
}

/** Logs with events that wait to be numbered. */
export async function pendingLogs(tx: Tx, except: readonly Uuid[]): Promise<Uuid[]> {
  const { rows } = await sql<{ id: Uuid }>`
    select id from pending_audit_logs(${except}::uuid[]) as id`.execute(tx)
  return rows.map(({ id }) => id)
}

export interface SavedTree {
  readonly organizationId: Uuid
  readonly before: number
  readonly size: number
  readonly frontier: Uint8Array
  readonly nodes: readonly { readonly level: number; readonly index: number; readonly hash: Uint8Array }[]
}

export async function saveTrees(tx: Tx, trees: readonly SavedTree[]): Promise<void> {
  const nodes = trees.flatMap((tree) =>
    tree.nodes.map((node) => ({ organizationId: tree.organizationId, ...node })),
  )
  await sql`select save_audit_tree(
    ${trees.map((tree) => tree.organizationId)}::uuid[],
    ${trees.map((tree) => tree.before)}::bigint[],
    ${trees.map((tree) => tree.size)}::bigint[],
    ${trees.map((tree) => Buffer.from(tree.frontier))}::bytea[],
    ${nodes.map((node) => node.organizationId)}::uuid[],
    ${nodes.map((node) => node.level)}::smallint[],
    ${nodes.map((node) => node.index)}::bigint[],
    ${nodes.map((node) => Buffer.from(node.hash))}::bytea[])`.execute(tx)
}

/** A log with leaves that no checkpoint covers yet. */
export interface UnsignedLog {
  readonly organizationId: Uuid
  readonly size: number
  readonly frontier: Buffer
  readonly checkpointSize: number
  readonly checkpointRoot: Buffer | null
  readonly origin: string | null
  readonly verifierKey: string | null
  readonly seed: Buffer | null
}

export async function unsignedLogs(tx: Tx, limit: number): Promise<UnsignedLog[]> {
  return (await sql<UnsignedLog>`select * from unsigned_audit_logs(${limit})`.execute(tx)).rows
}

export interface NewKey {
  readonly organizationId: Uuid
  readonly origin: string
  readonly verifierKey: string
  readonly seed: Buffer
}

export async function addKeys(tx: Tx, keys: readonly NewKey[], now: Date): Promise<void> {
  await sql`select add_audit_keys(
    ${keys.map((key) => key.organizationId)}::uuid[],
    ${keys.map((key) => key.origin)}::text[],
    ${keys.map((key) => key.verifierKey)}::text[],
    ${keys.map((key) => key.seed)}::bytea[],
    ${now})`.execute(tx)
}

export interface SignedHead {
  readonly organizationId: Uuid
  readonly size: number
  readonly root: Uint8Array
  readonly note: string
}

export async function saveCheckpoints(tx: Tx, heads: readonly SignedHead[], now: Date): Promise<void> {
  await sql`select save_audit_checkpoints(
    ${heads.map((head) => head.organizationId)}::uuid[],
    ${heads.map((head) => head.size)}::bigint[],
    ${heads.map((head) => Buffer.from(head.root))}::bytea[],
    ${heads.map((head) => head.note)}::text[],
    ${now})`.execute(tx)
}

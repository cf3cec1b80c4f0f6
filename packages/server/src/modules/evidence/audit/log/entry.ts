/**
 * From an event, as modules tell it, to the rows that record it.
 *
 * @module
 */
import { randomFillSync } from 'node:crypto'
import { canonicalJson, type JsonValue, type PersonalValue } from '@writ/tlog'
import type { Actor, AuditEvent, Client } from '#platform/context'
import { sha256 } from '#platform/crypto'
import type { Uuid } from '#platform/ids'
import { errors } from '../catalog.ts'
import { bounded, commitTo, type Leaf, plainJson, plainText, separate } from '../model.ts'

/** Who did it and from where, apart from what was done. */
export interface Circumstances {
  readonly at: Date
  readonly actor: Actor
  readonly client: Client
  readonly requestId: string
}

/** Clear values about one person or thing. */
export interface PersonalRow {
  readonly about: string
  readonly facts: Record<string, PersonalValue>
}

/** One event of one log, ready to be inserted. */
export interface EntryRow {
  readonly organizationId: Uuid
  readonly id: Uuid
  readonly type: string
  readonly occurredAt: Date
  readonly outcome: 'success' | 'denied' | 'failure'
  readonly actorKind: string
  readonly actorId: string | null
  readonly targetType: string | null
  readonly targetId: string | null
  readonly requestId: string
  readonly leaf: string
  readonly personal: readonly PersonalRow[]
}

/** What an entry of C2SP tlog-tiles holds. */
const MOST_BYTES = 65_535
const SALT_BYTES = 16

/** The entry of an event in an organization's log. @throws `audit.event_too_large` */
export function entryOf(
  organizationId: Uuid,
  circumstances: Circumstances,
  event: AuditEvent,
  id = eventId(circumstances.at),
): EntryRow {
  return build(organizationId, circumstances, event, id)
}

/**
 * The two entries of an act of one organization's member (the platform's staff) on another: one in each log, each
 * naming the other. The actor's own log has no before and after, which are the other organization's affair.
 */
export function entryPair(
  organizationId: Uuid,
  home: Uuid,
  circumstances: Circumstances,
  event: AuditEvent,
): [there: EntryRow, atHome: EntryRow] {
  const [there, atHome] = [eventId(circumstances.at), eventId(circumstances.at)]
  const { before: _before, after: _after, personal: _personal, ...bare } = event
  return [
    build(organizationId, circumstances, event, there, { organization: home, event: atHome }),
    build(home, circumstances, bare, atHome, { organization: organizationId, event: there }),
  ]
}

function build(
  organizationId: Uuid,
  from: Circumstances,
  event: AuditEvent,
  id: Uuid,
  counterpart?: Leaf['counterpart'],
): EntryRow {
  const outcome = event.outcome ?? 'success'
  const actor = actorOf(from.actor)
  const target = event.target && { type: event.target.type, id: plainText(event.target.id).slice(0, 600) }
  const personal = new Personal(aboutActor(from.actor), target && `${target.type}:${target.id}`)
  if (from.client.ip !== '') personal.keep('ip', from.client.ip, 'actor')
  if (from.client.userAgent !== '') personal.keep('userAgent', plainText(from.client.userAgent), 'actor')
  for (const [field, value] of Object.entries(event.personal ?? {})) {
    if (value === undefined) continue
    const isTaken = personal.hashes !== undefined && Object.hasOwn(personal.hashes, field)
    personal.keep(isTaken ? `event.${field}` : field, plainJson(value), 'target')
  }
  const before = part('before', event.before, personal)
  const after = part('after', event.after, personal)
  const leaf: Leaf = {
    v: 1,
    id,
    organization: organizationId,
    type: event.type,
    outcome,
    at: from.at.toISOString(),
    actor,
    requestId: from.requestId,
    ...(target && { target }),
    ...(event.reason !== undefined && { reason: plainText(event.reason).slice(0, 500) }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(event.data && { data: bounded(plainJson(event.data), digest) }),
    ...(counterpart && { counterpart }),
    ...(personal.hashes && { personal: personal.hashes }),
  }
  const text = canonicalJson(leaf)
  if (Buffer.byteLength(text) > MOST_BYTES) throw errors.event_too_large({ type: event.type })
  return {
    organizationId,
    id,
    type: event.type,
    occurredAt: from.at,
    outcome,
    actorKind: actor.kind,
    actorId: actor.id ?? null,
    targetType: target?.type ?? null,
    targetId: target?.id ?? null,
    requestId: from.requestId,
    leaf: text,
    personal: personal.rows(),
  }
}

function part(
  name: 'before' | 'after',
  value: AuditEvent['before'],
  personal: Personal,
): JsonValue | undefined {
  if (value === undefined) return undefined
  const { clear, personal: found } = separate(name, plainJson(value))
  for (const [field, fact] of found) personal.keep(field, fact, 'target')
  return bounded(clear, digest)
}

function digest(text: string): string {
  return sha256(text).toString('base64')
}

/** Collects personal values with their hashes, by whom they are about. */
class Personal {
  readonly #actor: string
  readonly #target: string
  readonly #rows = new Map<string, Record<string, PersonalValue>>()
  hashes: Record<string, string> | undefined

  /** Values about nobody known: those of a stranger who tries an account are the account's, so that they go with it. */
  constructor(actor: string | undefined, target: string | undefined) {
    this.#actor = actor ?? target ?? ''
    this.#target = target ?? actor ?? ''
  }

  keep(field: string, value: JsonValue, of: 'actor' | 'target'): void {
    const about = of === 'actor' ? this.#actor : this.#target
    const { kept, hash } = commitTo(value, drawRandom(SALT_BYTES))
    this.hashes ??= {}
    this.hashes[field] = hash
    const facts = this.#rows.get(about) ?? {}
    facts[field] = kept
    this.#rows.set(about, facts)
  }

  rows(): PersonalRow[] {
    return [...this.#rows].map(([about, facts]) => ({ about, facts }))
  }
}

function actorOf(actor: Actor): Leaf['actor'] {
  switch (actor.kind) {
    case 'user':
      return { kind: 'user', id: actor.userId, member: actor.memberId, session: actor.sessionId }
    case 'application':
      return { kind: 'application', id: actor.applicationId }
    case 'operator':
    case 'system':
      return { kind: actor.kind, id: actor.name }
    case 'anonymous':
      return { kind: 'anonymous' }
  }
}

function aboutActor(actor: Actor): string | undefined {
  return actor.kind === 'user' ? `user:${actor.userId}` : undefined
}

const pool = Buffer.alloc(16_384)
let drawn = pool.length

/**
 * Random bytes, drawn from the system many at a time: a call for each event costs more than the rest of it. The caller
 * has read them, or keeps a copy, before it lets anyone else draw.
 */
function drawRandom(length: number): Buffer {
  if (drawn + length > pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  drawn += length
  return pool.subarray(drawn - length, drawn)
}

let lastMs = 0
let counter = 0

/**
 * A uuid v7 whose ids made in one millisecond by one process ascend (RFC 9562 section 6.2, method 1), so that a list
 * by id shows events in the order they happened: 48 bits of milliseconds, 30 of a counter, 44 random.
 */
export function eventId(at: Date): Uuid {
  const ms = at.getTime()
  counter = ms === lastMs ? counter + 1 : 0
  lastMs = ms
  const bytes = drawRandom(16)
  bytes.writeUIntBE(ms, 0, 6)
  bytes.writeUInt16BE(0x7000 | ((counter >>> 18) & 0x0fff), 6)
  bytes.writeUInt16BE(0x8000 | ((counter >>> 4) & 0x3fff), 8)
  bytes[10] = ((counter & 0x0f) << 4) | (bytes[10]! & 0x0f)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

import { type JsonValue, toBase64 } from '@writ/tlog'
import { z } from 'zod'
import { declaredEvents } from '#platform/catalog'
import { route } from '#platform/http'
import { bodyId, fromWire, type Prefix, pathId, toWire, type Uuid } from '#platform/ids'
import { pageOf, pageQuery, pageSchema, toPage } from '#platform/pages'
import { eraseMember } from './commands/erase-personal.ts'
import { exportLog } from './commands/export-log.ts'
import { type Leaf, restore } from './model.ts'
import {
  getCheckpoint,
  getEvent,
  listEvents,
  listKeys,
  proveEvent,
  proveExtension,
  readLogFile,
  type SignedCheckpoint,
  type StoredEvent,
} from './queries.ts'

const BASE = '/organizations/:organization/audit'
const tag = 'Audit'

const Reference = z.object({ type: z.string(), id: z.string() })
const AnyJson = z.unknown()

export const eventShape = z.object({
  id: z.string(),
  type: z.string(),
  description: z.string().nullable().describe('What events of this type say.'),
  at: z.iso.datetime(),
  outcome: z.enum(['success', 'denied', 'failure']),
  actor: z.object({
    kind: z.string(),
    id: z.string().nullable(),
    member: z.string().nullable(),
    session: z.string().nullable(),
  }),
  target: Reference.nullable(),
  requestId: z.string(),
  reason: z.string().nullable(),
  client: z.object({ ip: z.string().nullable(), userAgent: z.string().nullable() }),
  before: AnyJson.describe('The state before, clear values in their places; null where the event has none.'),
  after: AnyJson,
  data: AnyJson,
  personal: z.record(z.string(), AnyJson).describe('Further personal values, in clear.'),
  erased: z
    .array(z.string())
    .describe('Personal fields whose clear value was erased; their hashes stay in the log.'),
  counterpart: z
    .object({ organization: z.string(), event: z.string() })
    .nullable()
    .describe("The same act in the other organization's log."),
  index: z.number().int().nullable().describe('Its place in the log; null until it is numbered.'),
  isInCheckpoint: z.boolean().describe('Whether a signed checkpoint covers it, so that it can be proven.'),
})

const Checkpoint = z.object({
  note: z.string().describe('The signed note (C2SP tlog-checkpoint).'),
  origin: z.string(),
  size: z.number().int(),
  root: z.string().describe('Base64.'),
  signedAt: z.iso.datetime(),
})

const Head = z.object({ size: z.number().int(), root: z.string() })
const Hashes = z.array(z.string()).describe('Base64, in the order of RFC 9162 section 2.1.')
const instant = z.iso
  .datetime({ offset: true, error: 'should be a time such as 2026-03-01T00:00:00Z' })
  .transform((text) => new Date(text))
const count = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const Organization = z.object({ organization: z.string().max(200) })
const OneEvent = Organization.extend({ event: pathId('evt') })

export const auditRoutes = [
  route({
    method: 'GET',
    path: `${BASE}/events`,
    summary: 'List audit events, newest first',
    tag,
    access: 'member',
    query: z.strictObject({
      ...pageQuery('evt'),
      type: z
        .string()
        .max(120)
        .optional()
        .describe('A type such as members.deactivated, or members.* for all that begin so.'),
      actor: z
        .string()
        .max(200)
        .optional()
        .describe("A user's or application's id, an operator's or rule's name."),
      target: z.string().max(600).optional().describe('Id of what it was done to.'),
      outcome: z.enum(['success', 'denied', 'failure']).optional(),
      from: instant.optional().describe('At this time or later.'),
      to: instant.optional().describe('Before this time.'),
    }),
    response: pageSchema(eventShape),
    async handle(ctx, { query }) {
      const page = pageOf('evt', query)
      const { actor, target, ...filter } = query
      const rows = await listEvents(
        ctx,
        { ...filter, actor: actor && bare(actor), target: target && bare(target) },
        page,
      )
      return toPage('evt', page, rows, eventView)
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/events/:event`,
    summary: 'Read an audit event',
    tag,
    access: 'member',
    params: OneEvent,
    response: eventShape,
    handle: async (ctx, { params }) => eventView(await getEvent(ctx, params.event)),
  }),
  route({
    method: 'GET',
    path: `${BASE}/events/:event/proof`,
    summary: 'Prove that an audit event is in the log',
    tag,
    access: 'member',
    params: OneEvent,
    response: z.object({
      event: z.string(),
      leaf: z.string().describe('The text that is hashed: SHA-256(0x00 || leaf).'),
      index: z.number().int(),
      hash: z.string(),
      proof: Hashes,
      checkpoint: Checkpoint,
      verifierKey: z.string(),
    }),
    async handle(ctx, { params }) {
      const { event, checkpoint, ...proof } = await proveEvent(ctx, params.event)
      return {
        event: toWire('evt', event.id),
        leaf: event.text,
        ...proof,
        checkpoint: checkpointView(checkpoint),
      }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/checkpoint`,
    summary: 'Read the newest signed checkpoint',
    tag,
    access: 'member',
    response: Checkpoint.extend({ verifierKey: z.string() }),
    async handle(ctx) {
      const checkpoint = await getCheckpoint(ctx)
      return { ...checkpointView(checkpoint), verifierKey: checkpoint.verifierKey }
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/key`,
    summary: 'Read the keys that sign checkpoints',
    tag,
    access: 'member',
    response: z.object({
      keys: z.array(
        z.object({
          number: z.number().int(),
          origin: z.string(),
          verifierKey: z.string(),
          createdAt: z.iso.datetime(),
        }),
      ),
    }),
    handle: async (ctx) => ({
      keys: (await listKeys(ctx)).map((key) => ({ ...key, createdAt: key.createdAt.toISOString() })),
    }),
  }),
  route({
    method: 'GET',
    path: `${BASE}/consistency`,
    summary: 'Prove that the log only grew',
    tag,
    access: 'member',
    query: z.strictObject({
      from: count.describe('Size of the earlier log.'),
      to: count.optional().describe('Size of the later one; default the newest checkpoint.'),
    }),
    response: z.object({ from: Head, to: Head, proof: Hashes }),
    handle: (ctx, { query }) => proveExtension(ctx, query),
  }),
  route({
    method: 'GET',
    path: `${BASE}/export`,
    summary: 'Export the log with its proofs',
    tag,
    access: 'member',
    query: z.strictObject({
      from: count.optional().describe('First index.'),
      to: count.optional().describe('Index after the last.'),
    }),
    produces: 'application/x-ndjson',
    async handle(ctx, { query, params: _, reply, request }) {
      const stream = await exportLog(ctx, query)
      // The status is sent by now: a reader learns of a failure by the missing end line.
      stream.on('error', (err) => request.log.error({ err }, 'an audit export broke off'))
      return reply
        .type('application/x-ndjson')
        .header('content-disposition', 'attachment; filename="audit-log.jsonl"')
        .send(stream)
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/tile/*`,
    summary: 'Read a file of the log as C2SP tlog-tiles lays it out',
    tag,
    access: 'member',
    params: Organization.extend({ '*': z.string().max(200) }),
    produces: 'application/octet-stream',
    async handle(ctx, { params, reply }) {
      const rest = params['*']
      // `…/audit/tile` is a whole log of its own (tile/checkpoint, tile/tile/0/000); `…/audit` has the same tiles.
      const path = rest === 'checkpoint' || rest.startsWith('tile/') ? rest : `tile/${rest}`
      const bytes = await readLogFile(ctx, path)
      return reply
        .type(rest === 'checkpoint' ? 'text/plain; charset=utf-8' : 'application/octet-stream')
        .send(Buffer.from(bytes))
    },
  }),
  route({
    method: 'POST',
    path: `${BASE}/erasures`,
    summary: "Erase a person's clear values from the log",
    tag,
    access: 'member',
    body: z.strictObject({ user: bodyId('usr') }),
    response: z.object({ events: z.number().int().describe('Events of which something was erased.') }),
    handle: (ctx, { body }) => eraseMember(ctx, body.user),
  }),
]

function checkpointView({ note, origin, size, root, createdAt }: SignedCheckpoint) {
  return { note, origin, size, root: toBase64(root), signedAt: createdAt.toISOString() }
}

/** An event as the API answers it. */
export function eventView({ id, leaf, personal, index, isInCheckpoint }: StoredEvent) {
  const clear = new Map([...personal].map(([field, { value }]) => [field, value]))
  const shown = (field: string) =>
    typeof clear.get(field) === 'string' ? (clear.get(field) as string) : null
  const isElsewhere = (field: string) =>
    field === 'ip' || field === 'userAgent' || /^(before|after)($|\.)/.test(field)
  return {
    id: toWire('evt', id),
    type: leaf.type,
    description: declaredEvents.get(leaf.type) ?? null,
    at: leaf.at,
    outcome: leaf.outcome,
    actor: {
      kind: leaf.actor.kind,
      id: leaf.actor.id === undefined ? null : wireId(leaf.actor.kind, leaf.actor.id),
      member: leaf.actor.member === undefined ? null : toWire('mem', leaf.actor.member),
      session: leaf.actor.session === undefined ? null : toWire('ses', leaf.actor.session),
    },
    target: leaf.target ? { type: leaf.target.type, id: wireId(leaf.target.type, leaf.target.id) } : null,
    requestId: leaf.requestId,
    reason: leaf.reason ?? null,
    client: { ip: shown('ip'), userAgent: shown('userAgent') },
    before: restore('before', leaf.before, clear) ?? null,
    after: restore('after', leaf.after, clear) ?? null,
    data: leaf.data ?? null,
    personal: Object.fromEntries([...clear].filter(([field]) => !isElsewhere(field))) as Record<
      string,
      JsonValue
    >,
    erased: Object.keys(leaf.personal ?? {}).filter((field) => !clear.has(field)),
    counterpart: counterpartView(leaf.counterpart),
    index: index ?? null,
    isInCheckpoint,
  }
}

function counterpartView(counterpart: Leaf['counterpart']) {
  return counterpart
    ? { organization: toWire('org', counterpart.organization), event: toWire('evt', counterpart.event) }
    : null
}

const PREFIXES: Readonly<Record<string, Prefix>> = {
  organization: 'org',
  audit_log: 'org',
  user: 'usr',
  account: 'usr',
  member: 'mem',
  session: 'ses',
  assignment: 'asg',
  application: 'app',
  policy: 'pol',
  event: 'evt',
}
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function wireId(type: string, id: string): string {
  const prefix = PREFIXES[type]
  return prefix && UUID.test(id) ? toWire(prefix, id) : id
}

/** Ids as they stand in the log: what has a prefix is a uuid. */
function bare(id: string): string | Uuid {
  for (const prefix of Object.values(PREFIXES)) {
    const uuid = fromWire(prefix, id)
    if (uuid !== undefined) return uuid
  }
  return id
}

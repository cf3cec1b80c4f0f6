/**
 * Verifying a log from its rows: everything that can be computed is computed anew and compared.
 *
 * An export verifies offline what it holds. This also finds what no export shows: events that are in no log, filter
 * columns that tell another story than the leaf, stored hashes that no longer are what they were computed from.
 *
 * @module
 */
import {
  CompactRange,
  equalBytes,
  fromBase64,
  leafHash,
  noteVerifier,
  openCheckpoint,
  type PersonalValue,
  personalHash,
} from '@writ/tlog'
import { sql } from 'kysely'
import type { Database, Tx } from '#platform/database'
import type { Uuid } from '#platform/ids'
import type { Leaf } from '../model.ts'

/** One thing that is not as it was written. */
export interface LogFault {
  readonly kind: 'leaf' | 'columns' | 'personal' | 'gap' | 'unlogged' | 'node' | 'tree' | 'checkpoint'
  /** The entry, where one is concerned. */
  readonly index?: number
  readonly event?: Uuid
  readonly message: string
}

const ENTRIES = 1_000

interface Row {
  readonly index: number
  readonly hash: Buffer
  readonly eventId: Uuid
  readonly leaf: string | null
  readonly columns: Record<string, unknown>
  readonly facts: Record<string, PersonalValue>[] | null
}

/** All that is wrong with an organization's log; empty when nothing is. Holds a thousand entries at a time. */
export async function verifyLog(db: Database, organizationId: Uuid): Promise<LogFault[]> {
  return new Verification(db, organizationId).run()
}

class Verification {
  readonly #db: Database
  readonly #organizationId: Uuid
  readonly #faults: LogFault[] = []
  readonly #range = new CompactRange()
  readonly #nodes = new Map<string, Uint8Array>()
  /** Roots at the sizes that checkpoints state, filled in as the tree passes them. */
  readonly #roots = new Map<number, Uint8Array | undefined>()

  constructor(db: Database, organizationId: Uuid) {
    this.#db = db
    this.#organizationId = organizationId
  }

  async run(): Promise<LogFault[]> {
    await this.#read((tx) => this.#noteSizes(tx))
    for (;;) {
      const rows = await this.#read((tx) => this.#entries(tx))
      for (const row of rows) this.#entry(row)
      if (rows.length < ENTRIES) break
    }
    await this.#read(async (tx) => {
      await this.#checkUnlogged(tx)
      await this.#checkNodes(tx)
      await this.#checkTree(tx)
      await this.#checkCheckpoints(tx)
    })
    return this.#faults
  }

  #read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#db.transaction(`org:${this.#organizationId}`, work)
  }

  async #noteSizes(tx: Tx): Promise<void> {
    const rows = await tx
      .selectFrom('auditCheckpoints')
      .select('size')
      .where('organizationId', '=', this.#organizationId)
      .execute()
    for (const { size } of rows) this.#roots.set(size, undefined)
  }

  async #entries(tx: Tx): Promise<Row[]> {
    const { rows } = await sql<Row>`
      select l.index, l.hash, l.event_id, e.leaf,
        json_build_object('id', e.id, 'organization', e.organization_id, 'type', e.type, 'outcome', e.outcome, 'at', e.occurred_at,
          'actorKind', e.actor_kind, 'actorId', e.actor_id, 'targetType', e.target_type, 'targetId', e.target_id, 'requestId', e.request_id) as columns,
        (select json_agg(p.facts) from audit_personal p where p.organization_id = l.organization_id and p.event_id = l.event_id) as facts
      from audit_leaves l left join audit_events e on e.organization_id = l.organization_id and e.id = l.event_id
      where l.organization_id = ${this.#organizationId} and l.index >= ${this.#range.end}
      order by l.index limit ${ENTRIES}`.execute(tx)
    return rows
  }

  #entry(row: Row): void {
    const { index, eventId: event } = row
    while (this.#range.end < index) {
      this.#fault({ kind: 'gap', index: this.#range.end, message: `entry ${this.#range.end} is missing` })
      this.#append(new Uint8Array(32))
    }
    if (row.leaf === null)
      this.#fault({ kind: 'gap', index, event, message: `the event of entry ${index} is missing` })
    else if (!equalBytes(leafHash(row.leaf), row.hash))
      this.#fault({
        kind: 'leaf',
        index,
        event,
        message: `the event of entry ${index} is not the one that was logged`,
      })
    else this.#content(row, JSON.parse(row.leaf) as Leaf)
    this.#append(row.leaf === null ? new Uint8Array(row.hash) : leafHash(row.leaf))
  }

  #content({ index, eventId: event, columns, facts }: Row, leaf: Leaf): void {
    const told: Record<string, unknown> = {
      id: leaf.id,
      organization: leaf.organization,
      type: leaf.type,
      outcome: leaf.outcome,
      at: leaf.at,
      actorKind: leaf.actor.kind,
      actorId: leaf.actor.id ?? null,
      targetType: leaf.target?.type ?? null,
      targetId: leaf.target?.id ?? null,
      requestId: leaf.requestId,
    }
    for (const [column, value] of Object.entries(told)) {
      const stored = column === 'at' ? new Date(String(columns['at'])).toISOString() : columns[column]
      if (stored !== value)
        this.#fault({
          kind: 'columns',
          index,
          event,
          message: `column ${column} of entry ${index} is not what its leaf says`,
        })
    }
    for (const [field, { salt, value }] of (facts ?? []).flatMap((each) => Object.entries(each))) {
      if (personalHash(fromBase64(salt), value) === leaf.personal?.[field]) continue
      this.#fault({
        kind: 'personal',
        index,
        event,
        message: `the clear value of ${field} of entry ${index} is not the one that was logged`,
      })
    }
  }

  #append(hash: Uint8Array): void {
    this.#range.append(hash, ({ level, index }, node) => {
      if (level > 0 && level % 8 === 0) this.#nodes.set(`${level / 8}/${index}`, node)
    })
    if (this.#roots.has(this.#range.end)) this.#roots.set(this.#range.end, this.#range.root())
  }

  async #checkUnlogged(tx: Tx): Promise<void> {
    const { rows } = await sql<{ id: Uuid }>`
      select e.id from audit_events e
      where e.organization_id = ${this.#organizationId}
        and not exists (select from audit_leaves l where l.organization_id = e.organization_id and l.event_id = e.id)
        and not exists (select from audit_pending p where p.organization_id = e.organization_id and p.event_id = e.id)
      order by e.id limit 100`.execute(tx)
    for (const { id: event } of rows)
      this.#fault({
        kind: 'unlogged',
        event,
        message: `event ${event} is neither in the log nor waiting for it`,
      })
  }

  async #checkNodes(tx: Tx): Promise<void> {
    const stored = await tx
      .selectFrom('auditNodes')
      .select(['level', 'index', 'hash'])
      .where('organizationId', '=', this.#organizationId)
      .execute()
    const found = new Map(stored.map((node) => [`${node.level}/${node.index}`, node.hash]))
    for (const [key, hash] of this.#nodes) {
      const node = found.get(key)
      if (!node || !equalBytes(node, hash))
        this.#fault({
          kind: 'node',
          message: `tree node ${key} is ${node ? 'not what the entries under it give' : 'missing'}`,
        })
    }
    for (const key of found.keys())
      if (!this.#nodes.has(key))
        this.#fault({ kind: 'node', message: `tree node ${key} is over entries that do not exist` })
  }

  async #checkTree(tx: Tx): Promise<void> {
    const log = await tx
      .selectFrom('auditLogs')
      .select(['size', 'frontier'])
      .where('organizationId', '=', this.#organizationId)
      .executeTakeFirst()
    const size = log?.size ?? 0
    if (size !== this.#range.end)
      this.#fault({
        kind: 'tree',
        message: `the log is said to have ${size} entries and has ${this.#range.end}`,
      })
    else if (log && !equalBytes(log.frontier, this.#range.serialize().hashes))
      this.#fault({ kind: 'tree', message: 'the frontier of the tree is not what the entries give' })
  }

  async #checkCheckpoints(tx: Tx): Promise<void> {
    const keys = await tx
      .selectFrom('auditKeys')
      .select('verifierKey')
      .where('organizationId', '=', this.#organizationId)
      .execute()
    const verifiers = await Promise.all(keys.map(({ verifierKey }) => noteVerifier(verifierKey)))
    const stored = await tx
      .selectFrom('auditCheckpoints')
      .select(['size', 'root', 'note'])
      .where('organizationId', '=', this.#organizationId)
      .orderBy('size')
      .execute()
    for (const { size, root, note } of stored) {
      const computed = this.#roots.get(size)
      const fault = await openCheckpoint(note, verifiers).then(
        (opened) => {
          if (opened.size !== size || !equalBytes(opened.root, root))
            return 'is not what its signed note says'
          if (!computed) return 'is of more entries than there are'
          return equalBytes(computed, root) ? undefined : 'does not have the root of the entries'
        },
        (error: Error) => `is not signed by the log: ${error.message}`,
      )
      if (fault) this.#fault({ kind: 'checkpoint', message: `the checkpoint of ${size} entries ${fault}` })
    }
  }

  #fault(fault: LogFault): void {
    this.#faults.push(fault)
  }
}

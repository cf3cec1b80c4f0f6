/**
 * From recorded events to signed checkpoints.
 *
 * A round is two steps, each one transaction or more:
 * 1. number: under a lock that one node holds at a time, the pending events get the next indexes of their logs, and
 *    tree and queue change with them. A kill leaves all of it or nothing.
 * 2. sign: heads of committed logs that have no checkpoint yet. A kill leaves them unsigned, and the next round of any
 *    node, also after a restart, signs them. Only what step 1 has committed is ever signed.
 *
 * A head is signed only if it extends the log's checkpoint before it; a log for which that does not hold was changed
 * behind the server's back: it is not signed again, and {@link Sequencer.problem} says so. A log whose rows are such
 * that it cannot be numbered or signed at all is set aside in the same way until the next start: its events wait in
 * the queue, and the other logs go on.
 *
 * @module
 */
import { CompactRange, equalBytes, readRoot, signCheckpoint } from '@writ/tlog'
import pg from 'pg'
import type { Services } from '#platform/context'
import { AppError } from '#platform/errors'
import type { Uuid } from '#platform/ids'
import {
  addKeys,
  type GrownLog,
  type Logs,
  pendingLogs,
  type SavedTree,
  type SignedHead,
  saveCheckpoints,
  saveTrees,
  sequencePending,
  type UnsignedLog,
  unsignedLogs,
} from '../store.ts'
import { hashReader } from './hashes.ts'
import { LogKeys } from './keys.ts'
import type { OutsideCheckpoint, OutsideCheckpoints } from './outside.ts'
import { RecentHeads } from './recent-heads.ts'

const HASH_BYTES = 32
const TILE_HEIGHT = 8
/** Events numbered in one transaction: some tens of milliseconds of the database's and of this thread's time. */
const MOST_IN_ONE = 2_000
const MOST_SIGNED_IN_ONE = 500
const COMPARED_AT_ONCE = 8

export class Sequencer {
  readonly #services: Pick<Services, 'db' | 'log' | 'now'>
  readonly #keys: LogKeys
  readonly #outside: OutsideCheckpoints | undefined
  readonly #heads = new RecentHeads()
  #signing: Promise<void> = Promise.resolve()
  /** Logs that must not be signed, and why. */
  readonly #broken = new Map<Uuid, string>()
  /** Logs that cannot be numbered, and why. */
  readonly #stuck = new Map<Uuid, string>()

  constructor(
    services: Pick<Services, 'db' | 'log' | 'now' | 'masterKey' | 'publicUrl'>,
    outside: OutsideCheckpoints | undefined,
  ) {
    this.#services = services
    this.#keys = new LogKeys(services.masterKey, services.publicUrl)
    this.#outside = outside
  }

  /** What is wrong with the logs, if anything is. Each sentence names its organization. */
  problem(): string | undefined {
    const problems = new Set([...this.#broken.values(), ...this.#stuck.values()])
    return problems.size === 0 ? undefined : [...problems].join(' ')
  }

  /** Numbers pending events until none is left that can be. With `wait` it queues behind another node that is at it. Returns how many. */
  async number(wait: boolean): Promise<number> {
    for (let total = 0; ; ) {
      const numbered = await this.#numberSome(wait)
      total += numbered
      if (numbered < MOST_IN_ONE) return total
    }
  }

  /** All logs together; where one of them fails, each by itself, so that only that one is set aside. */
  async #numberSome(wait: boolean): Promise<number> {
    const except = [...this.#stuck.keys()]
    try {
      return await this.#numberOnce(wait, { except })
    } catch (error) {
      if (!isOfOneLog(error)) throw error
    }
    let total = 0
    const pending = await this.#services.db.transaction('audit', (tx) => pendingLogs(tx, except))
    for (const organizationId of pending) {
      try {
        total += await this.#numberOnce(wait, { only: [organizationId] })
      } catch (error) {
        if (!isOfOneLog(error)) throw error
        this.#setAside(this.#stuck, organizationId, 'numbered', error)
      }
    }
    return total
  }

  #setAside(where: Map<Uuid, string>, organizationId: Uuid, what: string, error: unknown): void {
    const message = `The audit log of organization ${organizationId} cannot be ${what}: ${sentence((error as Error).message)} Its events are still recorded, and wait. Put right what this says (audit_logs can be restored from a backup, or computed from audit_leaves) and start the server again.`
    where.set(organizationId, message)
    this.#services.log.fatal({ organizationId, err: error }, message)
  }

  async #numberOnce(wait: boolean, logs: Logs): Promise<number> {
    const trees = await this.#services.db.transaction('audit', async (tx) => {
      const grown = (await sequencePending(tx, MOST_IN_ONE, wait, logs)).map((log) => this.#grow(log))
      if (grown.length > 0) await saveTrees(tx, grown)
      return grown
    })
    // Only now: what was rolled back must not be known as a head.
    for (const tree of trees)
      if (tree.isVerified) this.#heads.add(tree.organizationId, { size: tree.size, root: tree.root })
    return trees.reduce((sum, tree) => sum + tree.size - tree.before, 0)
  }

  #grow(log: GrownLog): SavedTree & { readonly root: Uint8Array; readonly isVerified: boolean } {
    const range = CompactRange.resume({ begin: 0, end: log.size, hashes: new Uint8Array(log.frontier) })
    const isVerified =
      log.size === 0 ||
      (log.checkpointSize === log.size && equalBytes(range.root(), log.checkpointRoot!)) ||
      this.#heads.knows(log.organizationId, { size: log.size, root: range.root() })
    const nodes: { level: number; index: number; hash: Uint8Array }[] = []
    for (let at = 0; at < log.hashes.length; at += HASH_BYTES) {
      range.append(new Uint8Array(log.hashes.subarray(at, at + HASH_BYTES)), ({ level, index }, hash) => {
        if (level > 0 && level % TILE_HEIGHT === 0) nodes.push({ level: level / TILE_HEIGHT, index, hash })
      })
    }
    const frontier = range.serialize().hashes
    return {
      organizationId: log.organizationId,
      before: log.size,
      size: range.end,
      frontier,
      nodes,
      root: range.root(),
      isVerified,
    }
  }

  /**
   * Signs every head that has no checkpoint, and writes it outside too. One call at a time: what is read of a log must
   * be as new as what this process remembers of it.
   */
  sign(): Promise<void> {
    const signed = this.#signing.then(() => this.#sign())
    this.#signing = signed.catch(() => {})
    return signed
  }

  async #sign(): Promise<void> {
    for (;;) {
      const limit = MOST_SIGNED_IN_ONE + this.#broken.size
      const found = await this.#unsigned(limit)
      const heads: SignedHead[] = []
      for (const log of found) {
        try {
          const head = await this.#signHead(log)
          if (head) heads.push(head)
        } catch (error) {
          if (!isOfOneLog(error)) throw error
          this.#setAside(this.#broken, log.organizationId, 'signed', error)
        }
      }
      if (heads.length > 0)
        await this.#services.db.transaction('audit', (tx) => saveCheckpoints(tx, heads, this.#services.now()))
      for (const head of heads) {
        this.#heads.sign(head.organizationId, head)
        // After the commit: what lies outside must never be ahead of the database.
        await this.#outside?.append(head.organizationId, head.note)
      }
      if (found.length < MOST_SIGNED_IN_ONE) return
    }
  }

  async #unsigned(limit: number): Promise<UnsignedLog[]> {
    const { db, now } = this.#services
    const logs = await db.transaction('audit', (tx) => unsignedLogs(tx, limit))
    const keyless = logs.filter((log) => log.verifierKey === null)
    if (keyless.length === 0) return logs.filter((log) => !this.#broken.has(log.organizationId))
    const keys = await Promise.all(keyless.map((log) => this.#keys.create(log.organizationId)))
    await db.transaction('audit', (tx) => addKeys(tx, keys, now()))
    return this.#unsigned(limit)
  }

  async #signHead(log: UnsignedLog): Promise<SignedHead | undefined> {
    const { organizationId, size } = log
    const root = CompactRange.resume({ begin: 0, end: size, hashes: new Uint8Array(log.frontier) }).root()
    const fault = await this.#faultOf(log, root)
    if (fault !== undefined) {
      const message = `The audit log of organization ${organizationId} was changed behind the server's back: ${fault}. It is not signed any more.`
      this.#broken.set(organizationId, message)
      this.#services.log.fatal({ organizationId, size }, message)
      return undefined
    }
    const signer = await this.#keys.signer({
      organizationId,
      origin: log.origin!,
      verifierKey: log.verifierKey!,
      seed: log.seed!,
    })
    const note = await signCheckpoint({ origin: log.origin!, size, root }, [signer])
    return { organizationId, size, root, note }
  }

  /** Why the head must not be signed; undefined if it extends the checkpoint before it. */
  async #faultOf(log: UnsignedLog, root: Uint8Array): Promise<string | undefined> {
    const { organizationId, size, checkpointSize, checkpointRoot } = log
    const signed = this.#heads.signed(organizationId)
    if (signed && checkpointSize < signed.size) {
      return `its newest checkpoint is of ${checkpointSize} events, and one of ${signed.size} was signed before`
    }
    if (this.#heads.knows(organizationId, { size, root })) return undefined
    // Numbered by another node, or before a restart: the tree is read from the leaves.
    return this.#services.db.transaction(`org:${organizationId}`, async (tx) => {
      const read = hashReader(tx, organizationId, size)
      if (!equalBytes(await readRoot(size, read), root))
        return `its ${size} leaves do not have the root of its tree`
      if (checkpointSize === 0 || equalBytes(await readRoot(checkpointSize, read), checkpointRoot!))
        return undefined
      return `its first ${checkpointSize} leaves do not have the root of their checkpoint`
    })
  }

  /**
   * Compares each log with its last checkpoint outside the database.
   *
   * @returns a sentence for every log that does not extend it
   */
  async compareOutside(): Promise<string[]> {
    if (!this.#outside) return []
    const faults: string[] = []
    // One generator, drawn from by several: each takes the next.
    const last = this.#outside.last()
    const compare = async () => {
      for await (const checkpoint of last) {
        const fault = await this.#compare(checkpoint)
        if (fault !== undefined) faults.push(fault)
      }
    }
    await Promise.all(Array.from({ length: COMPARED_AT_ONCE }, compare))
    return faults.sort()
  }

  async #compare({ organizationId, path, checkpoint }: OutsideCheckpoint): Promise<string | undefined> {
    const found = await this.#rootAt(organizationId, checkpoint.size)
    if (found && equalBytes(found, checkpoint.root)) return undefined
    const fault =
      `The audit log of organization ${organizationId} is not the one that ${path} tells of: that file's last checkpoint is of ` +
      `${checkpoint.size} events, ${found ? 'and the first as many in the database have another root' : 'and the database has fewer'}. ` +
      'Somebody rewrote the log, or an older backup was restored. Restore the newest backup; to go on without it, move the file away and keep it.'
    this.#broken.set(organizationId, fault)
    return fault
  }

  #rootAt(organizationId: Uuid, size: number): Promise<Uint8Array | undefined> {
    return this.#services.db.transaction(`org:${organizationId}`, async (tx) => {
      const log = await tx
        .selectFrom('auditLogs')
        .select('size')
        .where('organizationId', '=', organizationId)
        .executeTakeFirst()
      return log && log.size >= size ? readRoot(size, hashReader(tx, organizationId, size)) : undefined
    })
  }
}

/**
 * Whether the failure lies in what a log's rows say, as opposed to the database or the machine, which fail all logs:
 * SQLSTATE classes 22 (data) and 23 (integrity), and what the tree refuses to be computed from.
 */
function isOfOneLog(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return /^2[23]/.test(error.code ?? '')
  return error instanceof Error && !(error instanceof AppError)
}

function sentence(message: string): string {
  return message.endsWith('.') ? message : `${message}.`
}

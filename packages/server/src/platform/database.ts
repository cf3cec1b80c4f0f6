/**
 * The database as the server uses it: transactions whose row-level security is bound to one scope, and the loss of
 * the connection told apart from every other failure.
 *
 * A scope says what a transaction may see: `org:<uuid>` the rows of one organization, `account:<uuid>` an account on
 * its own behalf, `attach:<org uuid>:<account uuid>` an organization that takes in that account, `address:<key>` the
 * one look-up of a sign-in, `passkey` the same for a sign-in without a name, `link` a one-time link that was presented,
 * `sign-on` what the OpenID provider keeps, `mail` the outbox while it is sent, `deadlines` what is overdue anywhere,
 * `stamps` nothing but noting use, `audit` the sequencer's functions over all logs. It is signed here and verified in the database
 * (migrations/0001_foundation.sql), so SQL that is injected into a statement cannot step into another scope.
 *
 * @module
 */
import { CamelCasePlugin, Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'
import type { DB } from '../generated/database.ts'
import { deriveKey, hmac } from './crypto.ts'
import { AppError, failures } from './errors.ts'
import type { Uuid } from './ids.ts'

export type Tx = Transaction<DB>

export type Scope =
  | `org:${Uuid}`
  | `attach:${Uuid}:${Uuid}`
  | `account:${Uuid}`
  | `address:${string}`
  | 'passkey'
  | 'link'
  | 'sign-on'
  | 'mail'
  | 'deadlines'
  | 'stamps'
  | 'audit'

/** Deadlock and serialization failures (SQLSTATE class 40) lost no one's work and are tried again. */
const ATTEMPTS = 4

export class Database {
  readonly kysely: Kysely<DB>
  readonly #statements: pg.Pool
  readonly #contextKey: Buffer
  readonly #afterCommit = new WeakMap<Tx, (() => void)[]>()

  /**
   * @param pools `transactions` and `statements`: connections as writ_app (or, for the operator's commands, as
   *   writ_owner). Two pools, because a transaction may need a statement outside itself (a denial must outlive its
   *   rollback): drawn from one pool, enough transactions at once would wait for each other's connections for ever.
   * @param master the installation's master key; the key that signs scopes is derived from it
   */
  constructor(pools: { readonly transactions: pg.Pool; readonly statements: pg.Pool }, master: Uint8Array) {
    this.#statements = pools.statements
    const pool = pools.transactions
    // A connection that breaks while idle, in the pool or within a transaction, is found broken at its next use;
    // without a listener it would end the process.
    for (const each of [pool, pools.statements]) {
      each.on('error', () => {})
      each.on('connect', (client) => client.on('error', () => {}))
    }
    this.kysely = new Kysely<DB>({
      dialect: new PostgresDialect({ pool }),
      plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
    })
    this.#contextKey = contextKey(master)
  }

  /** The value of `writ.context` that stands for a scope. */
  sign(scope: Scope): string {
    return `${scope}.${hmac(this.#contextKey, scope).toString('hex')}`
  }

  /**
   * Runs `work` in one transaction that sees `scope`; commits if it returns, rolls back if it throws.
   * `work` may run again after a deadlock, so it must have no effect outside the transaction.
   *
   * @throws `unavailable` when the database cannot be reached
   */
  async transaction<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> {
    const context = this.sign(scope)
    for (let attempt = 1; ; attempt++) {
      try {
        const done: (() => void)[] = []
        const result = await this.kysely.transaction().execute(async (tx) => {
          this.#afterCommit.set(tx, done)
          await enter(tx, context)
          return await work(tx)
        })
        for (const notify of done) notify()
        return result
      } catch (error) {
        if (attempt < ATTEMPTS && isRetryable(error)) continue
        throw translate(error)
      }
    }
  }

  /** Continues a transaction under another scope, for the rare command that touches two (a platform act on an organization). */
  async switchScope(tx: Tx, scope: Scope): Promise<void> {
    await enter(tx, this.sign(scope))
  }

  /** Calls `notify` once the transaction has committed, and never if it does not. It must not throw, nor be needed: the process may end in between. */
  afterCommit(tx: Tx, notify: () => void): void {
    this.#afterCommit.get(tx)?.push(notify)
  }

  /** Does a part of a transaction under another scope, whatever the present one is, and returns to it. */
  async inScope<T>(tx: Tx, scope: Scope, work: () => Promise<T>): Promise<T> {
    const { rows } = await sql<{ scope: Scope }>`select verified_scope() as scope`.execute(tx)
    const before = rows[0]!.scope
    if (before === scope) return work()
    await this.switchScope(tx, scope)
    const result = await work()
    await this.switchScope(tx, before)
    return result
  }

  /** One statement outside a transaction, prepared once a connection: the hot path. @throws `unavailable` */
  async prepared<R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]): Promise<R[]> {
    try {
      return (await this.#statements.query<R>({ name, text, values })).rows
    } catch (error) {
      throw translate(error)
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.kysely.destroy(), this.#statements.end()])
  }
}

/** Connections that return 64-bit integers as numbers: every count of ours is below 2^53. */
export function createPool(url: string, options: Partial<pg.PoolConfig> = {}): pg.Pool {
  return new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 60_000,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
    },
    ...options,
  })
}

const INT8 = 20

/** The key whose pads stand in context_keys. */
export function contextKey(master: Uint8Array): Buffer {
  return deriveKey(master, 'database-context')
}

async function enter(tx: Tx, context: string): Promise<void> {
  await sql`select set_config('writ.context', ${context}, true)`.execute(tx)
}

function isRetryable(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === '40001' || error.code === '40P01')
}

/** Connection failures become `unavailable`; everything else stays what it is. */
function translate(error: unknown): unknown {
  return !(error instanceof AppError) && isConnectionFailure(error) ? failures.unavailable({}, error) : error
}

/** SQLSTATE classes 08 (connection) and 57P (shutdown), 53300 (too many connections), and what node and pg say of a socket. */
function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = (error as { code?: unknown }).code
  if (
    typeof code === 'string' &&
    /^(08|57P0|53300$|E(CONN|PIPE|NOTFOUND|NOENT|HOSTUNREACH|AI_AGAIN))/.test(code)
  )
    return true
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
    error.message,
  )
}

/**
 * A PostgreSQL of the benchmark's own (durable, as a server's is), databases in it, and Writ on top.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { withDatabase } from '../../packages/server/src/platform/postgres/endpoint.ts'
import { ensureDatabase } from '../../packages/server/src/platform/postgres/roles.ts'
import {
  type EmbeddedPostgres,
  startEmbedded,
} from '../../packages/server/src/platform/postgres/supervisor.ts'
import { type Child, startChild } from './child.ts'
import { makeDirectory, removeDirectory } from './directory.ts'

export const salesAgent = fileURLToPath(new URL('../../policies/sales-agent.policy.yaml', import.meta.url))

export interface WritServer extends Child {
  readonly database: BenchDatabase
  /** Reads the answer of one request. @throws Error on another status than 200 */
  fetch(path: string, init?: RequestInit): Promise<unknown>
}

export interface BenchDatabase {
  readonly appUrl: string
  readonly ownerUrl: string
  /** Sees and may do everything: to seed as no server could. */
  readonly superuser: pg.Pool
  readonly superuserUrl: string
  readonly masterKey: Buffer
}

/** Everything a bench started, ended together, last first. */
export class Stack {
  readonly #directory = makeDirectory()
  readonly #undo: (() => Promise<void>)[] = []
  #postgres: EmbeddedPostgres | undefined
  #databases = 0

  /** Runs `work` with a stack and ends what it started, whatever happens. */
  static async *use<T>(work: (stack: Stack) => AsyncIterable<T>): AsyncGenerator<T> {
    const stack = new Stack()
    try {
      yield* work(stack)
    } finally {
      await stack.#stop()
    }
  }

  /** A new, empty database that the server's roles may use. */
  async database(): Promise<BenchDatabase> {
    const postgres = await this.postgres()
    const name = `bench_${++this.#databases}`
    const admin = new pg.Client({ connectionString: postgres.superuserUrl })
    await admin.connect()
    await ensureDatabase(admin, name).finally(() => admin.end())
    const superuserUrl = withDatabase(postgres.superuserUrl, name)
    const superuser = new pg.Pool({ connectionString: superuserUrl, max: 2 })
    superuser.on('error', () => {})
    this.defer(() => superuser.end())
    return {
      appUrl: withDatabase(postgres.appUrl, name),
      ownerUrl: withDatabase(postgres.ownerUrl, name),
      superuser,
      superuserUrl,
      masterKey: randomBytes(32),
    }
  }

  async postgres(): Promise<EmbeddedPostgres> {
    if (!this.#postgres) {
      const postgres = await startEmbedded({
        directory: join(this.#directory, 'data'),
        settings: { max_connections: '200' },
      })
      this.#postgres = postgres
      this.defer(() => postgres.stop())
    }
    return this.#postgres
  }

  /** Writ as its own process on a database of its own, under the sales-agent policy. */
  async writ(database?: BenchDatabase, execArgv: readonly string[] = []): Promise<WritServer> {
    const own = database ?? (await this.database())
    const env = {
      DATABASE_URL: own.appUrl,
      DATABASE_OWNER_URL: own.ownerUrl,
      WRIT_MASTER_KEY: own.masterKey.toString('base64'),
      WRIT_POLICY: salesAgent,
      WRIT_DATA: this.#directory,
      WRIT_LOG: 'silent',
      WRIT_PORT: '0',
      WRIT_URL: 'http://localhost:8484',
    }
    const child = await this.child(new URL('../processes/writ.ts', import.meta.url), { env, execArgv })
    return {
      ...child,
      database: own,
      async fetch(path, init) {
        const answer = await fetch(`http://127.0.0.1:${child.port}${path}`, init)
        const text = await answer.text()
        if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${text.slice(0, 500)}`)
        return JSON.parse(text)
      },
    }
  }

  /** A server process, ended with the stack. */
  async child(module: URL, options: Parameters<typeof startChild>[1] = {}): Promise<Child> {
    const child = await startChild(module, options)
    this.defer(() => child.stop())
    return child
  }

  /** Runs when the stack ends. */
  defer(undo: () => Promise<void>): void {
    this.#undo.push(undo)
  }

  /** A directory that is removed with the stack. */
  directory(name: string): string {
    return join(this.#directory, name)
  }

  async #stop(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo()
    removeDirectory(this.#directory)
  }
}

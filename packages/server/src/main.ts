/**
 * Starting and stopping: the database, what must be in it before the first request, the server, and the way back.
 *
 * Nothing here handles signals or prints: `writ serve`, the demo, the benchmarks and the tests do that in their own way.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Policy } from '@writ/policy'
import { sql } from 'kysely'
import pg from 'pg'
import type { Logger } from 'pino'
import { applyPolicy, currentPolicy, parseOrRefuse, policyDrift } from '#access/policy'
import { createSetupToken } from '#people/organizations'
import { ensureSigningKey } from '#people/sessions'
import { ensureSignOnKey } from '#people/sign-on'
import { type Config, ConfigError } from '#platform/config'
import { createPool, Database } from '#platform/database'
import { outboxUrl } from '#platform/mail/outbox-page'
import { migrate, verifyMigrated } from '#platform/migrations'
import type { OperatorDatabase } from '#platform/operator'
import { createPasswords } from '#platform/passwords'
import { installContextKey, masterKey } from '#platform/secrets'
import { createLog } from '#platform/telemetry'
import { type App, createApp } from './app.ts'
import { type ResolvedDatabase, resolveDatabase } from './platform/postgres/resolve.ts'
import { openOperatorDatabase } from './services.ts'

export type { Config } from '#platform/config'
export { ConfigError, readConfig } from '#platform/config'
export { createLog } from '#platform/telemetry'

/** The migrations of this release. */
const migrationsDirectory = fileURLToPath(new URL('../migrations/', import.meta.url))

const NO_POLICY =
  'WRIT_POLICY should name a policy file for the first start; policies/ holds four complete ones'

export interface RunningServer {
  readonly app: App
  /** Where it listens, such as http://127.0.0.1:8484. */
  readonly address: string
  readonly publicUrl: string
  /** Where the first owner is created; undefined once an organization exists. Works once. */
  readonly setupUrl: string | undefined
  /** Where mails are looked at, for want of a mail server; undefined where they are sent, or the address is public. */
  readonly outboxUrl: string | undefined
  /** Set when the policy file is not what is applied: a sentence that says what to do. */
  readonly policyDrift: string | undefined
  /** The policy in force at the start. */
  readonly policy: Policy
  /** Finishes running requests, writes what is pending, stops what was started. */
  stop(): Promise<void>
}

/**
 * Starts the server.
 *
 * @throws ConfigError, DatabaseError, PolicyRefused: each says what to do; nothing is left running
 */
export async function startServer(
  config: Config,
  log: Logger = createLog(config.logLevel),
): Promise<RunningServer> {
  const undo: (() => Promise<void>)[] = []
  // What cannot be stopped must not keep the database from being stopped: it would outlive this process.
  const stop = async () => {
    const failures: unknown[] = []
    for (const step of undo.splice(0).reverse()) await step().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }
  try {
    return await start(config, log, undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(
  config: Config,
  log: Logger,
  undo: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<RunningServer> {
  refuseWrongFirstPolicy(config)
  const master = masterKey(config)
  const resolved = await resolveDatabase({ ...config, connections: config.poolSize * 2 }, { log })
  undo.push(() => resolved.stop())
  const now = () => new Date()
  const setupToken = await prepare(config, resolved, master, now)

  const db = new Database(
    {
      transactions: createPool(resolved.appUrl, { max: config.poolSize }),
      statements: createPool(resolved.appUrl, { max: Math.max(2, config.poolSize >> 1) }),
    },
    master,
  )
  undo.push(() => db.close())
  await proveScope(db)
  const passwords = createPasswords()
  undo.push(() => passwords.stop())
  const publicUrl = config.url ?? `http://localhost:${config.port}`
  if (config.url === undefined && config.port === 0)
    throw new ConfigError([
      'WRIT_PORT 0 takes a free port, so the address people use is unknown: set WRIT_URL too',
    ])
  const app = await createApp({ config, masterKey: master, publicUrl, db, passwords, log, now })
  undo.push(() => app.close())
  await app.audit.start()
  app.jobs.start()
  app.mail.start()
  await app.http.listen({ host: config.host, port: config.port })
  return {
    app,
    address: addressOf(app.http.server.address() as AddressInfo),
    publicUrl,
    setupUrl: setupToken === undefined ? undefined : `${publicUrl}/setup#token=${setupToken}`,
    outboxUrl: outboxUrl({ publicUrl, config }),
    policyDrift: config.policyFile === undefined ? undefined : await policyDrift(db, config.policyFile),
    policy: (await app.services.ports.policies.current()).compiled.policy,
    stop,
  }
}

/**
 * A master key that is not the one the database was set up with shows in no error: row-level security would answer
 * everything as if it were empty.
 */
async function proveScope(db: Database): Promise<void> {
  const verified = await db.transaction('stamps', async (tx) => {
    const { rows } = await sql<{ scope: string | null }>`select verified_scope() as scope`.execute(tx)
    return rows[0]?.scope
  })
  if (verified !== 'stamps') {
    throw new ConfigError([
      'WRIT_MASTER_KEY (or master.key in WRIT_DATA) is not the key this database was set up with; restore that one',
    ])
  }
}

/**
 * What needs the owner: migrations, keys, the first policy, the set-up link. Without the owner's URL all of it must be
 * there.
 *
 * @returns the set-up link's secret, while there is no organization
 */
async function prepare(
  config: Config,
  resolved: ResolvedDatabase,
  master: Buffer,
  now: () => Date,
): Promise<string | undefined> {
  if (resolved.ownerUrl === undefined) {
    await verifyMigrated(resolved.appUrl, migrationsDirectory)
    return undefined
  }
  await migrate(resolved.ownerUrl, migrationsDirectory)
  await withClient(resolved.ownerUrl, (client) => installContextKey(client, master, now()))
  const operator = openOperatorDatabase({ ownerUrl: resolved.ownerUrl, masterKey: master, now })
  try {
    await proveScope(operator.db)
    await firstPolicy(config, operator)
    return await createSetupToken(operator)
  } finally {
    await operator.db.close()
  }
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await work(client).finally(() => client.end())
}

async function firstPolicy(config: Config, operator: OperatorDatabase): Promise<void> {
  let applied = await currentPolicy(operator)
  if (!applied) {
    if (config.policyFile === undefined) {
      throw new ConfigError([NO_POLICY])
    }
    await applyPolicy(operator, {
      source: readPolicyFile(config.policyFile),
      file: config.policyFile,
      author: 'operator:first-start',
      reason: 'first start',
    })
    applied = await currentPolicy(operator)
  }
  const { algorithm } = applied!.compiled.policy.authentication.tokens
  await operator.db.transaction(`org:${applied!.organizationId}`, async (tx) => {
    await ensureSigningKey(tx, operator.masterKey, algorithm, operator.now())
    await ensureSignOnKey(tx, operator.masterKey, operator.now())
  })
}

/** Before a database is made: a first start with a wrong policy should leave nothing behind. */
function refuseWrongFirstPolicy({ policyFile, databaseUrl, dataDirectory }: Config): void {
  if (databaseUrl !== undefined || existsSync(join(dataDirectory, 'postgres'))) return
  if (policyFile === undefined) throw new ConfigError([NO_POLICY])
  parseOrRefuse({ source: readPolicyFile(policyFile), file: policyFile })
}

function readPolicyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigError([
      `WRIT_POLICY names ${path}, which cannot be read (${(cause as NodeJS.ErrnoException).code})`,
    ])
  }
}

function addressOf({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

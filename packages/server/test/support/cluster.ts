/**
 * The PostgreSQL of a test run: one throwaway cluster, started when the first test asks for it and stopped
 * with the run.
 *
 * Vitest calls {@link setup} in its main process, which owns the cluster; test processes ask for it on a socket
 * whose path they inherit. Runs share nothing, so any number may go on at once.
 *
 * @module
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockHolder, takeLock } from '../../src/platform/postgres/lock.ts'
import { type EmbeddedPostgres, startEmbedded } from '../../src/platform/postgres/supervisor.ts'

/** URLs lead to the database `writ`, which tests leave empty; see `database.ts`. */
export interface TestCluster {
  readonly appUrl: string
  readonly ownerUrl: string
  readonly superuserUrl: string
}

const prefix = 'writ-test-'
const variable = 'TEST_CLUSTER_SOCKET'
const lockFile = 'run.pid'
const youngMs = 60_000

let asked: Promise<TestCluster> | undefined

/** The cluster of this run, started by the first to ask. */
export function testCluster(): Promise<TestCluster> {
  asked ??= ask()
  return asked
}

/** Vitest's globalSetup. */
export default async function setup(): Promise<() => Promise<void>> {
  sweep()
  const directory = temporaryDirectory()
  let cluster: Promise<EmbeddedPostgres> | undefined

  const broker = createServer((socket) => {
    cluster ??= startTestCluster(directory)
    cluster.then(
      ({ appUrl, ownerUrl, superuserUrl }) => socket.end(JSON.stringify({ appUrl, ownerUrl, superuserUrl })),
      (error: Error) => socket.end(JSON.stringify({ error: error.message })),
    )
    socket.on('error', () => {}) // A test process that was ended while it waited.
  })
  const address =
    process.platform === 'win32' ? `\\\\.\\pipe\\${prefix}${process.pid}` : join(directory, 'broker')
  await new Promise<void>((resolve, reject) => broker.once('error', reject).listen(address, resolve))
  process.env[variable] = address

  return async () => {
    await new Promise((resolve) => broker.close(resolve))
    await cluster?.then((running) => running.stop())
    removeDirectory(directory)
  }
}

/** A directory that lasts until it is removed or this process has ended and a later run sweeps. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), prefix))
  takeLock(join(directory, lockFile))
  return directory
}

/** A database or an initdb that is being killed may still be writing. */
export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}

function startTestCluster(directory: string): Promise<EmbeddedPostgres> {
  return startEmbedded({ directory, durable: false, settings: { max_connections: '300' } })
}

/**
 * Removes what killed runs left. A postmaster whose directory is gone ends by itself within a minute
 * (RecheckDataDirLockFile in miscinit.c).
 */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const directory = join(tmpdir(), name)
    const found = statSync(directory, { throwIfNoEntry: false })
    const isOurs = found?.uid === process.getuid?.()
    // A young directory may belong to a run that has not locked it yet.
    if (!found || !isOurs || Date.now() - found.ctimeMs < youngMs) continue
    if (lockHolder(join(directory, lockFile)) === undefined) removeDirectory(directory)
  }
}

async function ask(): Promise<TestCluster> {
  const address = process.env[variable]
  if (!address)
    throw new Error(
      "Tests with a database need vitest's globalSetup: 'packages/server/test/support/cluster.ts'.",
    )
  const chunks: Buffer[] = []
  for await (const chunk of connect(address)) chunks.push(chunk as Buffer)
  const answer = JSON.parse(Buffer.concat(chunks).toString()) as TestCluster & { error?: string }
  if (answer.error) throw new Error(`The test database did not start: ${answer.error}`)
  return answer
}

/** A migrated database that exists while `work` runs. @module */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { migrate } from '../../packages/server/src/platform/migrations.ts'
import { startEmbedded } from '../../packages/server/src/platform/postgres/supervisor.ts'

export async function withThrowawayDatabase<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'writ-gen-'))
  const postgres = await startEmbedded({ directory, durable: false })
  try {
    await migrate(
      postgres.ownerUrl,
      fileURLToPath(new URL('../../packages/server/migrations/', import.meta.url)),
    )
    const client = new pg.Client({ connectionString: postgres.superuserUrl })
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  } finally {
    await postgres.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Where a bench keeps its databases. @module */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A new directory that a database's own account can pass through. In a closed one, a server that runs as root would
 * keep the files elsewhere (platform/postgres/placement.ts), and removing the directory would leave them behind.
 */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'writ-bench-'))
  chmodSync(directory, 0o711)
  return directory
}

/** A database that is being killed may still be writing. */
export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
}

import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { processIdentity } from './processes.ts'

/** Held by this process until {@link Lock.release} or its death, whichever comes first. */
export interface Lock {
  release(): void
}

interface Claim {
  readonly pid: number
  readonly identity: string | undefined
}

/**
 * Takes a lock file, or answers with the pid of the living process that holds it.
 *
 * The claim names a process by pid and start time, so a lock whose holder was killed is free at once and a
 * reused pid does not keep it taken. Pids mean nothing across containers: two containers that share a
 * directory are kept apart by PostgreSQL's own interlock only.
 */
export function takeLock(path: string): Lock | { readonly heldBy: number } {
  const text = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) } satisfies Claim)
  const claim = sibling(path)
  // Written aside and linked, so that nobody ever reads half a claim.
  writeFileSync(claim, text, { mode: 0o600 })
  try {
    for (;;) {
      if (link(claim, path)) return { release: () => discard(path, text) }
      const standing = read(path)
      if (standing === undefined) continue
      const heldBy = holderOf(standing)
      if (heldBy !== undefined) return { heldBy }
      discard(path, standing)
    }
  } finally {
    rmSync(claim)
  }
}

/** The pid of the living process that holds the lock. */
export function lockHolder(path: string): number | undefined {
  const text = read(path)
  return text === undefined ? undefined : holderOf(text)
}

function holderOf(text: string): number | undefined {
  try {
    const { pid, identity } = JSON.parse(text) as Claim
    return identity !== undefined && processIdentity(pid) === identity ? pid : undefined
  } catch {
    return undefined // Not a claim: a truncated file after a power failure.
  }
}

/**
 * Removes the claim if it still reads `text`. Between reading and removing, another process may have put a
 * living claim there; what was moved away is therefore read again, and a living claim put back.
 */
function discard(path: string, text: string): void {
  const aside = sibling(path)
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (read(aside) !== text) link(aside, path)
  rmSync(aside)
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function sibling(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}`
}

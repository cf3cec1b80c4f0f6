import { execFileSync } from 'node:child_process'
import { type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseError } from './errors.ts'

/** The system account that the database runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root, so root needs somebody else to run it. */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/**
 * The account to run a new database as, undefined when the server's own will do.
 *
 * For root that is `writ`, created on first use; where accounts cannot be created, `postgres` or `nobody`.
 * A database that exists keeps the account that owns its files, so a change of choice locks nobody out.
 */
export function databaseAccount(): Account | undefined {
  if (!isRoot()) return undefined
  const account = lookUp('writ') ?? create('writ') ?? lookUp('postgres') ?? lookUp('nobody')
  if (account) return account
  throw new DatabaseError(
    'database.directory_unreachable',
    'PostgreSQL refuses to run as root, and no other account exists to run it as. Create one: `useradd -r writ`.',
  )
}

/** May this account pass through every directory from the root down to `path`? */
export function mayReach(path: string, account: Account): boolean {
  for (let at = path; ; at = dirname(at)) {
    if (!mayPass(statSync(at), account)) return false
    if (at === dirname(at)) return true
  }
}

function mayPass({ mode, uid, gid }: Stats, account: Account): boolean {
  if (uid === account.uid) return (mode & 0o100) !== 0
  if (gid === account.gid) return (mode & 0o010) !== 0
  return (mode & 0o001) !== 0
}

function lookUp(name: string): Account | undefined {
  const uid = run('id', '-u', name)
  const gid = run('id', '-g', name)
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
}

/** By shadow's useradd or, where that is missing, BusyBox's adduser. Two servers may create it at once: look, do not trust the exit. */
function create(name: string): Account | undefined {
  const nowhere = '/nonexistent'
  if (
    run('useradd', '-r', '-M', '-d', nowhere, '-s', '/usr/sbin/nologin', name) === undefined &&
    !lookUp(name)
  )
    run('adduser', '-S', '-D', '-H', '-h', nowhere, '-s', '/sbin/nologin', name)
  return lookUp(name)
}

function run(program: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

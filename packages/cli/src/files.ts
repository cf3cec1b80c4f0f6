/** Reading and writing what the command line names, with errors that say which file and what to try. @module */
import {
  createReadStream,
  createWriteStream,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { exitCodes } from './exit-codes.ts'
import { Failure, systemReason } from './failure.ts'
import type { Io } from './io.ts'

export interface OpenedFile {
  readonly name: string
  /** Undefined for standard input. */
  readonly size: number | undefined
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Opens a file, or standard input for `-`. @throws Failure */
export function openFile(io: Io, path: string): OpenedFile {
  if (path === '-') return { name: 'standard input', size: undefined, chunks: io.stdin }
  const full = resolve(io.cwd, path)
  let isDirectory: boolean
  let size: number
  try {
    const stats = statSync(full)
    isDirectory = stats.isDirectory()
    size = stats.size
  } catch (cause) {
    throw unreadable(path, full, cause)
  }
  if (isDirectory)
    throw new Failure(exitCodes.usage, 'file_unreadable', `${path} is a directory; a file is needed.`, {
      hint: filesIn(path, full),
    })
  return { name: path, size, chunks: readChunks(path, full) }
}

/** The whole text of a file. @throws Failure */
export async function readText(io: Io, path: string): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of openFile(io, path).chunks) chunks.push(chunk)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw new Failure(exitCodes.usage, 'file_unreadable', `${path} is not UTF-8 text.`, { cause })
  }
}

async function* readChunks(path: string, full: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(full, { highWaterMark: 256 * 1024 })
  } catch (cause) {
    throw unreadable(path, full, cause)
  }
}

function unreadable(path: string, full: string, cause: unknown): Failure {
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
    return new Failure(exitCodes.usage, 'file_missing', `There is no file ${path}.`, {
      hint: nearby(path, full),
      cause,
    })
  }
  return new Failure(exitCodes.usage, 'file_unreadable', `${path} cannot be read: ${systemReason(cause)}.`, {
    cause,
  })
}

/** Files beside the missing one whose names contain what was written. */
function nearby(path: string, full: string): string | undefined {
  const folder = dirname(full)
  if (!existsSync(folder)) return `There is no directory ${dirname(path)} either.`
  const written = basename(full).toLowerCase()
  const stem = written.split('.')[0]!
  const like = readdirSync(folder).filter(
    (name) => stem !== '' && name.toLowerCase().startsWith(stem.slice(0, Math.max(3, stem.length - 2))),
  )
  return like.length > 0
    ? `Did you mean ${like
        .slice(0, 3)
        .map((name) => join(dirname(path), name))
        .join(' or ')}?`
    : undefined
}

function filesIn(path: string, full: string): string | undefined {
  const policies = readdirSync(full).filter((name) => name.endsWith('.policy.yaml'))
  return policies.length > 0
    ? `It has ${policies
        .slice(0, 6)
        .map((name) => join(path, name))
        .join(', ')}.`
    : undefined
}

/** Puts the text where it belongs, whole or not at all. @throws Failure */
export function writeText(io: Io, path: string, text: string): void {
  const full = resolve(io.cwd, path)
  const part = `${full}.${process.pid}.part`
  try {
    writeFileSync(part, text)
    renameSync(part, full)
  } catch (cause) {
    throw unwritable(path, cause)
  }
}

/** Writes lines as they come; the file has its name once it is complete. @throws Failure */
export async function writeLines(io: Io, path: string, lines: AsyncIterable<string>): Promise<void> {
  const full = resolve(io.cwd, path)
  const part = `${full}.${process.pid}.part`
  const stream = createWriteStream(part, { mode: 0o600 })
  try {
    await new Promise<void>((done, failed) => stream.once('open', () => done()).once('error', failed))
    for await (const line of lines) {
      if (!stream.write(`${line}\n`)) await new Promise<void>((done) => stream.once('drain', () => done()))
    }
    await new Promise<void>((done, failed) => stream.once('error', failed).end(() => done()))
    renameSync(part, full)
  } catch (cause) {
    stream.destroy()
    rmSync(part, { force: true })
    throw cause instanceof Failure || !(cause as NodeJS.ErrnoException).code ? cause : unwritable(path, cause)
  }
}

function unwritable(path: string, cause: unknown): Failure {
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
  const why = missing ? `there is no directory ${dirname(path)}` : systemReason(cause)
  return new Failure(exitCodes.usage, 'file_unwritable', `${path} cannot be written: ${why}.`, { cause })
}

/**
 * Checkpoints outside the database: a file a log, one signed note after the other, each followed by an empty line.
 *
 * Who owns the database can write a whole new log into it, valid in itself. They cannot make it extend the
 * checkpoints that lie here.
 *
 * @module
 */
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Checkpoint, peekCheckpoint } from '@writ/tlog'
import type { Uuid } from '#platform/ids'

const SUFFIX = '.checkpoints'
const FILE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.checkpoints$/
/** Holds the last notes, whatever their origin's length. */
const TAIL_BYTES = 16_384

export interface OutsideCheckpoint {
  readonly organizationId: Uuid
  readonly path: string
  readonly note: string
  readonly checkpoint: Checkpoint
}

export class OutsideCheckpoints {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Appends a note; it is on the disk when this returns. */
  async append(organizationId: Uuid, note: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true })
    const file = await open(this.#path(organizationId), 'a+', 0o644)
    try {
      const { size } = await file.stat()
      const end = Buffer.alloc(Math.min(2, size))
      await file.read(end, 0, end.length, size - end.length)
      // What a crash cut off in the middle is ended here, so that the next note stands on lines of its own.
      const gap = size === 0 || end.toString() === '\n\n' ? '' : '\n\n'
      await file.appendFile(`${gap}${note}\n`)
      await file.datasync()
    } finally {
      await file.close()
    }
  }

  /** The last whole checkpoint of every log that has a file here. */
  async *last(): AsyncGenerator<OutsideCheckpoint> {
    let names: string[]
    try {
      names = await readdir(this.#directory)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      throw error
    }
    for (const name of names.filter((entry) => FILE.test(entry)).sort()) {
      const organizationId = name.slice(0, -SUFFIX.length)
      const path = this.#path(organizationId)
      const note = lastNote(await tail(path))
      if (note !== undefined) yield { organizationId, path, note, checkpoint: peekCheckpoint(note) }
    }
  }

  #path(organizationId: Uuid): string {
    return join(this.#directory, `${organizationId}${SUFFIX}`)
  }
}

async function tail(path: string): Promise<string> {
  const file = await open(path, 'r')
  const { size } = await file.stat().finally(() => file.close())
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(path, { start: Math.max(0, size - TAIL_BYTES) }))
    chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Three lines, an empty one, signatures, an empty one: what does not end so was cut off while it was written. */
const NOTE = /[^\n]+\n\d+\n[A-Za-z0-9+/]{43}=\n\n(?:\u2014 \S+ [A-Za-z0-9+/=]+\n)+(?=\n)/g

function lastNote(text: string): string | undefined {
  return text.match(NOTE)?.at(-1)
}

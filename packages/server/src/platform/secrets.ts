/**
 * The master key, and what of it the database must hold.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { type Config, ConfigError } from './config.ts'
import { contextKey } from './database.ts'

const BLOCK = 64

/**
 * The configured key, or the one kept in the data directory, made there at the first start.
 *
 * Losing it makes every sealed secret unreadable, so it is on the disk before anything is sealed with it; of two
 * processes that start at once one makes it and both read it.
 *
 * @throws ConfigError when the kept file is no key
 */
export function masterKey(config: Pick<Config, 'masterKey' | 'dataDirectory'>): Buffer {
  if (config.masterKey !== undefined) return Buffer.from(config.masterKey, 'base64')
  const path = join(config.dataDirectory, 'master.key')
  mkdirSync(config.dataDirectory, { recursive: true, mode: 0o700 })
  if (!existsSync(path)) create(path)
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64')
  if (key.length !== 32)
    throw new ConfigError([
      `${path} should hold 32 bytes in base64; restore it from a backup, or set WRIT_MASTER_KEY`,
    ])
  return key
}

function create(path: string): void {
  const own = `${path}.${process.pid}`
  const file = openSync(own, 'wx', 0o600)
  writeSync(file, `${randomBytes(32).toString('base64')}\n`)
  fsyncSync(file)
  closeSync(file)
  try {
    // Unlike a rename, a link never replaces the key that another process just put there.
    linkSync(own, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(own)
  }
}

/**
 * Lets the database verify scopes signed under this master key. Run as the owner; repeating it changes nothing, and
 * another key than the first is not let in: what was sealed under the first could not be read with it.
 */
export async function installContextKey(owner: pg.ClientBase, master: Uint8Array, now: Date): Promise<void> {
  const key = Buffer.concat([contextKey(master), Buffer.alloc(BLOCK - 32)])
  await owner.query(
    `insert into context_keys (inner_pad, outer_pad, created_at)
     select $1, $2, $3 where not exists (select from context_keys)`,
    [key.map((byte) => byte ^ 0x36), key.map((byte) => byte ^ 0x5c), now],
  )
}

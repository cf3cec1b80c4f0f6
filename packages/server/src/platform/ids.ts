/**
 * Ids: uuid v7 in the database, so that new rows lie together in the index; on the wire a prefix that says what it
 * is and 26 characters of Crockford's base32 (`mem_01jd…`), so that an id cannot be taken for one of another kind.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'

/** A uuid in PostgreSQL's spelling. */
export type Uuid = string

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** What can be named from outside, and the prefix of its ids. */
export type Prefix = 'org' | 'usr' | 'mem' | 'ses' | 'asg' | 'app' | 'pol' | 'evt'

/** A new uuid v7 (RFC 9562 section 5.7): 48 bits of milliseconds, 74 random bits. */
export function newId(now: Date): Uuid {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now.getTime(), 0, 6)
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return format(bytes.toString('hex'))
}

/** `mem` and a uuid → `mem_…`. */
export function toWire(prefix: Prefix, id: Uuid): string {
  let value = BigInt(`0x${id.replaceAll('-', '')}`)
  let text = ''
  for (let i = 0; i < 26; i++) {
    text = ALPHABET[Number(value & 31n)] + text
    value >>= 5n
  }
  return `${prefix}_${text}`
}

/** `mem_…` → uuid; undefined for anything else, also for an id of another kind. */
export function fromWire(prefix: Prefix, text: string): Uuid | undefined {
  if (!text.startsWith(`${prefix}_`) || text.length !== prefix.length + 27) return undefined
  let value = 0n
  for (const character of text.slice(prefix.length + 1)) {
    const digit = ALPHABET.indexOf(character)
    if (digit < 0) return undefined
    value = (value << 5n) | BigInt(digit)
  }
  if (value >> 128n) return undefined
  return format(value.toString(16).padStart(32, '0'))
}

/** An id in a path. What is not an id of this kind names nothing, so it is answered like an id nobody has: not found. */
export function pathId(prefix: Prefix) {
  return z
    .string()
    .max(200)
    .transform((text) => fromWire(prefix, text) ?? NOBODY)
    .meta({ description: `${prefix}_…` })
}

/** An id in a body or query: malformed ones are refused as input. */
export function bodyId(prefix: Prefix) {
  return z.string().transform((text, refine) => {
    const id = fromWire(prefix, text)
    if (id !== undefined) return id
    refine.addIssue({ code: 'custom', message: `Not an id of this kind: it should begin with "${prefix}_".` })
    return z.NEVER
  })
}

const NOBODY: Uuid = '00000000-0000-0000-0000-000000000000'

function format(hex: string): Uuid {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

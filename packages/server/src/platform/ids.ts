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

// Ids are converted for every decision, so digits are looked up, and no number is larger than a machine word.
const TWO_DIGITS = Array.from({ length: 1024 }, (_, bits) => ALPHABET[bits >> 5]! + ALPHABET[bits & 31]!)
const HEX_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const DIGIT_VALUE = valuesOf(ALPHABET)
const HEX_VALUE = valuesOf('0123456789abcdef')

/** What can be named from outside, and the prefix of its ids. */
export type Prefix =
  | 'org'
  | 'usr'
  | 'mem'
  | 'ses'
  | 'asg'
  | 'app'
  | 'pol'
  | 'evt'
  | 'fac'
  | 'pky'
  | 'inv'
  | 'dev'
  | 'cli'
  | 'ddl'
  | 'cns'

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
  let text = `${prefix}_`
  // 26 digits hold 130 bits: two zeros stand before the uuid's 128.
  let bits = 0
  let held = 2
  for (let i = 0; i < id.length; i++) {
    const digit = HEX_VALUE[id.charCodeAt(i)]!
    if (digit < 0) continue
    bits = (bits << 4) | digit
    held += 4
    if (held < 10) continue
    held -= 10
    text += TWO_DIGITS[bits >> held]
    bits &= (1 << held) - 1
  }
  return text
}

/** `mem_…` → uuid; undefined for anything else, also for an id of another kind. */
export function fromWire(prefix: Prefix, text: string): Uuid | undefined {
  const from = prefix.length + 1
  if (text.length !== from + 26 || !text.startsWith(prefix) || text[prefix.length] !== '_') return undefined
  let id = ''
  let bits = 0
  let held = -2
  for (let i = from; i < text.length; i++) {
    const digit = DIGIT_VALUE[text.charCodeAt(i)] ?? -1
    if (digit < 0 || (i === from && digit > 7)) return undefined
    bits = (bits << 5) | digit
    held += 5
    if (held < 8) continue
    held -= 8
    id += HEX_BYTE[bits >> held]
    bits &= (1 << held) - 1
    if (id.length === 8 || id.length === 13 || id.length === 18 || id.length === 23) id += '-'
  }
  return id
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

/** By character code, what each of `digits` stands for; -1 for every other character. */
function valuesOf(digits: string): Int8Array {
  const values = new Int8Array(128).fill(-1)
  for (let value = 0; value < digits.length; value++) values[digits.charCodeAt(value)] = value
  return values
}

function format(hex: string): Uuid {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** An actor as `assigned_by` and `created_by` keep it (`user:<uuid>`), spelled as the API spells ids. */
export function actorToWire(actor: string): string {
  const [kind, id] = actor.split(':', 2)
  if (kind === 'user' && id !== undefined) return `user:${toWire('usr', id)}`
  return kind === 'application' && id !== undefined ? `application:${toWire('app', id)}` : actor
}

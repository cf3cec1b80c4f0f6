/**
 * The export format: a log, or a range of one, as JSON lines with everything needed to verify it offline.
 *
 * ```
 * {"writExport":1,"origin":…,"size":…,"from":…,"to":…,"checkpoint":…,"verifierKey":…}
 * {"group":0,"proof":[…]}                                  before the entries 0-255
 * {"index":0,"hash":…,"leaf":"…","proof":[…],"personal":{…}}
 * …
 * {"end":…}
 * ```
 *
 * - Entries `[from, to)` come in order; each group of 256 is preceded by its proof to the checkpoint's
 *   root. An entry's `proof` leads to the head of its group, so entry proof and group proof together
 *   are its inclusion proof (RFC 9162) in the whole tree: one altered line spoils no other.
 * - Where a range begins or ends within a group, the group line carries the heads of the subtrees
 *   `before` and `after` it.
 * - `hash` is SHA-256(0x00 || leaf), as stored by the log; `leaf` is the text that was hashed.
 * - `personal` holds clear values with their salts; a value that was erased is absent.
 * - A line is what `JSON.stringify` writes for these members in this order: no byte has a second form.
 */
import { sha256 } from '#sha256'
import { concatBytes, fromBase64, toBase64, toUtf8 } from './bytes.ts'
import { canonicalJson, type JsonValue } from './canonical-json.ts'
import { TlogError } from './errors.ts'
import { HASH_SIZE, type Hash } from './hashing.ts'

export interface ExportHeader {
  readonly writExport: 1
  readonly origin: string
  /** The size of the tree which the checkpoint states. */
  readonly size: number
  /** The first entry in this export. */
  readonly from: number
  /** The entry after the last. */
  readonly to: number
  /** The signed note; or its text alone, when the log has no key. */
  readonly checkpoint: string
  /** The log's own key. Convenient, but it proves nothing against whoever wrote the file. */
  readonly verifierKey?: string
}

export interface ExportGroup {
  readonly group: number
  readonly proof: readonly string[]
  readonly before?: readonly string[]
  readonly after?: readonly string[]
}

/** A clear value and the random bytes (base64) hashed before it. */
export interface PersonalValue {
  readonly salt: string
  readonly value: JsonValue
}

export interface ExportEntry {
  readonly index: number
  readonly hash: string
  readonly leaf: string
  readonly proof: readonly string[]
  readonly personal?: Readonly<Record<string, PersonalValue>>
}

export interface ExportEnd {
  readonly end: number
}

/**
 * The hash by which a leaf commits to a personal value: base64 of SHA-256(salt || canonical JSON of the
 * value). The salt, of at least 16 random bytes and used once, keeps short values from being guessed;
 * with the salt erased the hash says nothing.
 *
 * @throws `tlog.not_canonical`, `tlog.bad_argument` for a salt under 16 bytes.
 */
export function personalHash(salt: Uint8Array, value: JsonValue): string {
  if (salt.length < 16) {
    throw new TlogError('tlog.bad_argument', `A salt has at least 16 bytes; this one has ${salt.length}.`)
  }
  return toBase64(sha256(concatBytes(salt, toUtf8(canonicalJson(value)))))
}

export function headerLine(header: ExportHeader): string {
  const { writExport, origin, size, from, to, checkpoint, verifierKey } = header
  return JSON.stringify({ writExport, origin, size, from, to, checkpoint, verifierKey })
}

export function groupLine({ group, proof, before, after }: ExportGroup): string {
  return JSON.stringify({ group, proof, before, after })
}

export function entryLine({ index, hash, leaf, proof, personal }: ExportEntry): string {
  return JSON.stringify({ index, hash, leaf, proof, personal })
}

export function endLine({ end }: ExportEnd): string {
  return JSON.stringify({ end })
}

/** @throws `tlog.export_invalid` unless it is a header in its one form. */
export function parseHeaderLine(line: string): ExportHeader {
  const header = parseObject(line)
  requireShape(header, 'a header', {
    writExport: (value) => value === 1,
    origin: isString,
    size: isCount,
    from: isCount,
    to: isCount,
    checkpoint: isString,
    verifierKey: optional(isString),
  })
  return requireForm(header as unknown as ExportHeader, headerLine, line)
}

/** @throws `tlog.export_invalid` unless it is a group, entry or end line in its one form. */
export function parseBodyLine(line: string): ExportGroup | ExportEntry | ExportEnd {
  const value = parseObject(line)
  if ('index' in value) {
    requireShape(value, 'an entry', {
      index: isCount,
      hash: isString,
      leaf: isString,
      proof: isStrings,
      personal: optional(isPersonal),
    })
    return requireForm(value as unknown as ExportEntry, entryLine, line)
  }
  if ('group' in value) {
    requireShape(value, 'a group', {
      group: isCount,
      proof: isStrings,
      before: optional(isStrings),
      after: optional(isStrings),
    })
    return requireForm(value as unknown as ExportGroup, groupLine, line)
  }
  if ('end' in value) {
    requireShape(value, 'an end', { end: isCount })
    return requireForm(value as unknown as ExportEnd, endLine, line)
  }
  throw invalid('it is neither a group, an entry nor the end')
}

/** Decodes the hashes of a proof. @throws `tlog.export_invalid` */
export function parseHashes(texts: readonly string[], what: string): Hash[] {
  return texts.map((text, i) => {
    try {
      const hash = fromBase64(text)
      if (hash.length === HASH_SIZE) return hash
    } catch (cause) {
      throw new TlogError('tlog.export_invalid', `hash ${i + 1} of its ${what} is not base64`, { cause })
    }
    throw invalid(`hash ${i + 1} of its ${what} is not ${HASH_SIZE} bytes`)
  })
}

type Check = (value: unknown) => boolean

const isString: Check = (value) => typeof value === 'string'
const isStrings: Check = (value) => Array.isArray(value) && value.every(isString)
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
const isPersonal: Check = (value) =>
  isObject(value) &&
  Object.values(value as object).every((item) => isObject(item) && isString(item.salt) && 'value' in item)

function optional(check: Check): Check {
  return (value) => value === undefined || check(value)
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new TlogError('tlog.export_invalid', 'it is not JSON', { cause })
  }
  if (isObject(value)) return value as Record<string, unknown>
  throw invalid('it is not a JSON object')
}

function requireShape(value: Record<string, unknown>, what: string, shape: Record<string, Check>): void {
  for (const [name, check] of Object.entries(shape)) {
    if (!check(value[name])) throw invalid(`its member "${name}" is not what ${what} has there`)
  }
}

/** Unknown or repeated members, spaces and other spellings of a value all fail here. */
function requireForm<T>(value: T, write: (value: T) => string, line: string): T {
  if (write(value) === line) return value
  throw invalid('it has members, an order or spaces that the format does not have')
}

function invalid(why: string): TlogError {
  return new TlogError('tlog.export_invalid', why)
}

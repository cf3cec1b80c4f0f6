/** The event as it stands in the log, and the separation of its personal values from the rest. Pure. */
import { hash } from 'node:crypto'
import { canonicalJson, type JsonValue, type PersonalValue, personalHash } from '@writ/tlog'

export type JsonObject = { readonly [key: string]: JsonValue }

/**
 * What a leaf says. Written once and hashed: members may be added, under a higher `v`, never changed.
 * Ids are uuids as the database has them.
 */
export interface Leaf {
  readonly v: 1
  readonly id: string
  /** Whose log it is in. */
  readonly organization: string
  readonly type: string
  readonly outcome: 'success' | 'denied' | 'failure'
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string
  readonly actor: {
    readonly kind: string
    /** User's or application's id, operator's or rule's name. */
    readonly id?: string
    readonly member?: string
    readonly session?: string
    /** Reserved: the impersonation under which the actor was acting as somebody else. */
    readonly impersonation?: string
  }
  readonly target?: { readonly type: string; readonly id: string }
  readonly requestId: string
  readonly reason?: string
  readonly before?: JsonValue
  readonly after?: JsonValue
  readonly data?: JsonValue
  /** The same act, as the other of the two organizations it concerns has it in its own log. */
  readonly counterpart?: { readonly organization: string; readonly event: string }
  /** Field → base64 of SHA-256(salt || canonical JSON of the value). */
  readonly personal?: Readonly<Record<string, string>>
}

/** Names of fields that hold personal values wherever they occur, in lower case without `_` and `-`. */
const PERSONAL = new Set(
  ['email', 'emailkey', 'emailaddress', 'address', 'name', 'displayname', 'fullname', 'firstname', 'lastname']
    .concat([
      'givenname',
      'familyname',
      'nickname',
      'username',
      'phone',
      'phonenumber',
      'mobile',
      'birthdate',
    ])
    .concat([
      'ip',
      'ipaddress',
      'clientip',
      'useragent',
      'location',
      'avatar',
      'picture',
      'comment',
      'note',
      'message',
    ]),
)

export function isPersonal(field: string): boolean {
  return PERSONAL.has(field.toLowerCase().replaceAll(/[_-]/g, ''))
}

/** An e-mail address is personal whatever the field is called (the organization's contacts, by their purpose). */
const ADDRESS = /^[^\s@]+@[^\s@]+$/

function isPersonalMember(field: string, value: JsonValue): boolean {
  return isPersonal(field) || (typeof value === 'string' && ADDRESS.test(value))
}

/** More personal fields than this in one part and the part is one personal value: a leaf stays small. */
const MOST_FIELDS = 50
/** A part of an event longer than this is in the leaf as its hash and length. */
const MOST_CHARACTERS = 6_000

/**
 * Takes the personal fields out of `before` or `after`: what is left may stand in the leaf for ever. The fields are
 * named by their path, `after.email`.
 */
export function separate(
  part: 'before' | 'after',
  value: JsonValue,
): { clear: JsonValue; personal: Map<string, JsonValue> } {
  const personal = new Map<string, JsonValue>()
  const clear = strip(value, part, personal)
  return personal.size > MOST_FIELDS
    ? { clear: null, personal: new Map([[part, value]]) }
    : { clear, personal }
}

function strip(value: JsonValue, path: string, personal: Map<string, JsonValue>): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    if (!value.some(holdsPersonal)) return value
    personal.set(path, value)
    return null
  }
  const clear: Record<string, JsonValue> = {}
  for (const [key, member] of Object.entries(value)) {
    if (isPersonalMember(key, member)) personal.set(`${path}.${key}`, member)
    else clear[key] = strip(member, `${path}.${key}`, personal)
  }
  return clear
}

function holdsPersonal(value: JsonValue): boolean {
  if (typeof value === 'string') return ADDRESS.test(value)
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(holdsPersonal)
  return Object.entries(value).some(([key, member]) => isPersonal(key) || holdsPersonal(member))
}

/** The inverse of {@link separate}, for reading: puts the clear values that are still there back in their places. */
export function restore(
  part: 'before' | 'after',
  clear: JsonValue | undefined,
  personal: ReadonlyMap<string, JsonValue>,
): JsonValue | undefined {
  let whole = clear
  for (const [path, value] of personal) {
    if (path === part) whole = value
    else if (path.startsWith(`${part}.`)) whole = place(whole, path.slice(part.length + 1).split('.'), value)
  }
  return whole
}

function place(into: JsonValue | undefined, [key, ...rest]: readonly string[], value: JsonValue): JsonValue {
  if (key === undefined) return value
  const object = typeof into === 'object' && into !== null && !Array.isArray(into) ? (into as JsonObject) : {}
  return { ...object, [key]: place(object[key], rest, value) }
}

const MOST_SALTED = 65_536
const salted = Buffer.alloc(MOST_SALTED)

/**
 * A clear value with its salt, and the hash that stands for it in the leaf: the one of {@link personalHash}, for short
 * values without the copies that its bytes for browsers cost.
 */
export function commitTo(value: JsonValue, salt: Buffer): { kept: PersonalValue; hash: string } {
  const kept = { salt: salt.toString('base64'), value }
  const text = canonicalJson(value)
  // A UTF-16 unit is at most three bytes of UTF-8.
  if (salt.length + text.length * 3 > MOST_SALTED) return { kept, hash: personalHash(salt, value) }
  const end = salted.write(text, salt.copy(salted))
  return { kept, hash: hash('sha256', salted.subarray(0, salt.length + end), 'base64') }
}

/**
 * Any value as JSON that has one text: dates as ISO strings, members that are undefined left out, half surrogate
 * pairs and NUL (which PostgreSQL's jsonb cannot hold) replaced by U+FFFD.
 */
export function plainJson(value: unknown): JsonValue {
  if (typeof value === 'string') return plainText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'boolean' || value === null || value === undefined) return value ?? null
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object') return null
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Map) return plainJson(Object.fromEntries(value))
  if (value instanceof Set) return plainJson([...value])
  if (Array.isArray(value)) return value.map(plainJson)
  const members = Object.entries(value).filter(
    ([, member]) => member !== undefined && typeof member !== 'function',
  )
  return Object.fromEntries(members.map(([key, member]) => [plainText(key), plainJson(member)]))
}

export function plainText(text: string): string {
  const formed = text.isWellFormed() ? text : text.toWellFormed()
  return formed.includes('\0') ? formed.replaceAll('\0', '\ufffd') : formed
}

/** The value, or where it is too long for a leaf what identifies it. `digest` is SHA-256 in base64. */
export function bounded(value: JsonValue, digest: (text: string) => string): JsonValue {
  const text = canonicalJson(value)
  return text.length <= MOST_CHARACTERS
    ? value
    : { omitted: { sha256: digest(text), characters: text.length } }
}

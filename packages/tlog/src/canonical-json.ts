/**
 * JSON Canonicalization Scheme, RFC 8785: one value, one text, so that a text can be hashed.
 *
 * Strict where JSON.stringify is lenient: what has no JSON form is refused, never dropped.
 */
import { TlogError } from './errors.ts'

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** Deeper values are refused, so that hostile input cannot overflow the stack. */
const MAX_DEPTH = 200

/**
 * The canonical text of a value.
 *
 * @throws `tlog.not_canonical` for NaN, infinities, undefined, functions, symbols, bigint, lone
 *   surrogates, holes in arrays, symbol keys, cycles and instances of classes (a Date, a Map).
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', 0)
}

/**
 * Parses a text which must be canonical; so it also refuses repeated names and spaces.
 *
 * @throws `tlog.not_canonical`
 */
export function parseCanonicalJson(text: string): JsonValue {
  let value: JsonValue
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new TlogError('tlog.not_canonical', 'Not JSON.', { cause })
  }
  if (canonicalJson(value) === text) return value
  throw new TlogError('tlog.not_canonical', 'The JSON is not in its canonical form (RFC 8785).')
}

function write(value: unknown, path: string, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeString(value, path)
    case 'number':
      // RFC 8785 section 3.2.2.3: numbers are written as ECMAScript writes them.
      if (Number.isFinite(value)) return JSON.stringify(value)
      throw refused(path, `the number ${value} has no JSON form`)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      break
    default:
      throw refused(path, `a ${typeof value} has no JSON form`)
  }
  if (value === null) return 'null'
  if (depth >= MAX_DEPTH)
    throw refused(path.slice(0, 80), `it is nested deeper than ${MAX_DEPTH}, or has a cycle`)
  return Array.isArray(value) ? writeArray(value, path, depth) : writeObject(value, path, depth)
}

function writeArray(value: readonly unknown[], path: string, depth: number): string {
  // Array.from visits holes too, which then are refused as undefined.
  return `[${Array.from(value, (item, i) => write(item, `${path}[${i}]`, depth + 1)).join(',')}]`
}

function writeObject(value: object, path: string, depth: number): string {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw refused(path, `a ${prototype.constructor?.name ?? 'class instance'} is no plain object`)
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw refused(path, 'a symbol key has no JSON form')
  // RFC 8785 section 3.2.3: sorted by UTF-16 code units, which is the default order.
  const names = Object.keys(value).sort()
  const members = names.map((name) => {
    const member = (value as Record<string, unknown>)[name]
    return `${writeString(name, path)}:${write(member, `${path}.${name}`, depth + 1)}`
  })
  return `{${members.join(',')}}`
}

function writeString(value: string, path: string): string {
  if (!value.isWellFormed()) throw refused(path, 'a lone surrogate has no UTF-8')
  return JSON.stringify(value)
}

function refused(path: string, why: string): TlogError {
  return new TlogError('tlog.not_canonical', `Cannot write ${path} as canonical JSON: ${why}.`)
}

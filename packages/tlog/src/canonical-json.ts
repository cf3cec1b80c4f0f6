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
  return write(value, [])
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

/** Names and indices that lead to a value: kept as a list, and written out only in a refusal. */
type Path = (string | number)[]

function write(value: unknown, path: Path): string {
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
  if (path.length >= MAX_DEPTH) throw refused(path, `it is nested deeper than ${MAX_DEPTH}, or has a cycle`)
  return Array.isArray(value) ? writeArray(value, path) : writeObject(value, path)
}

function writeArray(value: readonly unknown[], path: Path): string {
  // Array.from visits holes too, which then are refused as undefined.
  const items = Array.from(value, (item, i) => {
    path.push(i)
    const text = write(item, path)
    path.pop()
    return text
  })
  return `[${items.join(',')}]`
}

function writeObject(value: object, path: Path): string {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw refused(path, `a ${prototype.constructor?.name ?? 'class instance'} is no plain object`)
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw refused(path, 'a symbol key has no JSON form')
  let text = '{'
  // RFC 8785 section 3.2.3: sorted by UTF-16 code units, which is the default order.
  for (const name of Object.keys(value).sort()) {
    if (text.length > 1) text += ','
    text += `${writeString(name, path)}:`
    path.push(name)
    text += write((value as Record<string, unknown>)[name], path)
    path.pop()
  }
  return `${text}}`
}

/** Printable ASCII without quote and backslash stands for itself: most of what is ever hashed. */
const VERBATIM = /^[ !#-[\]-~]*$/

function writeString(value: string, path: Path): string {
  if (VERBATIM.test(value)) return `"${value}"`
  if (!value.isWellFormed()) throw refused(path, 'a lone surrogate has no UTF-8')
  return JSON.stringify(value)
}

function refused(path: Path, why: string): TlogError {
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  return new TlogError(
    'tlog.not_canonical',
    `Cannot write ${`$${place}`.slice(0, 200)} as canonical JSON: ${why}.`,
  )
}

/**
 * JSON from strangers. What JSON.parse accepts and PostgreSQL, a log or a signature would not is refused here, once,
 * so that no module has to think of it: invalid UTF-8, NUL, lone surrogates, prototype keys, deep nesting.
 *
 * @module
 */
import { isUtf8 } from 'node:buffer'
import { failures } from './errors.ts'

const MAX_DEPTH = 32

/** @throws `malformed_json` for what cannot be read, `invalid_input` for what can be read and not be kept */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined
  if (!isUtf8(body)) throw failures.malformed_json({ reason: 'not_utf8' })
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw failures.malformed_json({ reason: 'syntax' }, error)
  }
  inspect(value, '', 0)
  return value
}

function inspect(value: unknown, path: string, depth: number): void {
  if (typeof value === 'string') inspectText(value, path)
  if (typeof value !== 'object' || value === null) return
  if (depth >= MAX_DEPTH) throw refuse(path, `is nested deeper than ${MAX_DEPTH} levels`)
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) inspect(value[i], `${path}.${i}`, depth + 1)
    return
  }
  for (const key of Object.keys(value)) {
    const at = path === '' ? key : `${path}.${key}`
    // {"__proto__": …} parses to an own key that the next object spread would turn into a prototype.
    if (key === '__proto__' || key === 'constructor' || key === 'prototype')
      throw refuse(path, `may not have the key "${key}"`)
    inspectText(key, path)
    inspect((value as Record<string, unknown>)[key], at, depth + 1)
  }
}

/** PostgreSQL's text takes no NUL, and a lone surrogate has no UTF-8: hashing it would not be repeatable. */
function inspectText(text: string, path: string): void {
  if (text.includes('\0')) throw refuse(path, 'contains a NUL character')
  if (!text.isWellFormed()) throw refuse(path, 'contains half a surrogate pair')
}

function refuse(path: string, message: string) {
  return failures.invalid_input({ errors: [{ path: path === '' ? 'body' : path.slice(0, 200), message }] })
}

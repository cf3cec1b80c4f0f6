/** Turns what the schema refuses into sentences with a place, and keeps what it accepts. @module */
import { z } from 'zod'
import type { Problem } from './model.ts'
import { policyFile } from './schema.ts'
import type { Path, SourceFile } from './source.ts'
import { suggestion } from './suggest.ts'

type Issue = z.core.$ZodIssue
type Json = Record<string, unknown>

const NOUN: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  record: 'keys with values',
  null: 'nothing',
  undefined: 'nothing',
}

function kind(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'keys with values'
  return typeof value === 'string' ? `the text "${value.slice(0, 60)}"` : String(value)
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (value as Record<string | number, unknown> | null | undefined)?.[part],
    root,
  )
}

/** The branch of a union the author most likely meant: the one whose outer shape fits, else none. */
function meantBranch(issue: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] | undefined {
  const fitting = issue.errors.filter(
    (branch) => !branch.some((i) => i.path.length === 0 && i.code === 'invalid_type'),
  )
  return fitting.sort((a, b) => badKeys(a) - badKeys(b))[0]
}

function badKeys(branch: readonly Issue[]): number {
  return branch.reduce((sum, i) => sum + (i.code === 'unrecognized_keys' ? i.keys.length : 1), 0)
}

function expectedOf(issue: Issue): string[] {
  if (issue.code === 'invalid_type') return [NOUN[issue.expected] ?? issue.expected]
  if (issue.code === 'invalid_union') return issue.errors.flatMap((branch) => branch.flatMap(expectedOf))
  return []
}

/** Keys the grammar knows at a path, read off its JSON Schema. */
function knownKeys(schema: z.ZodType, path: Path): string[] {
  const step = (schemas: Json[], part: string | number): Json[] =>
    schemas.flatMap((schema) => {
      const inner = [
        ...((schema['anyOf'] as Json[] | undefined) ?? []),
        ...((schema['oneOf'] as Json[] | undefined) ?? []),
        ...((schema['allOf'] as Json[] | undefined) ?? []),
      ]
      const own = [
        typeof part === 'string'
          ? (schema['properties'] as Record<string, Json> | undefined)?.[part]
          : undefined,
        typeof part === 'string' && typeof schema['additionalProperties'] === 'object'
          ? (schema['additionalProperties'] as Json)
          : undefined,
        typeof part === 'number' ? (schema['items'] as Json | undefined) : undefined,
      ].filter((s): s is Json => s !== undefined && s !== null)
      return [...own, ...step(inner, part).filter(() => inner.length > 0)]
    })
  let schemas: Json[] = [z.toJSONSchema(schema, { io: 'input' }) as Json]
  for (const part of path) schemas = step(schemas, part)
  const keys = (all: Json[]): string[] =>
    all.flatMap((schema) => [
      ...Object.keys((schema['properties'] as Json | undefined) ?? {}),
      ...keys((schema['anyOf'] as Json[] | undefined) ?? []),
    ])
  return [...new Set(keys(schemas))]
}

/** Flattens one issue into problems; `root` is the whole value that was checked. */
function toProblems(
  issue: Issue,
  base: Path,
  source: SourceFile,
  root: unknown,
  schema: z.ZodType,
): Problem[] {
  const path = [...base, ...(issue.path as (string | number)[])]
  const value = valueAt(root, path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) =>
        source.problem([...path, key], `Unknown key "${key}".`, {
          hint: suggestion(key, knownKeys(schema, path)),
          onKey: true,
        }),
      )
    case 'invalid_union': {
      const branch = meantBranch(issue)
      if (branch) return branch.flatMap((inner) => toProblems(inner, path, source, root, schema))
      return [wrongKind(issue, path, value, source)]
    }
    case 'invalid_type':
      return [wrongKind(issue, path, value, source)]
    case 'invalid_value': {
      const values = issue.values.map(String)
      const expected = values.length === 1 ? `"${values[0]}"` : `one of ${values.join(', ')}`
      return [
        source.problem(path, `${expected} is needed here, not ${kind(value)}.`, {
          hint: typeof value === 'string' && values.length > 1 ? suggestion(value, values) : undefined,
        }),
      ]
    }
    case 'invalid_key':
      return issue.issues.map((inner) =>
        source.problem(path, `"${String(path.at(-1))}" cannot be a name here: ${inner.message}.`, {
          onKey: true,
        }),
      )
    default:
      return [source.problem(path, `${limit(issue)}, not ${kind(value)}.`)]
  }
}

function limit(issue: Issue): string {
  const own = issue.message
  if (issue.code === 'too_small' && own.startsWith('Too small')) return `At least ${issue.minimum} is needed`
  if (issue.code === 'too_big' && own.startsWith('Too big')) return `At most ${issue.maximum} is possible`
  return own.charAt(0).toUpperCase() + own.slice(1)
}

function wrongKind(issue: Issue, path: Path, value: unknown, source: SourceFile): Problem {
  const expected = [...new Set(expectedOf(issue))].join(' or ')
  if (value === undefined && path.length > 0) {
    return source.problem(path, `"${String(path.at(-1))}" is missing.`, {
      hint: `Add it: ${expected} is needed.`,
    })
  }
  const quoted =
    typeof value === 'number' && expected.includes('text')
      ? `Put it in quotes: "${source.literal(path) ?? value}".`
      : undefined
  return source.problem(
    path,
    `${expected.charAt(0).toUpperCase()}${expected.slice(1)} is needed here, not ${kind(value)}.`,
    {
      hint: quoted,
    },
  )
}

/** Problems of everything a schema, the policy's own by default, refused in a file. */
export function grammarProblems(
  error: z.ZodError,
  source: SourceFile,
  root: unknown,
  schema: z.ZodType = policyFile,
): Problem[] {
  return error.issues.flatMap((issue) => toProblems(issue as Issue, [], source, root, schema))
}

/**
 * A copy without what was refused, so that the rest of the file can still be checked: unknown keys and wrong
 * values are left out, a wrong role or resource becomes an empty one so that references to it stay known.
 */
export function withoutRefused(root: unknown, error: z.ZodError): unknown {
  const copy = structuredClone(root)
  const paths = error.issues.flatMap((issue) => refusedPaths(issue as Issue, []))
  // Issues come in the order of the file, so from the end no removal shifts the index of a later one.
  for (const path of paths.reverse()) remove(copy, path)
  return copy
}

function refusedPaths(issue: Issue, base: Path): Path[] {
  const path = [...base, ...(issue.path as (string | number)[])]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...path, key])
  if (issue.code === 'invalid_union') {
    const branch = meantBranch(issue)
    if (branch) return branch.flatMap((inner) => refusedPaths(inner, path))
  }
  return [path]
}

function remove(root: unknown, path: Path): void {
  const parent = valueAt(root, path.slice(0, -1))
  const last = path.at(-1)
  if (last === undefined || typeof parent !== 'object' || parent === null) return
  const target = parent as Record<string | number, unknown>
  if (Array.isArray(parent) && typeof last === 'number') parent.splice(last, 1)
  else if (path.length === 2 && path[0] === 'roles' && last in target) target[last] = {}
  else if (path.length === 2 && path[0] === 'resources' && last in target) target[last] = ['read']
  else delete target[last]
}

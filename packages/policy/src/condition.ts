/**
 * Conditions: CEL over `subject`, `resource`, `context` and `now`, type-checked when the policy is read.
 *
 * Regular expressions are refused because one can run for ever on a chosen input, loops inside loops because
 * the lists are the caller's; everything else in CEL takes time in proportion to what it is given.
 *
 * @module
 */
import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js'
import type { AttributeType } from './model.ts'

export type Attributes = Readonly<Record<string, AttributeType>>

/** What a condition sees. Absent attributes are absent: reading one is an error, and an error is a deny. */
export interface ConditionContext {
  readonly subject: { readonly id: string; readonly roles: readonly string[]; readonly organization: string }
  readonly resource: Readonly<Record<string, unknown>>
  readonly context: Readonly<Record<string, unknown>>
  readonly now: Date
}

export type Condition = (context: ConditionContext) => unknown

const TIMESTAMP = 'google.protobuf.Timestamp'

/** Attributes every resource has; a policy cannot declare them otherwise. */
export const reservedAttributes = ['type', 'id', 'state', 'organization'] as const

/** The typed world of conditions on one type of resource. */
export function conditionEnvironment(attributes: Attributes): Environment {
  const declared = Object.entries(attributes).map(([name, type]) => [
    name,
    type === 'timestamp' ? TIMESTAMP : type,
  ])
  const reserved = reservedAttributes.map((name) => [name, 'string'])
  return new Environment({ unlistedVariablesAreDyn: false, limits: { maxAstNodes: 400, maxDepth: 40 } })
    .registerVariable({
      name: 'subject',
      schema: { id: 'string', roles: 'list<string>', organization: 'string' },
    })
    .registerVariable({ name: 'resource', schema: Object.fromEntries([...declared, ...reserved]) })
    .registerVariable('context', 'map<string, dyn>')
    .registerVariable('now', TIMESTAMP)
}

/** A condition ready to run, or what is wrong with it. */
export type ConditionResult = { ok: true; run: Condition } | { ok: false; message: string; hint?: string }

/** Parses and type-checks a condition; never throws. */
export function readCondition(environment: Environment, source: string): ConditionResult {
  let parsed: ParseResult
  try {
    parsed = environment.parse(source)
  } catch (error) {
    return refused(error)
  }
  if (callsMatches(parsed.ast)) {
    return {
      ok: false,
      message: 'matches() is not part of conditions: a regular expression can run for ever.',
      hint: 'Use startsWith, endsWith, contains or in.',
    }
  }
  if (loopDepth(parsed.ast) > 1) {
    return {
      ok: false,
      message: 'A loop inside a loop is not part of conditions: on long lists it runs too long.',
      hint: 'Use `in`, or one all, exists, map or filter.',
    }
  }
  const checked = parsed.check()
  if (!checked.valid) return refused(checked.error)
  if (checked.type !== 'bool') {
    return {
      ok: false,
      message: `The condition is of type ${checked.type}, not bool.`,
      hint: checked.type === 'dyn' ? 'Compare it: context.flag == true.' : 'A condition is true or false.',
    }
  }
  return { ok: true, run: parsed as Condition }
}

function refused(error: unknown): ConditionResult {
  const { summary, message, range } = error as {
    summary?: string
    message?: string
    range?: { start: number }
  }
  const reason = summary ?? message?.split('\n')[0] ?? String(error)
  const where = range ? ` (at character ${range.start + 1})` : ''
  const hint = hintFor(reason)
  return { ok: false, message: `The condition cannot be used: ${reason}${where}.`, ...(hint && { hint }) }
}

function hintFor(reason: string): string | undefined {
  if (reason.startsWith('No such key'))
    return 'Declare the attribute with its type under the resource, or use context.'
  if (reason.startsWith('Unknown variable')) return 'A condition sees subject, resource, context and now.'
  if (/overload.*double.*int|overload.*int.*double/.test(reason)) return 'Write the number with a point: 1.0.'
  return undefined
}

/** Whether a condition calls a regular expression anywhere, also inside lists, maps and macros. */
function callsMatches(ast: unknown): boolean {
  if (Array.isArray(ast)) return ast.some(callsMatches)
  if (typeof ast !== 'object' || ast === null || !('op' in ast)) return false
  const node = ast as ASTNode
  if ((node.op === 'rcall' || node.op === 'call') && node.args[0] === 'matches') return true
  return callsMatches(node.args)
}

const LOOPS = new Set<unknown>(['all', 'exists', 'exists_one', 'existsOne', 'map', 'filter'])

/** How deep the macros that go over a list stand inside each other. */
function loopDepth(ast: unknown): number {
  if (Array.isArray(ast)) return Math.max(0, ...ast.map(loopDepth))
  if (typeof ast !== 'object' || ast === null || !('op' in ast)) return 0
  const node = ast as ASTNode
  return loopDepth(node.args) + (node.op === 'rcall' && LOOPS.has(node.args[0]) ? 1 : 0)
}

/** Attributes as CEL needs them. @throws when a value is not of its declared type. */
export function conditionResource(
  attributes: Attributes,
  given: Readonly<Record<string, unknown>> | undefined,
  reserved: Readonly<Record<(typeof reservedAttributes)[number], string | undefined>>,
): Record<string, unknown> {
  const resource: Record<string, unknown> = {}
  for (const name of reservedAttributes) if (reserved[name] !== undefined) resource[name] = reserved[name]
  for (const [name, type] of Object.entries(attributes)) {
    const value = given && Object.hasOwn(given, name) ? given[name] : undefined
    if (value !== undefined && value !== null) resource[name] = typed(name, type, value)
  }
  return resource
}

function typed(name: string, type: AttributeType, value: unknown): unknown {
  if (type === 'string' && typeof value === 'string') return value
  if (type === 'bool' && typeof value === 'boolean') return value
  if (type === 'double' && typeof value === 'number' && Number.isFinite(value)) return value
  if (type === 'int' && typeof value === 'bigint') return value
  // JSON has one kind of number; a whole one is an int where the policy says so.
  if (type === 'int' && Number.isSafeInteger(value)) return BigInt(value as number)
  if (type === 'list<string>' && Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return value
  if (type === 'timestamp' && (value instanceof Date || typeof value === 'string')) {
    const date = new Date(value)
    if (!Number.isNaN(date.getTime())) return date
  }
  throw new TypeError(`The attribute ${name} is not a ${type}.`)
}

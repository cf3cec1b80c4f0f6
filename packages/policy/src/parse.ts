/** From the text of a policy file to the policy, or to everything that is wrong with it. @module */
import { checkConditions } from './check/conditions.ts'
import { checkReferences } from './check/references.ts'
import type { Checked } from './check/report.ts'
import { checkRoles } from './check/roles.ts'
import { checkSettings } from './check/settings.ts'
import { grammarProblems, withoutRefused } from './grammar.ts'
import type { Policy, Problem } from './model.ts'
import { PermissionSet } from './permissions.ts'
import { resolvePolicy, resolveResources } from './resolve.ts'
import { type PolicyFile, policyFile } from './schema.ts'
import { readSource, type SourceFile } from './source.ts'

export type ParsedPolicy = { ok: true; policy: Policy } | { ok: false; problems: Problem[] }

/**
 * Reads a policy. A file that is wrong anywhere is refused whole, and all its problems are reported together,
 * in the order of the file. Never throws, whatever the text is.
 */
export function parsePolicy(source: string, options: { file?: string } = {}): ParsedPolicy {
  const read = readSource(source, options.file)
  if (!read.ok) return read
  const result = policyFile.safeParse(read.source.value)
  if (result.success) {
    const problems = check(result.data, read.source)
    return problems.length > 0
      ? { ok: false, problems: inOrder(problems) }
      : { ok: true, policy: resolvePolicy(result.data) }
  }
  const problems = grammarProblems(result.error, read.source, read.source.value)
  const rest = acceptedPart(read.source.value)
  if (rest) problems.push(...check(rest, read.source))
  return { ok: false, problems: inOrder(problems) }
}

function check(file: PolicyFile, source: SourceFile): Problem[] {
  const checked: Checked = {
    file,
    source,
    permissions: new PermissionSet(resolveResources(file)),
    problems: [],
  }
  checkReferences(checked)
  checkRoles(checked)
  checkConditions(checked)
  checkSettings(checked)
  return checked.problems
}

/** What remains of a wrong file once the refused parts are left out; undefined when too little does. */
function acceptedPart(value: unknown): PolicyFile | undefined {
  let rest = value
  for (let round = 0; round < 4; round++) {
    const result = policyFile.safeParse(rest)
    if (result.success) return result.data
    const next = withoutRefused(rest, result.error)
    rest = withPlaceholders(next)
  }
  return undefined
}

/** Fills in required keys that are missing, so that one forgotten title does not hide other problems. */
function withPlaceholders(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const file = value as { roles?: object; organizations?: object }
  const ownerRole = Object.keys(file.roles ?? {})[0]
  return {
    ...{ writ: 1, name: 'policy', title: 'Policy', version: '0', owner: 'nobody' },
    ...file,
    organizations: { ownerRole, ...file.organizations },
  }
}

function inOrder(problems: Problem[]): Problem[] {
  const seen = new Set<string>()
  return problems
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .filter((problem) => {
      const key = `${problem.line}:${problem.column}:${problem.message}`
      return !seen.has(key) && seen.add(key)
    })
}

/** One problem as a line for a terminal: `file:line:column path: message hint`. */
export function formatProblem(problem: Problem): string {
  const place = `${problem.file ?? 'policy'}:${problem.line}:${problem.column}`
  const path = problem.path === '' ? '' : ` ${problem.path}:`
  return `${place}${path} ${problem.message}${problem.hint ? ` ${problem.hint}` : ''}`
}

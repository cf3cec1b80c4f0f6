/**
 * Tests of a policy, written beside it. Each may, maynot, question and cell is one result; a file that is
 * wrong gives problems with their place, like a policy.
 *
 * @module
 */
import type { CompiledPolicy } from '../compile.ts'
import { decide } from '../decide.ts'
import { grammarProblems } from '../grammar.ts'
import type { Problem } from '../model.ts'
import { type Decision, type Question, reasons, type Standing } from '../question.ts'
import { type Path, readSource } from '../source.ts'
import { grants } from '../standing.ts'
import { suggestion } from '../suggest.ts'
import { type Cell, rowCells, rowPermissions, type TestCase, type TestMatrix, testFile } from './schema.ts'
import { type Runner, type Setting, settingOf, standingOf } from './subject.ts'

export interface PolicyTestResult {
  readonly ok: boolean
  /** The title of the case or matrix, then what of it: `[SA-07] matrix: user, delete:leads`. */
  readonly title: string
  readonly expected: string
  readonly got: string
  /** A sentence, when it is not as expected. */
  readonly message?: string
  readonly line: number
  /** For a cell of a matrix. */
  readonly row?: string
  readonly column?: string
}

export type PolicyTestRun =
  | { ok: true; results: PolicyTestResult[]; passed: number; failed: number }
  | { ok: false; problems: Problem[] }

/**
 * Runs a test file against a policy. `now` is the time the tests happen at where they do not say; a fixed
 * one by default, so that a result never depends on the day.
 */
export function runPolicyTests(
  compiled: CompiledPolicy,
  source: string,
  options: { file?: string; now?: Date } = {},
): PolicyTestRun {
  const read = readSource(source, options.file)
  if (!read.ok) return read
  const parsed = testFile.safeParse(read.source.value)
  if (!parsed.success)
    return { ok: false, problems: grammarProblems(parsed.error, read.source, read.source.value, testFile) }
  const runner: Runner = {
    compiled,
    source: read.source,
    problems: [],
    now: options.now ?? new Date('2026-01-01T12:00:00Z'),
  }
  if (parsed.data.policy !== undefined && parsed.data.policy !== compiled.policy.name) {
    runner.problems.push(
      read.source.problem(
        ['policy'],
        `These are tests of "${parsed.data.policy}", the policy is "${compiled.policy.name}".`,
      ),
    )
  }
  const results = [
    ...parsed.data.cases.flatMap((test, i) => runCase(runner, test, ['cases', i])),
    ...parsed.data.matrices.flatMap((matrix, i) => runMatrix(runner, matrix, ['matrices', i])),
  ]
  if (results.length === 0 && runner.problems.length === 0) {
    runner.problems.push(
      read.source.problem([], 'There is no test in this file.', { hint: 'Add `cases` or `matrices`.' }),
    )
  }
  if (runner.problems.length > 0) return { ok: false, problems: runner.problems }
  const passed = results.filter((result) => result.ok).length
  return { ok: true, results, passed, failed: results.length - passed }
}

function resourceOf(test: TestCase, permission: string): Question['resource'] {
  const type = permission.slice(permission.indexOf(':') + 1)
  const { resource } = test
  return resource === undefined || typeof resource === 'string' ? { type } : { ...resource, type }
}

function describeWho(who: TestCase['who']): string {
  const roles = Array.isArray(who)
    ? who
    : who.roles.map((entry) => (typeof entry === 'string' ? entry : entry.role))
  return roles.length > 0 ? roles.join(' + ') : 'a member without a role'
}

function runCase(runner: Runner, test: TestCase, path: Path): PolicyTestResult[] {
  const setting = settingOf(runner, test)
  const subject = standingOf(runner, test.who, setting, [...path, 'who'])
  const line = runner.source.problem(path, '').line
  if (test.reason !== undefined && !(reasons as readonly string[]).includes(test.reason)) {
    runner.problems.push(
      runner.source.problem([...path, 'reason'], `Unknown reason "${test.reason}".`, {
        hint: suggestion(test.reason, reasons),
      }),
    )
  }
  const ask = (
    permission: string,
    expected: 'allow' | 'deny',
    reason: string | undefined,
    at: Path,
  ): PolicyTestResult => {
    const question: Question = {
      ...(subject && { subject }),
      ...setting,
      action: permission,
      resource: resourceOf(test, permission),
      ...(test.context && { context: test.context }),
    }
    const decision = decide(runner.compiled, question)
    if (reason !== 'unknown_permission') checkKnown(runner, permission, at)
    const wanted = reason === undefined ? expected : `${expected} (${reason})`
    const ok =
      decision.allowed === (expected === 'allow') && (reason === undefined || decision.reason === reason)
    const what = `${describeWho(test.who)}, ${permission}`
    return result(
      ok,
      test.title === undefined ? what : `${test.title}: ${what}`,
      what,
      wanted,
      answer(decision),
      line,
    )
  }
  const single = singlePermission(runner, test, path)
  return [
    ...test.may.map((permission, i) => ask(permission, 'allow', undefined, [...path, 'may', i])),
    ...test.maynot.map((permission, i) =>
      ask(permission, 'deny', test.action === undefined ? test.reason : undefined, [...path, 'maynot', i]),
    ),
    ...(single !== undefined && test.expect !== undefined
      ? [ask(single, test.expect, test.reason, [...path, 'action'])]
      : []),
  ]
}

/** The permission of the one question a case asks, from `action` and `resource`. */
function singlePermission(runner: Runner, test: TestCase, path: Path): string | undefined {
  if (test.action === undefined) return undefined
  if (test.action.includes(':')) return test.action
  const type = typeof test.resource === 'string' ? test.resource : test.resource?.type
  if (type !== undefined) return `${test.action}:${type}`
  runner.problems.push(
    runner.source.problem([...path, 'action'], `On what? "${test.action}" needs a resource.`, {
      hint: `Write ${test.action}:<resource>, or add \`resource\`.`,
    }),
  )
  return undefined
}

function checkKnown(runner: Runner, permission: string, path: Path): void {
  const set = runner.compiled.permissionSet
  if (set.index(permission) !== undefined) return
  runner.problems.push(
    runner.source.problem(path, `Unknown permission "${permission}".`, {
      hint: suggestion(permission, set.names()),
    }),
  )
}

function answer(decision: Decision): string {
  return decision.allowed ? 'allow (allowed)' : `deny (${decision.reason})`
}

function result(
  ok: boolean,
  title: string,
  what: string,
  expected: string,
  got: string,
  line: number,
): PolicyTestResult {
  return {
    ok,
    title,
    expected,
    got,
    line,
    ...(!ok && { message: `${what}: expected ${expected}, got ${got}.` }),
  }
}

function runMatrix(runner: Runner, matrix: TestMatrix, path: Path): PolicyTestResult[] {
  const setting = settingOf(runner, matrix)
  const subjects = matrix.columns.map((column, i) =>
    standingOf(runner, [column], setting, [...path, 'columns', i]),
  )
  return Object.entries(matrix.rows).flatMap(([row, written]) => {
    const rowPath = [...path, 'rows', row]
    const permissions = rowPermissions(row)
    const cells = rowCells(written)
    if (!permissions) {
      runner.problems.push(
        runner.source.problem(rowPath, `"${row}" is not a permission.`, {
          hint: 'A row is named read:leads, or several: read:leads, write:leads.',
          onKey: true,
        }),
      )
      return []
    }
    for (const permission of permissions) checkKnown(runner, permission, rowPath)
    if (cells.length !== matrix.columns.length || cells.includes(undefined)) {
      runner.problems.push(
        runner.source.problem(
          rowPath,
          `The row has to have ${matrix.columns.length} cells, one per column.`,
          { hint: 'A cell is ✓ or yes, ✗ or no, ? or conditional.' },
        ),
      )
      return []
    }
    const { line } = runner.source.problem(rowPath, '', { onKey: true })
    return permissions.flatMap((permission) =>
      matrix.columns.map((column, i) => {
        const got = cellOf(runner.compiled, subjects[i], permission, setting)
        const what = `row ${permission}, column ${column}`
        const title = `${matrix.title ?? 'matrix'}: ${column}, ${permission}`
        return { ...result(got === cells[i], title, what, cells[i] as Cell, got, line), row, column }
      }),
    )
  })
}

/** What a role may, in the words of a matrix. */
function cellOf(
  compiled: CompiledPolicy,
  subject: Standing | undefined,
  permission: string,
  setting: Setting,
): Cell {
  if (!subject) return 'no'
  const type = permission.slice(permission.indexOf(':') + 1)
  if (decide(compiled, { subject, action: permission, resource: { type }, ...setting }).allowed) return 'yes'
  const held = grants(compiled, subject, setting.now, setting).find(
    (grant) => grant.permission === permission,
  )
  return held?.conditional ? 'conditional' : 'no'
}

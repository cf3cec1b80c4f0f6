/** The grammar of `<name>.policy.test.yaml`. @module */
import { z } from 'zod'
import { name, oneOrMore, permission, permissionPattern } from '../schema/scalars.ts'

const moment = z.union([z.iso.datetime({ offset: true }), z.string().regex(/^-?\d{1,6}[smhdwy]$/)])

const assignment = z.strictObject({
  role: name,
  id: z.string().exactOptional(),
  source: z.enum(['assigned', 'elevation', 'break-glass', 'platform', 'support']).exactOptional(),
  expires: moment.describe('A time, or from now: 1h, -5m').exactOptional(),
})

/** Who asks, where it differs from a member in good standing. */
const subject = z.strictObject({
  roles: z.array(z.union([name, assignment])).default([]),
  id: z.string().exactOptional(),
  account: z.enum(['active', 'inactive']).default('active'),
  membership: z.enum(['active', 'inactive']).exactOptional(),
  organization: z.string().describe('The organization the credential is for').exactOptional(),
  secondFactor: z.enum(['none', 'enrolled', 'satisfied']).default('satisfied'),
  signedIn: moment.describe('When: a time, or from now: -1h').exactOptional(),
  privilegesSuspended: z.boolean().default(false),
  machine: z.boolean().default(false),
})

const resource = z.strictObject({
  type: name.exactOptional(),
  id: z.string().exactOptional(),
  organization: z.string().exactOptional(),
  attributes: z.record(z.string(), z.unknown()).exactOptional(),
  state: z.string().exactOptional(),
  found: z.boolean().exactOptional(),
})

const shared = {
  title: z.string().min(1).exactOptional(),
  in: z
    .enum(['organization', 'platform'])
    .describe('Whose context the question is asked in')
    .default('organization'),
  now: z.iso.datetime({ offset: true }).exactOptional(),
}

/** One case: who, and what they may and may not, or one question with its expected answer and reason. */
export const testCase = z
  .strictObject({
    ...shared,
    who: z
      .union([name.transform((role) => [role]), z.array(name), subject])
      .describe('A role, roles, anonymous, or a standing'),
    may: oneOrMore(permission).default([]),
    maynot: oneOrMore(permission).default([]),
    action: z.union([name, permission]).exactOptional(),
    resource: z.union([name, resource]).exactOptional(),
    context: z.record(z.string(), z.unknown()).exactOptional(),
    expect: z.enum(['allow', 'deny']).exactOptional(),
    reason: z.string().exactOptional(),
  })
  .refine((c) => c.may.length + c.maynot.length > 0 || (c.action !== undefined && c.expect !== undefined), {
    error: 'a case needs `may`, `maynot`, or `action` with `expect`',
  })

/** A table as in the documents: rows are permissions, columns are roles. */
export const testMatrix = z.strictObject({
  ...shared,
  columns: z.array(name).min(1).describe('Roles; anonymous is one too'),
  rows: z.record(z.string(), z.union([z.string(), z.array(z.union([z.string(), z.boolean()]))])),
})

export const testFile = z.strictObject({
  policy: z.string().describe('Name of the policy under test').exactOptional(),
  cases: z.array(testCase).default([]),
  matrices: z.array(testMatrix).default([]),
})

export type TestCase = z.output<typeof testCase>
export type TestMatrix = z.output<typeof testMatrix>
export type TestSubject = z.output<typeof subject>

/** What a row of a matrix is about: one permission, or several with the same answer. */
export function rowPermissions(row: string): string[] | undefined {
  const list = row.split(/[\s,]+/).filter((part) => part !== '')
  return list.length > 0 &&
    list.every((part) => permissionPattern.safeParse(part).success && !part.includes('*'))
    ? list
    : undefined
}

export type Cell = 'yes' | 'no' | 'conditional'

const CELLS: Readonly<Record<string, Cell>> = {
  '✓': 'yes',
  '✔': 'yes',
  '✅': 'yes',
  yes: 'yes',
  allow: 'yes',
  true: 'yes',
  '✗': 'no',
  '✘': 'no',
  '❌': 'no',
  no: 'no',
  deny: 'no',
  false: 'no',
  '-': 'no',
  '?': 'conditional',
  '~': 'conditional',
  conditional: 'conditional',
  when: 'conditional',
}

/** The cells of a row, undefined where one cannot be read. */
export function rowCells(cells: TestMatrix['rows'][string]): (Cell | undefined)[] {
  const list = typeof cells === 'string' ? cells.split(/[\s|]+/).filter((cell) => cell !== '') : cells
  return list.map((cell) => CELLS[String(cell).replace('\uFE0F', '')])
}

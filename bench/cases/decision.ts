/**
 * The decision itself, in process, against what a program without a policy language would write by hand (a Map of
 * Sets, a Map of bitsets) and against libraries that decide in process.
 *
 * All are asked the same questions about the same roles and permissions, in the same shuffled order, and their
 * answers are compared before anything is measured. Every contender may prepare whatever it likes beforehand.
 *
 * @module
 */
import {
  type CompiledPolicy,
  compile,
  compileTightened,
  decide,
  parsePolicy,
  type Question,
  type Standing,
  tighten,
} from '@writ/policy'
import { absolute, type Bench, compare, type Effort, inTurns, type Row } from '../measure.ts'
import { installPeers } from '../peers.ts'
import { askCasbin, askCasl, askCedar } from './decision/libraries.ts'
import { type Matrix, matrixOf, policySource } from './decision/matrix.ts'

const ORGANIZATIONS = 10_000

export const decision: Bench = {
  name: 'decision',
  about: 'one decision with its reason, in process',
  async *run(effort, say) {
    await installPeers(say)
    const sizes = { small: matrixOf(40), large: matrixOf(1000) }
    const times: Record<string, number[]> = {}
    for (const matrix of Object.values(sizes)) {
      say(`decisions among ${matrix.permissions.length} permissions`)
      const rows = await decisionsAmong(matrix, effort)
      times[matrix.permissions.length] = rows.ours
      yield* rows.rows
    }
    yield compare({
      what: 'growth of the policy: 1,000 permissions',
      unit: 'ns',
      ours: times[1000]!,
      yardstick: { name: 'ours at 40 permissions', values: times[40]! },
      kind: 'cost',
      limit: 2,
    })
    say(`${ORGANIZATIONS.toLocaleString('en-US')} organizations with a policy of their own`)
    yield memory(sizes.small)
  },
}

async function decisionsAmong(matrix: Matrix, effort: Effort): Promise<{ ours: number[]; rows: Row[] }> {
  const contenders = {
    ours: { ask: askOurs(matrix), calls: 2_000_000 },
    sets: { ask: askSets(matrix), calls: 2_000_000 },
    readySets: { ask: askReadySets(matrix), calls: 2_000_000 },
    bits: { ask: askBits(matrix), calls: 2_000_000 },
    casl: { ask: await askCasl(matrix), calls: 400_000 },
    cedar: { ask: await askCedar(matrix), calls: 2_000 },
    casbin: { ask: await askCasbin(matrix), calls: 500 },
  }
  for (const { ask } of Object.values(contenders)) agree(matrix, ask)
  const scale = effort.isQuick ? 0.1 : 1
  const timed = Object.fromEntries(
    Object.entries(contenders).map(([name, { ask, calls }]) => {
      const count = Math.ceil(calls * scale)
      nanoseconds(ask, matrix.questions.length, count)
      return [name, () => nanoseconds(ask, matrix.questions.length, count)]
    }),
  ) as Record<keyof typeof contenders, () => number>
  const measured = await inTurns(effort.rounds * 2, timed)
  const size = `${matrix.permissions.length.toLocaleString('en-US')} permissions`
  const against = (key: keyof typeof contenders, name: string, kind: 'cost' | 'gain', limit: number) =>
    compare({
      what: size,
      unit: 'ns',
      ours: measured.ours,
      yardstick: { name, values: measured[key] },
      kind,
      limit,
    })
  return {
    ours: measured.ours,
    rows: [
      against('sets', 'Map of Sets', 'cost', 2),
      against('readySets', 'Map of Sets, asked by a ready-made key', 'cost', 2),
      against('bits', 'Map and one bit test', 'cost', 4),
      against('casl', 'CASL', 'gain', 5),
      against('cedar', 'cedar-wasm', 'gain', 500),
      against('casbin', 'casbin', 'gain', 1000),
    ],
  }
}

/** Asks question `i`. */
export type Ask = (i: number) => boolean

function agree(matrix: Matrix, ask: Ask): void {
  for (const [i, { expected, role, permission }] of matrix.questions.slice(0, 400).entries()) {
    if (ask(i) !== expected)
      throw new Error(`${role} and ${permission}: a contender answers ${!expected}; nothing was measured`)
  }
}

/** Processor time of this thread, so that what else the machine does is not counted. */
function nanoseconds(ask: Ask, questions: number, calls: number): number {
  let allowed = 0
  const start = process.threadCpuUsage()
  for (let call = 0, i = 0; call < calls; call++) {
    if (ask(i)) allowed++
    if (++i === questions) i = 0
  }
  const { user, system } = process.threadCpuUsage(start)
  // Read, so that no compiler may leave the calls out.
  if (allowed < 0) throw new Error('unreachable')
  return ((user + system) * 1000) / calls
}

function askOurs(matrix: Matrix): Ask {
  const compiled = compiledOf(matrix)
  const now = new Date()
  const people = new Map<string, Standing>()
  const standingOf = (subject: string, organization: string, role: string): Standing => ({
    id: subject,
    accountActive: true,
    organization,
    membershipActive: true,
    assignments: [{ id: `asg-${subject}`, role, source: 'assigned', expiresAt: null }],
    secondFactor: 'none',
    authenticatedAt: now,
  })
  const questions = matrix.questions.map(
    ({ subject, organization, role, action, resource, owner }): Question => {
      const standing = people.get(subject) ?? standingOf(subject, organization, role)
      people.set(subject, standing)
      return {
        subject: standing,
        action,
        resource: { type: resource, organization: owner },
        organization,
        now,
      }
    },
  )
  return (i) => decide(compiled, questions[i]!).allowed
}

/** Takes a question as it comes: action and type of resource. A Set in a Map in a Map builds no key a question. */
function askSets({ roles, questions }: Matrix): Ask {
  const grants = new Map(
    roles.map(({ name, permissions }) => {
      const byResource = new Map<string, Set<string>>()
      for (const [action, resource] of permissions.map(
        (permission) => permission.split(':') as [string, string],
      )) {
        byResource.set(resource, (byResource.get(resource) ?? new Set()).add(action))
      }
      return [name, byResource]
    }),
  )
  const asked = questions.map(({ organization, owner, role, action, resource }) => {
    return { organization, owner, roles: [role], action, resource }
  })
  return (i) => {
    const { organization, owner, roles: held, action, resource } = asked[i]!
    if (organization !== owner) return false
    for (const role of held) if (grants.get(role)?.get(resource)?.has(action)) return true
    return false
  }
}

/** The same where somebody has joined action and resource beforehand, as `can('read:leads')` in a program does. */
function askReadySets({ roles, questions }: Matrix): Ask {
  const grants = new Map(roles.map(({ name, permissions }) => [name, new Set(permissions)]))
  const asked = questions.map(({ organization, owner, role, permission }) => ({
    organization,
    owner,
    roles: [role],
    permission,
  }))
  return (i) => {
    const { organization, owner, roles: held, permission } = asked[i]!
    if (organization !== owner) return false
    for (const role of held) if (grants.get(role)?.has(permission)) return true
    return false
  }
}

function askBits({ roles, permissions, questions }: Matrix): Ask {
  const index = new Map(permissions.map((name, i) => [name, i]))
  const rows = roles.map(({ permissions: granted }) => {
    const bits = new Uint32Array((permissions.length + 31) >>> 5)
    for (const name of granted) bits[index.get(name)! >>> 5]! |= 1 << (index.get(name)! & 31)
    return bits
  })
  // The role is at hand as its row, as it would be in a session: what is left is one look-up and one bit.
  const held = questions.map(({ organization, owner, role, permission }) => {
    return { bits: rows[roles.findIndex(({ name }) => name === role)]!, permission, organization, owner }
  })
  return (i) => {
    const { bits, permission, organization, owner } = held[i]!
    const at = index.get(permission)
    return organization === owner && at !== undefined && (bits[at >>> 5]! & (1 << (at & 31))) !== 0
  }
}

function compiledOf(matrix: Matrix): CompiledPolicy {
  const parsed = parsePolicy(policySource(matrix))
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return compile(parsed.policy)
}

/** Organizations tighten settings and do not define roles; each keeps its own effective policy, compiled. */
function memory(matrix: Matrix): Row {
  const compiled = compiledOf(matrix)
  const before = settledHeap()
  const own = new Map<string, CompiledPolicy>()
  for (let i = 0; i < ORGANIZATIONS; i++) {
    const required = matrix.roles.slice(0, 1 + (i % 3)).map(({ name }) => name)
    const tightened = tighten(compiled.policy, {
      'authentication.session.idle': `${1 + (i % 7)}h`,
      'authentication.mfa.required': required,
    })
    if (!tightened.ok) throw new Error(tightened.problems.map(({ message }) => message).join('\n'))
    own.set(`org-${i}`, compileTightened(compiled, tightened.policy))
  }
  const megabytes = (settledHeap() - before) / 2 ** 20
  if (own.size !== ORGANIZATIONS) throw new Error('not all were kept')
  return absolute(
    `${ORGANIZATIONS.toLocaleString('en-US')} organizations with overrides of their own, compiled`,
    'MB',
    [megabytes],
    {
      most: 50,
    },
  )
}

function settledHeap(): number {
  if (!globalThis.gc)
    throw new Error('memory is measured after a collection: run with --expose-gc, as `npm run bench` does')
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

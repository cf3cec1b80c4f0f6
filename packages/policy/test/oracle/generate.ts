/** Random policies that are right, and random questions that reach into every corner of them. */
import type { Assignment, Question, Standing } from '../../src/index.ts'

/** Repeatable random numbers (mulberry32). */
export class Random {
  #state: number
  constructor(seed: number) {
    this.#state = seed >>> 0
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  below(n: number): number {
    return Math.floor(this.next() * n)
  }
  chance(p: number): boolean {
    return this.next() < p
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
  some<T>(items: readonly T[], p: number): T[] {
    return items.filter(() => this.chance(p))
  }
}

export interface RandomRole {
  scope?: 'platform'
  inherits?: string[]
  allow: (string | { allow: string[]; when?: string; machines?: true })[]
  deny?: string[]
  privileged?: true
}

export interface RandomPolicy {
  writ: 1
  name: string
  title: string
  version: string
  owner: string
  organizations: { ownerRole: string; rolesPerMember: 'one' | 'many'; platformAccess: 'direct' | 'support' }
  resources: Record<
    string,
    {
      actions: string[]
      attributes?: Record<string, string>
      states?: Record<string, { deny: string[] }>
      implies?: Record<string, string[]>
    }
  >
  roles: Record<string, RandomRole>
  sensitive: { within: string; actions: string[] }
  authentication: { mfa: { required: string[] } }
}

const APPLICATION = [
  'read:orders',
  'write:orders',
  'refund:orders',
  'read:leads',
  'write:leads',
  'view:users',
  'manage:users',
  'read:reports',
]
const OWN = [
  'read:members',
  'create:members',
  'deactivate:members',
  'assign:roles',
  'read:audit',
  'export:audit',
]
const PLATFORM = ['read:organizations', 'suspend:organizations', 'move:members']
const PATTERNS = [...APPLICATION, ...OWN, '*:leads', 'read:*', '*:members', '*:users', '*:*']
const ORDERS = ['read:orders', 'write:orders', '*:orders']
const ON_ORDERS = ['resource.ownerId == subject.id', 'resource.total > 100.0']
const ANYWHERE = ['context.ok == true', '"r2" in subject.roles', 'now < timestamp("2026-06-01T00:00:00Z")']

function randomGrant(random: Random): RandomRole['allow'][number] {
  const roll = random.next()
  if (roll < 0.55) return random.pick(PATTERNS)
  const machines = random.chance(0.4) ? { machines: true as const } : {}
  if (roll < 0.65) return { allow: [random.pick(PATTERNS)], ...machines }
  if (roll < 0.85)
    return { allow: [random.pick(ORDERS)], when: random.pick([...ON_ORDERS, ...ANYWHERE]), ...machines }
  return { allow: [random.pick(PATTERNS), random.pick(PATTERNS)], when: random.pick(ANYWHERE), ...machines }
}

function randomRole(random: Random, index: number, count: number, platformRoles: number): RandomRole {
  const below = Array.from({ length: count - index - 1 }, (_, i) => `r${index + 1 + i}`)
  const allow = Array.from({ length: random.below(4) }, () => randomGrant(random))
  if (index < platformRoles && random.chance(0.5)) allow.push(random.pick(PLATFORM))
  return {
    ...(index < platformRoles && { scope: 'platform' as const }),
    inherits: random.some(below, 0.2),
    allow,
    deny: random.chance(0.25) ? [random.pick(PATTERNS.filter((p) => p !== '*:*'))] : [],
    ...(random.chance(0.25) && { privileged: true as const }),
  }
}

export function randomPolicy(random: Random): RandomPolicy {
  const count = 3 + random.below(4)
  const platformRoles = random.below(2)
  const names = Array.from({ length: count }, (_, i) => `r${i}`)
  return {
    writ: 1,
    name: 'random',
    title: 'Random',
    version: '1',
    owner: 'nobody',
    organizations: {
      ownerRole: names[platformRoles] as string,
      rolesPerMember: random.pick(['one', 'many']),
      platformAccess: random.pick(['direct', 'support']),
    },
    resources: {
      orders: {
        actions: ['read', 'write', 'refund'],
        attributes: { ownerId: 'string', total: 'double' },
        ...(random.chance(0.7) && {
          states: { open: { deny: [] }, closed: { deny: random.some(['read', 'write', 'refund'], 0.6) } },
        }),
      },
      leads: { actions: ['read', 'write'] },
      users: {
        actions: ['view', 'manage'],
        implies: {
          view: random.some(['read:members', 'read:audit'], 0.6),
          manage: random.some(['view:users', 'create:members', 'deactivate:members', 'move:members'], 0.6),
        },
      },
      reports: { actions: ['read'] },
    },
    roles: Object.fromEntries(names.map((name, i) => [name, randomRole(random, i, count, platformRoles)])),
    sensitive: {
      within: '10m',
      actions: random.some(
        ['refund:orders', 'write:leads', '*:members', 'export:audit', 'manage:users'],
        0.35,
      ),
    },
    authentication: { mfa: { required: random.some(names, 0.12) } },
  }
}

const NOW = new Date('2026-03-01T12:00:00Z')
const at = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)

function randomAssignment(random: Random, policy: RandomPolicy, index: number): Assignment {
  const role = random.chance(0.04) ? 'unknown' : random.pick(Object.keys(policy.roles))
  const platform = policy.roles[role]?.scope === 'platform'
  return {
    id: `a${index}`,
    role,
    source:
      platform && random.chance(0.8)
        ? 'platform'
        : random.pick(['assigned', 'assigned', 'assigned', 'elevation', 'break-glass', 'support']),
    // Exactly now is the edge: from that moment on it has expired.
    expiresAt: random.pick([null, null, null, at(60), at(-1), at(0)]),
  }
}

function randomStanding(random: Random, policy: RandomPolicy): Standing {
  return {
    id: 'u1',
    accountActive: !random.chance(0.04),
    organization: random.chance(0.92) ? 'acme' : 'globex',
    membershipActive: !random.chance(0.06),
    assignments: Array.from({ length: random.below(4) }, (_, i) => randomAssignment(random, policy, i)),
    secondFactor: random.pick(['none', 'enrolled', 'satisfied', 'satisfied', 'satisfied']),
    authenticatedAt: random.pick([NOW, at(-5), at(-10), at(-11), at(-600)]),
    privilegesSuspended: random.chance(0.12),
    machine: random.chance(0.2),
  }
}

export function randomQuestion(random: Random, policy: RandomPolicy): Question {
  const permission = random.chance(0.04)
    ? random.pick(['fly:leads', 'read:moon'])
    : random.pick([...APPLICATION, ...APPLICATION, ...OWN, ...PLATFORM])
  const [action, type] = permission.split(':') as [string, string]
  const attributes = {
    ...(random.chance(0.7) && { ownerId: random.pick<unknown>(['u1', 'u1', 'u2', 7]) }),
    ...(random.chance(0.7) && { total: random.pick<unknown>([50, 500, 'much']) }),
  }
  return {
    ...(!random.chance(0.03) && { subject: randomStanding(random, policy) }),
    action: random.chance(0.5) ? action : permission,
    resource: {
      type: random.chance(0.97) ? type : 'leads',
      ...(random.chance(0.6) && { attributes }),
      ...(random.chance(0.5) && { state: random.pick(['open', 'closed', 'closed', 'lost']) }),
      ...(random.chance(0.3) && { organization: random.chance(0.85) ? 'acme' : 'globex' }),
      ...(random.chance(0.2) && { found: !random.chance(0.2) }),
    },
    organization: 'acme',
    platform: random.chance(0.2),
    ...(random.chance(0.6) && {
      context: random.pick<Record<string, unknown>>([
        { ok: true },
        { ok: true },
        { ok: false },
        { ok: 'true' },
        {},
      ]),
    }),
    now: random.chance(0.9) ? NOW : new Date('2026-07-01T00:00:00Z'),
  }
}

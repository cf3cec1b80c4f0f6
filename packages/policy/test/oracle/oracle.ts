/**
 * The decision once more, as slowly and plainly as the prose says it: no indexes, no bits, no compiled form,
 * nothing shared with the engine but the list of Writ's own permissions. It reads the file as written.
 */
import { ownPermissions, type Question, type Reason, type Standing } from '../../src/index.ts'
import type { RandomPolicy } from './generate.ts'

interface Known {
  name: string
  platform: boolean
}

function allPermissions(file: RandomPolicy): Known[] {
  const own = ownPermissions.map((p) => ({ name: p.name, platform: p.scope === 'platform' }))
  const declared = Object.entries(file.resources).flatMap(([resource, { actions }]) =>
    actions.map((action) => ({ name: `${action}:${resource}`, platform: false })),
  )
  return [...own, ...declared.filter((d) => !own.some((o) => o.name === d.name))]
}

function names(pattern: string, permission: string): boolean {
  const [action, resource] = pattern.split(':')
  const [a, r] = permission.split(':')
  return (action === '*' || action === a) && (resource === '*' || resource === r)
}

/** Whether holding one permission stands for holding another, over any number of steps. */
function standsFor(file: RandomPolicy, one: string, other: string, seen: string[] = []): boolean {
  if (one === other) return true
  if (seen.includes(one)) return false
  const [action, resource] = one.split(':') as [string, string]
  const next = file.resources[resource]?.implies?.[action] ?? []
  return next.some((step) => standsFor(file, step, other, [...seen, one]))
}

function reached(file: RandomPolicy, pattern: string, permission: string, platformRole: boolean): boolean {
  const open = (p: Known) => platformRole || !p.platform
  const target = allPermissions(file).find((p) => p.name === permission)
  if (!target || !open(target)) return false
  return allPermissions(file).some(
    (p) => open(p) && names(pattern, p.name) && standsFor(file, p.name, permission),
  )
}

/** A role and every role it holds along. */
function held(file: RandomPolicy, role: string): string[] {
  return [role, ...(file.roles[role]?.inherits ?? []).flatMap((parent) => held(file, parent))]
}

const isPlatform = (file: RandomPolicy, role: string) => file.roles[role]?.scope === 'platform'

function denies(file: RandomPolicy, role: string, permission: string): boolean {
  return held(file, role).some((r) =>
    (file.roles[r]?.deny ?? []).some((d) => reached(file, d, permission, true)),
  )
}

interface Line {
  when: string | undefined
  machines: boolean
}

function allowLines(file: RandomPolicy, role: string, permission: string): Line[] {
  return held(file, role).flatMap((r) =>
    (file.roles[r]?.allow ?? []).flatMap((entry) => {
      const { allow, when, machines } =
        typeof entry === 'string' ? { allow: [entry], when: undefined, machines: false } : entry
      const fits = allow.some((pattern) => reached(file, pattern, permission, isPlatform(file, r)))
      return fits ? [{ when, machines: machines === true }] : []
    }),
  )
}

const CANNOT = Symbol('cannot be evaluated')

/** The conditions the generator writes, in plain code. */
function evaluate(
  when: string,
  question: Question,
  subject: Standing,
  roles: string[],
): boolean | typeof CANNOT {
  const given = question.resource.type === 'orders' ? (question.resource.attributes ?? {}) : {}
  const wrong =
    ('ownerId' in given && typeof given['ownerId'] !== 'string') ||
    ('total' in given && typeof given['total'] !== 'number')
  if (wrong) return CANNOT
  switch (when) {
    case 'resource.ownerId == subject.id':
      return 'ownerId' in given ? given['ownerId'] === subject.id : CANNOT
    case 'resource.total > 100.0':
      return 'total' in given ? (given['total'] as number) > 100 : CANNOT
    case 'context.ok == true':
      return question.context && 'ok' in question.context ? question.context['ok'] === true : CANNOT
    case '"r2" in subject.roles':
      return roles.includes('r2')
    case 'now < timestamp("2026-06-01T00:00:00Z")':
      return question.now < new Date('2026-06-01T00:00:00Z')
    default:
      throw new Error(`the oracle does not know ${when}`)
  }
}

const rank = (file: RandomPolicy, role: string) => Object.keys(file.roles).indexOf(role)

export function oracle(file: RandomPolicy, question: Question): Reason {
  const { subject, organization, now, resource } = question
  if (!subject) return 'unauthenticated'
  if (!subject.accountActive) return 'account_inactive'

  const live = subject.assignments.filter(
    (a) => a.role in file.roles && (a.expiresAt === undefined || a.expiresAt === null || a.expiresAt > now),
  )
  const member = subject.membershipActive && subject.organization === organization
  const direct = file.organizations.platformAccess === 'direct'
  const reaching = live.some((a) => a.source === 'support' || (direct && isPlatform(file, a.role)))
  const admitted = member || (subject.membershipActive && reaching)
  if (!admitted) return 'membership_inactive'

  const demanded = live.some((a) =>
    held(file, a.role).some((r) => file.authentication.mfa.required.includes(r)),
  )
  if (demanded && subject.secondFactor === 'none') return 'second_factor_enrolment_required'
  if (demanded && subject.secondFactor === 'enrolled') return 'second_factor_required'

  if (resource.found === false) return 'resource_not_found'
  if (resource.organization !== undefined && resource.organization !== organization)
    return 'resource_not_found'

  const permission = question.action.includes(':') ? question.action : `${question.action}:${resource.type}`
  const known = allPermissions(file).find((p) => p.name === permission)
  if (!known || permission.split(':')[1] !== resource.type) return 'unknown_permission'

  let counting = live.filter((a) => {
    if (a.source === 'support') return true
    if (isPlatform(file, a.role)) return direct || question.platform === true || known.platform
    return member
  })
  if (file.organizations.rolesPerMember === 'one') {
    const temporary = counting.filter((a) => a.source === 'elevation' || a.source === 'break-glass')
    const candidates = temporary.length > 0 ? temporary : counting
    counting = candidates.toSorted((a, b) => rank(file, a.role) - rank(file, b.role)).slice(0, 1)
  }

  if (counting.some((a) => denies(file, a.role, permission))) return 'explicit_deny'

  const suspended = (role: string) =>
    subject.privilegesSuspended === true && held(file, role).some((r) => file.roles[r]?.privileged)
  const granting = counting.filter((a) => !suspended(a.role))
  const lines = granting.flatMap((a) => allowLines(file, a.role, permission))
  if (lines.length === 0) return 'not_granted'
  const roles = granting.map((a) => a.role)
  const outcomes = lines.map((line) =>
    line.when === undefined ? true : evaluate(line.when, question, subject, roles),
  )
  if (!outcomes.includes(true)) return outcomes.includes(CANNOT) ? 'error' : 'condition_failed'

  const states = file.resources[resource.type]?.states
  if (states && Object.keys(states).length > 0 && resource.state !== undefined) {
    const state = states[resource.state]
    if (!state || state.deny.includes(permission.split(':')[0] as string)) return 'state_denied'
  }

  if (file.sensitive.actions.some((pattern) => reached(file, pattern, permission, true))) {
    if (subject.machine) {
      if (!lines.some((line, i) => line.machines && outcomes[i] === true)) return 'machine_grant_required'
    } else if (now.getTime() - subject.authenticatedAt.getTime() > 600_000) return 'fresh_sign_in_required'
  }
  return 'allowed'
}

/** What a subject holds, gives and administers: the questions that are not about one action. @module */
import { type CompiledPermission, type CompiledPolicy, hasBit } from './compile.ts'
import { decide, isLive, isSuspended, reaches, soleAssignment, standingReason } from './decide.ts'
import type { Question, Standing } from './question.ts'

/** A permission somebody holds right now. */
export interface HeldPermission {
  readonly permission: string
  /** Only where a condition holds. */
  readonly conditional: boolean
  readonly sensitive: boolean
  /** The roles that grant it, as assigned. */
  readonly roles: readonly string[]
}

/**
 * Every permission the subject holds right now in an organization (by default the one of the credential);
 * empty where every decision would be refused. Whether a condition, a state or a fresh sign-in stands in the
 * way is for `decide` to say, about one resource.
 */
export function grants(
  compiled: CompiledPolicy,
  standing: Standing,
  now: Date,
  options: { organization?: string; platform?: boolean } = {},
): HeldPermission[] {
  const question: Question = {
    subject: standing,
    action: '',
    resource: { type: '' },
    organization: options.organization ?? standing.organization,
    platform: options.platform === true,
    now,
  }
  if (standingReason(compiled, standing, question)) return []
  return compiled.permissions.flatMap((permission) => held(compiled, standing, question, permission) ?? [])
}

function held(
  compiled: CompiledPolicy,
  standing: Standing,
  question: Question,
  permission: CompiledPermission,
): HeldPermission | undefined {
  const sole = compiled.oneRole ? soleAssignment(compiled, question, standing, permission) : -1
  const always: string[] = []
  const sometimes: string[] = []
  for (const [i, assignment] of standing.assignments.entries()) {
    const role = compiled.roles.get(assignment.role)
    if (!role || (compiled.oneRole && i !== sole) || !isLive(assignment, question.now.getTime())) continue
    if (!reaches(compiled, question, standing, permission, assignment, role)) continue
    if (hasBit(role.deny, permission.index)) return undefined
    if (isSuspended(standing, role)) continue
    if (hasBit(role.allow, permission.index)) always.push(role.name)
    else if (hasBit(role.conditional, permission.index)) sometimes.push(role.name)
  }
  const roles = always.length > 0 ? always : sometimes
  if (roles.length === 0) return undefined
  return {
    permission: permission.name,
    conditional: always.length === 0,
    sensitive: permission.isSensitive,
    roles: [...new Set(roles)],
  }
}

/** Whether a holder of these roles may give a role: one of theirs names it, and it does not rank above that one. */
export function mayAssign(compiled: CompiledPolicy, actorRoles: readonly string[], role: string): boolean {
  const given = compiled.roles.get(role)
  return given !== undefined && actorRoles.some((name) => allowed(compiled, name, given.name, 'assign'))
}

/**
 * Whether a holder of `actorRoles` may administer a member with `targetRoles`: every one of them is managed
 * by a role of the actor that it does not rank above. A member without roles may be administered by whoever
 * manages any role.
 */
export function mayManage(
  compiled: CompiledPolicy,
  actorRoles: readonly string[],
  targetRoles: readonly string[],
): boolean {
  if (targetRoles.length === 0)
    return actorRoles.some((name) => (compiled.roles.get(name)?.manages.size ?? 0) > 0)
  return targetRoles.every((target) => actorRoles.some((name) => allowed(compiled, name, target, 'manages')))
}

function allowed(
  compiled: CompiledPolicy,
  actorRole: string,
  target: string,
  by: 'assign' | 'manages',
): boolean {
  const actor = compiled.roles.get(actorRole)
  const other = compiled.roles.get(target)
  return actor !== undefined && other !== undefined && actor[by].has(target) && other.rank >= actor.rank
}

/** Whether a role that the subject holds now demands a second factor. */
export function demandsSecondFactor(compiled: CompiledPolicy, standing: Standing, now: Date): boolean {
  if (!compiled.secondFactorDemanded) return false
  return standing.assignments.some(
    (assignment) =>
      isLive(assignment, now.getTime()) && compiled.roles.get(assignment.role)?.demandsSecondFactor === true,
  )
}

/** The roles that count now, by the one way that decides who holds a role: expired and suspended ones do not. */
export function heldRoles(
  compiled: CompiledPolicy,
  standing: Standing,
  now: Date,
  options: { platform?: boolean } = {},
): string[] {
  const { organization } = standing
  const assigned = [...new Set(standing.assignments.map(({ role }) => role))]
  return assigned.filter((id) => {
    const resource = { type: 'role', id }
    const question = {
      subject: standing,
      action: 'hold',
      resource,
      organization,
      platform: options.platform === true,
      now,
    }
    return decide(compiled, question).allowed
  })
}

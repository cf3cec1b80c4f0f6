/**
 * The decision. Pure, and the hot path: one pass over the assignments, bit tests, no allocation but the answer.
 *
 * @module
 */
import { type CompiledPermission, type CompiledPolicy, type CompiledRole, hasBit } from './compile.ts'
import { type ConditionContext, conditionResource } from './condition.ts'
import type { Assignment, Decision, Question, Reason, Standing } from './question.ts'

/**
 * Answers whether a subject may do something, and why. The first check that fails decides; see {@link Reason}
 * for their order. Anything unknown is a deny. Never throws: an error while deciding is a deny with reason
 * `error`.
 */
export function decide(compiled: CompiledPolicy, question: Question): Decision {
  try {
    return judge(compiled, question)
  } catch {
    return refuse('error', fullName(question), undefined, undefined, false)
  }
}

/** The permission a question is about, undefined when the policy does not know it. */
export function permissionOf(compiled: CompiledPolicy, question: Question): CompiledPermission | undefined {
  return compiled.lookup.get(question.resource.type)?.[question.action]
}

function fullName(question: Question): string {
  try {
    return question.action.includes(':') ? question.action : `${question.action}:${question.resource.type}`
  } catch {
    return ''
  }
}

function refuse(
  reason: Reason,
  permission: string,
  role: string | undefined,
  assignment: string | undefined,
  sensitive: boolean,
): Decision {
  return { allowed: false, reason, permission, role, assignment, sensitive }
}

function judge(compiled: CompiledPolicy, question: Question): Decision {
  const permission = permissionOf(compiled, question)
  const name = permission?.name ?? fullName(question)
  const sensitive = permission?.isSensitive ?? false
  const subject = question.subject
  const standing = standingReason(compiled, subject, question)
  if (standing) return refuse(standing, name, undefined, undefined, sensitive)
  const { organization, found } = question.resource
  if (found === false || (organization !== undefined && organization !== question.organization)) {
    return refuse('resource_not_found', name, undefined, undefined, sensitive)
  }
  if (!permission) {
    if (name === HOLD_ROLE) return judgeRole(compiled, question, subject as Standing)
    return refuse('unknown_permission', name, undefined, undefined, false)
  }
  return judgeGrants(compiled, question, subject as Standing, permission)
}

/** Asks about the role that the resource's id names, as guards by role do: `requireRole('admin')`. */
const HOLD_ROLE = 'hold:role'
const ofOrganizations: Pick<CompiledPermission, 'isPlatform'> = { isPlatform: false }

/** Whether a role is held now and counts: itself, not one that inherits it. */
function judgeRole(compiled: CompiledPolicy, question: Question, subject: Standing): Decision {
  const now = question.now.getTime()
  const sole = compiled.oneRole ? soleAssignment(compiled, question, subject, ofOrganizations) : -1
  for (const [i, assignment] of subject.assignments.entries()) {
    if (assignment.role !== question.resource.id || (compiled.oneRole && i !== sole)) continue
    const role = compiled.roles.get(assignment.role)
    if (!role || !isLive(assignment, now) || isSuspended(subject, role)) continue
    if (!reaches(compiled, question, subject, ofOrganizations, assignment, role)) continue
    return {
      allowed: true,
      reason: 'allowed',
      permission: HOLD_ROLE,
      role: role.name,
      assignment: assignment.id,
      sensitive: false,
    }
  }
  return refuse('not_granted', HOLD_ROLE, undefined, undefined, false)
}

/** Whether an assignment lives. A date that is none has passed: unknown is a deny. */
export function isLive(assignment: Assignment, now: number): boolean {
  const expiresAt = assignment.expiresAt
  return expiresAt === undefined || expiresAt === null || expiresAt.getTime() > now
}

/** What is wrong with the subject before any permission is looked at. */
export function standingReason(
  compiled: CompiledPolicy,
  subject: Standing | undefined,
  question: Question,
): Reason | undefined {
  if (!subject) return 'unauthenticated'
  if (subject.accountActive !== true) return 'account_inactive'
  let admitted = isMember(subject, question)
  // Most questions end here: nothing the roles could say would change the answer.
  if (admitted && (subject.secondFactor === 'satisfied' || !compiled.secondFactorDemanded)) return undefined
  const now = question.now.getTime()
  let secondFactor = false
  for (let i = 0; i < subject.assignments.length; i++) {
    const assignment = subject.assignments[i]!
    const role = compiled.roles.get(assignment.role)
    if (!role || !isLive(assignment, now)) continue
    if (role.demandsSecondFactor) secondFactor = true
    // It reaches beyond the own organization, for as long as one belongs there.
    if (assignment.source === 'support' || (role.isPlatform && compiled.platformDirect))
      admitted ||= subject.membershipActive === true
  }
  if (!admitted) return 'membership_inactive'
  if (!secondFactor || subject.secondFactor === 'satisfied') return undefined
  return subject.secondFactor === 'enrolled' ? 'second_factor_required' : 'second_factor_enrolment_required'
}

function isMember(subject: Standing, question: Question): boolean {
  return subject.membershipActive === true && subject.organization === question.organization
}

/** Whether a live assignment reaches the organization of the question for this permission. */
export function reaches(
  compiled: CompiledPolicy,
  question: Question,
  subject: Standing,
  permission: Pick<CompiledPermission, 'isPlatform'>,
  assignment: Assignment,
  role: CompiledRole,
): boolean {
  if (assignment.source === 'support') return true
  if (!role.isPlatform) return isMember(subject, question)
  return compiled.platformDirect || question.platform === true || permission.isPlatform
}

function isTemporary(assignment: Assignment): boolean {
  return assignment.source === 'elevation' || assignment.source === 'break-glass'
}

/**
 * The one assignment that counts where members have one role: the highest-ranked temporary one while any
 * lives, else the highest-ranked. -1 when none reaches.
 */
export function soleAssignment(
  compiled: CompiledPolicy,
  question: Question,
  subject: Standing,
  permission: Pick<CompiledPermission, 'isPlatform'>,
): number {
  const now = question.now.getTime()
  let sole = -1
  let soleRank = 0
  let soleTemporary = false
  for (let i = 0; i < subject.assignments.length; i++) {
    const assignment = subject.assignments[i]!
    const role = compiled.roles.get(assignment.role)
    if (!role || !isLive(assignment, now)) continue
    if (!reaches(compiled, question, subject, permission, assignment, role)) continue
    const temporary = isTemporary(assignment)
    if (sole >= 0 && (temporary === soleTemporary ? role.rank >= soleRank : soleTemporary)) continue
    sole = i
    soleRank = role.rank
    soleTemporary = temporary
  }
  return sole
}

/** Whether a role's grants are set aside: its denies stay. */
export function isSuspended(subject: Standing, role: CompiledRole): boolean {
  return role.isPrivileged && subject.privilegesSuspended === true
}

function judgeGrants(
  compiled: CompiledPolicy,
  question: Question,
  subject: Standing,
  permission: CompiledPermission,
): Decision {
  const { index, name, isSensitive } = permission
  const now = question.now.getTime()
  const sole = compiled.oneRole ? soleAssignment(compiled, question, subject, permission) : -1
  const forMachine = isSensitive && subject.machine === true
  let granting = -1
  let marked = false
  let conditional = false
  for (let i = 0; i < subject.assignments.length; i++) {
    if (compiled.oneRole && i !== sole) continue
    const assignment = subject.assignments[i]!
    const role = compiled.roles.get(assignment.role)
    if (!role || !isLive(assignment, now)) continue
    if (!reaches(compiled, question, subject, permission, assignment, role)) continue
    if (hasBit(role.deny, index)) return refuse('explicit_deny', name, role.name, assignment.id, isSensitive)
    if (isSuspended(subject, role)) continue
    if (hasBit(role.conditional, index)) conditional = true
    if (!hasBit(role.allow, index) || marked) continue
    if (forMachine && hasBit(role.machines, index)) marked = true
    if (granting < 0 || marked) granting = i
  }
  if (conditional && (granting < 0 || (forMachine && !marked))) {
    const held = judgeConditions(compiled, question, subject, permission, sole, forMachine)
    if (granting < 0 && held.assignment < 0) {
      return refuse(held.failed ? 'error' : 'condition_failed', name, undefined, undefined, isSensitive)
    }
    if (granting < 0 || held.marked) granting = held.assignment
    marked = held.marked
  }
  if (granting < 0) return refuse('not_granted', name, undefined, undefined, isSensitive)
  return judgeUse(compiled, question, subject, permission, subject.assignments[granting]!, marked)
}

/** The last two checks: the state of the resource, and how fresh the sign-in is. */
function judgeUse(
  compiled: CompiledPolicy,
  question: Question,
  subject: Standing,
  permission: CompiledPermission,
  by: Assignment,
  marked: boolean,
): Decision {
  const { name, isSensitive, states } = permission
  const state = question.resource.state
  if (states && state !== undefined && state !== null && states.get(state) !== false) {
    return refuse('state_denied', name, by.role, by.id, isSensitive)
  }
  if (isSensitive && subject.machine === true) {
    if (!marked) return refuse('machine_grant_required', name, by.role, by.id, true)
  } else if (isSensitive) {
    const age = question.now.getTime() - subject.authenticatedAt.getTime()
    if (!(age <= compiled.freshMilliseconds))
      return refuse('fresh_sign_in_required', name, by.role, by.id, true)
  }
  return {
    allowed: true,
    reason: 'allowed',
    permission: name,
    role: by.role,
    assignment: by.id,
    sensitive: isSensitive,
  }
}

interface HeldCondition {
  /** Index of the assignment whose condition holds, -1 when none does. */
  readonly assignment: number
  readonly marked: boolean
  /** One could not be evaluated. */
  readonly failed: boolean
}

/** Runs the conditions; one marked for machines is preferred where that matters. */
function judgeConditions(
  compiled: CompiledPolicy,
  question: Question,
  subject: Standing,
  permission: CompiledPermission,
  sole: number,
  forMachine: boolean,
): HeldCondition {
  let context: ConditionContext
  try {
    context = conditionContext(compiled, question, subject, permission, sole)
  } catch {
    return { assignment: -1, marked: false, failed: true }
  }
  const now = question.now.getTime()
  let held = -1
  let failed = false
  for (let i = 0; i < subject.assignments.length; i++) {
    if (compiled.oneRole && i !== sole) continue
    const assignment = subject.assignments[i]!
    const role = compiled.roles.get(assignment.role)
    if (!role || !isLive(assignment, now) || isSuspended(subject, role)) continue
    if (!reaches(compiled, question, subject, permission, assignment, role)) continue
    for (const rule of role.rules.get(permission.index) ?? []) {
      if (held >= 0 && !rule.machines) continue
      try {
        if (rule.condition(context) !== true) continue
      } catch {
        failed = true
        continue
      }
      if (!forMachine || rule.machines) return { assignment: i, marked: rule.machines, failed }
      held = i
    }
  }
  return { assignment: held, marked: false, failed }
}

/** What conditions see: the roles that count, and the attributes the policy declares. @throws on a wrong type. */
export function conditionContext(
  compiled: CompiledPolicy,
  question: Question,
  subject: Standing,
  permission: CompiledPermission,
  sole: number,
): ConditionContext {
  const now = question.now.getTime()
  const roles = subject.assignments.flatMap((assignment, i) => {
    const role = compiled.roles.get(assignment.role)
    if (!role || (compiled.oneRole && i !== sole) || !isLive(assignment, now) || isSuspended(subject, role))
      return []
    return reaches(compiled, question, subject, permission, assignment, role) ? [role.name] : []
  })
  const { type, id, state, attributes } = question.resource
  return {
    subject: { id: subject.id, roles, organization: question.organization },
    resource: conditionResource(permission.attributes, attributes, {
      type,
      id,
      state,
      organization: question.organization,
    }),
    context: question.context ?? {},
    now: question.now,
  }
}

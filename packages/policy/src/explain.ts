/** The whole path of a decision, for people. @module */
import { type CompiledPermission, type CompiledPolicy, type CompiledRole, hasBit } from './compile.ts'
import {
  conditionContext,
  decide,
  isLive,
  isSuspended,
  permissionOf,
  reaches,
  soleAssignment,
} from './decide.ts'
import type { Role } from './model.ts'
import type { Assignment, AssignmentSource, Decision, Question, Reason, Standing } from './question.ts'

/** One check, in the order they are made. */
export interface ExplainedStep {
  readonly step:
    | 'authenticated'
    | 'account'
    | 'membership'
    | 'second-factor'
    | 'resource'
    | 'permission'
    | 'deny'
    | 'grant'
    | 'condition'
    | 'state'
    | 'fresh-sign-in'
  readonly outcome: 'passed' | 'failed' | 'not-reached'
}

/** One line of the policy that speaks about the permission. */
export interface ExplainedGrant {
  readonly kind: 'allow' | 'deny'
  /** direct: under the role itself; inherited: under a role it inherits. */
  readonly origin: 'direct' | 'inherited'
  /** The role it is written under. */
  readonly from: string
  /** As written: `*:leads`. */
  readonly pattern: string
  /** The coarser permission that stands for this one, when the pattern does not name it itself. */
  readonly impliedBy?: string
  readonly when?: string
  readonly condition?: 'holds' | 'does not hold' | 'cannot be evaluated'
}

/** One assignment of the subject, and what became of it. */
export interface ExplainedRole {
  readonly role: string
  readonly assignment?: string
  readonly source: AssignmentSource
  /** Only a role that counts decides; a suspended one still denies. */
  readonly standing: 'counts' | 'suspended' | 'expired' | 'superseded' | 'out of reach' | 'unknown role'
  readonly grants: readonly ExplainedGrant[]
}

/** A decision with everything that led to it. */
export interface Explanation {
  readonly decision: Decision
  readonly steps: readonly ExplainedStep[]
  readonly roles: readonly ExplainedRole[]
}

const order: readonly (readonly [ExplainedStep['step'], readonly Reason[]])[] = [
  ['authenticated', ['unauthenticated']],
  ['account', ['account_inactive']],
  ['membership', ['membership_inactive']],
  ['second-factor', ['second_factor_required', 'second_factor_enrolment_required']],
  ['resource', ['resource_not_found']],
  ['permission', ['unknown_permission']],
  ['deny', ['explicit_deny']],
  ['grant', ['not_granted']],
  ['condition', ['condition_failed', 'error']],
  ['state', ['state_denied']],
  ['fresh-sign-in', ['fresh_sign_in_required', 'machine_grant_required']],
]

/** Explains a decision. Its answer is that of `decide`; never throws. */
export function explain(compiled: CompiledPolicy, question: Question): Explanation {
  const decision = decide(compiled, question)
  const failed = order.findIndex(([, reasons]) => reasons.includes(decision.reason))
  const steps = order.map(
    ([step], i): ExplainedStep => ({
      step,
      outcome: failed < 0 || i < failed ? 'passed' : i === failed ? 'failed' : 'not-reached',
    }),
  )
  return { decision, steps, roles: rolesOf(compiled, question) }
}

function rolesOf(compiled: CompiledPolicy, question: Question): ExplainedRole[] {
  try {
    const { subject } = question
    const permission = permissionOf(compiled, question)
    if (!subject) return []
    const sole = compiled.oneRole && permission ? soleAssignment(compiled, question, subject, permission) : -1
    return subject.assignments.map((assignment, i) => {
      const role = compiled.roles.get(assignment.role)
      const standing = standingOf(
        compiled,
        question,
        subject,
        permission,
        assignment,
        role,
        !compiled.oneRole || i === sole,
      )
      return {
        role: assignment.role,
        ...(assignment.id !== undefined && { assignment: assignment.id }),
        source: assignment.source ?? 'assigned',
        standing,
        grants: role && permission ? grantsOf(compiled, question, subject, permission, role, sole) : [],
      }
    })
  } catch {
    // What could not be read is what made the decision an error; the decision itself says so.
    return []
  }
}

function standingOf(
  compiled: CompiledPolicy,
  question: Question,
  subject: Standing,
  permission: CompiledPermission | undefined,
  assignment: Assignment,
  role: CompiledRole | undefined,
  chosen: boolean,
): ExplainedRole['standing'] {
  if (!role) return 'unknown role'
  if (!isLive(assignment, question.now.getTime())) return 'expired'
  if (permission) {
    if (!reaches(compiled, question, subject, permission, assignment, role)) return 'out of reach'
    if (!chosen) return 'superseded'
  }
  return isSuspended(subject, role) ? 'suspended' : 'counts'
}

/** Every line of the policy by which a role allows or denies a permission. */
function grantsOf(
  compiled: CompiledPolicy,
  question: Question,
  subject: Standing,
  permission: CompiledPermission,
  compiledRole: CompiledRole,
  sole: number,
): ExplainedGrant[] {
  const speaks =
    hasBit(compiledRole.allow, permission.index) ||
    hasBit(compiledRole.deny, permission.index) ||
    hasBit(compiledRole.conditional, permission.index)
  if (!speaks) return []
  return compiledRole.holds.flatMap((name) => {
    const role = compiled.policy.roles.find((candidate) => candidate.name === name) as Role
    const origin = name === compiledRole.name ? ('direct' as const) : ('inherited' as const)
    const line = (kind: 'allow' | 'deny', pattern: string): ExplainedGrant[] => {
      const via = howReached(compiled, permission, pattern, kind === 'deny' ? 'platform' : role.scope)
      return via === undefined
        ? []
        : [{ kind, origin, from: name, pattern, ...(via !== permission.name && { impliedBy: via }) }]
    }
    return [
      ...role.deny.flatMap((pattern) => line('deny', pattern)),
      ...role.allow.flatMap((grant) =>
        grant.allow.flatMap((pattern) =>
          line('allow', pattern).map((explained) =>
            grant.when === undefined
              ? explained
              : {
                  ...explained,
                  when: grant.when,
                  condition: outcome(compiled, question, subject, permission, compiledRole, grant.when, sole),
                },
          ),
        ),
      ),
    ]
  })
}

/** The permission by which a pattern reaches another: itself when named, else the one that implies it. */
function howReached(
  compiled: CompiledPolicy,
  permission: CompiledPermission,
  pattern: string,
  scope: Role['scope'],
): string | undefined {
  const set = compiled.permissionSet
  if (!set.within(permission.index, scope)) return undefined
  const named = set.matching(pattern, scope)
  if (named.includes(permission.index)) return permission.name
  const by = named.find((index) => set.implied(index).includes(permission.index))
  return by === undefined ? undefined : set.all[by]?.name
}

function outcome(
  compiled: CompiledPolicy,
  question: Question,
  subject: Standing,
  permission: CompiledPermission,
  role: CompiledRole,
  when: string,
  sole: number,
): NonNullable<ExplainedGrant['condition']> {
  const rule = role.rules.get(permission.index)?.find((candidate) => candidate.when === when)
  try {
    const holds = rule?.condition(conditionContext(compiled, question, subject, permission, sole))
    return holds === true ? 'holds' : 'does not hold'
  } catch {
    return 'cannot be evaluated'
  }
}

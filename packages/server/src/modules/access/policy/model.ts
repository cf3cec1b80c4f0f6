/** Which roles count, who may give them, and what each may do. Pure. @module */
import {
  type CompiledPolicy,
  type CompiledRole,
  mayAssign,
  type Policy,
  type Standing,
  tighten,
} from '@writ/policy'
import { roleErrors } from './catalog.ts'

/** Sources of assignments that have an end of their own; the others last until somebody takes them away. */
const TEMPORARY: ReadonlySet<string> = new Set(['elevation', 'break-glass', 'support'])

export function isPermanent(assignment: {
  readonly source: string
  readonly expiresAt: Date | null
}): boolean {
  return assignment.expiresAt === null && !TEMPORARY.has(assignment.source)
}

/**
 * The roles by which somebody acts in an organization now: those that live and reach it, without the privileged ones
 * of a member whose privileges are suspended, and only the one that supersedes where members have one role. The same
 * selection as a decision makes, for the questions of giving and administering.
 */
export function rolesThatCount(
  compiled: CompiledPolicy,
  standing: Standing,
  organization: string,
  now: Date,
): string[] {
  if (standing.membershipActive !== true) return []
  const isHome = standing.organization === organization
  const live = standing.assignments.flatMap(({ role: name, source, expiresAt }) => {
    const role = compiled.roles.get(name)
    if (!role || !(expiresAt == null || expiresAt > now)) return []
    if (!isHome && source !== 'support' && !(role.isPlatform && compiled.platformDirect)) return []
    if (role.isPrivileged && standing.privilegesSuspended === true) return []
    return [{ role, isTemporary: source === 'elevation' || source === 'break-glass' }]
  })
  if (!compiled.oneRole) return live.map(({ role }) => role.name)
  const sole = live.toSorted((a, b) => +b.isTemporary - +a.isTemporary || a.role.rank - b.role.rank)[0]
  return sole ? [sole.role.name] : []
}

/** A change of somebody's roles that is asked for. */
export interface Proposal {
  /** Roles the member holds, temporary ones among them. */
  readonly before: readonly string[]
  /** Those of them that do not end by themselves. */
  readonly permanent: readonly string[]
  readonly after: readonly string[]
  /** The member belongs to the platform. */
  readonly onPlatform: boolean
  /** `operator`: beside the application. `decided`: somebody's permission has settled who may. Else the actor's roles that count. */
  readonly actor: 'operator' | 'decided' | readonly string[]
  readonly isSelf: boolean
}

/**
 * Whether the roles may become these.
 *
 * @throws `roles.unknown`, `roles.none`, `roles.one_only`, `roles.separated`: whoever asks;
 *   `roles.operator_only`, `roles.above_your_own`, `roles.not_yours_to_assign`: this actor may not
 */
export function checkProposal(compiled: CompiledPolicy, proposal: Proposal): void {
  checkRoles(compiled, proposal)
  if (typeof proposal.actor === 'string') return
  const added = proposal.after.filter((role) => !proposal.permanent.includes(role))
  const taken = proposal.before.filter((role) => !proposal.after.includes(role))
  for (const role of [...added, ...taken]) checkGiving(compiled, proposal.actor, role)
  if (proposal.isSelf) for (const role of added) checkOwn(compiled, proposal.permanent, role)
}

function checkRoles(compiled: CompiledPolicy, { after, onPlatform, actor }: Proposal): void {
  const { policy } = compiled
  for (const name of after) {
    const role = compiled.roles.get(name)
    if (!role) throw roleErrors.unknown({ role: name, roles: assignableNames(policy, onPlatform) })
    if (role.isPlatform && !(onPlatform && actor === 'operator'))
      throw roleErrors.operator_only({ role: name })
    if (!role.isPlatform && onPlatform)
      throw roleErrors.unknown({ role: name, roles: assignableNames(policy, true) })
  }
  if (onPlatform && actor !== 'operator') throw roleErrors.operator_only()
  if (after.length === 0 && !onPlatform) throw roleErrors.none()
  if (compiled.oneRole && after.length > 1) throw roleErrors.one_only({ roles: after })
  for (const rule of policy.separation) {
    if (!('roles' in rule)) continue
    const together = rule.roles.filter((role) => after.includes(role))
    if (together.length > 1) throw roleErrors.separated({ roles: together })
  }
}

function assignableNames(policy: Policy, onPlatform: boolean): string[] {
  return policy.roles.filter((role) => (role.scope === 'platform') === onPlatform).map((role) => role.name)
}

function checkGiving(compiled: CompiledPolicy, actorRoles: readonly string[], name: string): void {
  if (mayAssign(compiled, actorRoles, name)) return
  const role = compiled.roles.get(name)
  // A role that an earlier version knew can be taken away by whoever gives any: nobody else could any more.
  if (!role && actorRoles.some((own) => (compiled.roles.get(own)?.assign.size ?? 0) > 0)) return
  const highest = Math.min(
    ...actorRoles.map((own) => compiled.roles.get(own)?.rank ?? Number.POSITIVE_INFINITY),
  )
  if (role && role.rank < highest) throw roleErrors.above_your_own({ role: name })
  throw roleErrors.not_yours_to_assign({ role: name })
}

/**
 * Nobody raises themselves: a role one takes for oneself must be part of one held for good already. Otherwise an hour
 * of elevation would be enough to make it last.
 */
function checkOwn(compiled: CompiledPolicy, permanent: readonly string[], name: string): void {
  const included = permanent.some((own) => compiled.roles.get(own)?.holds.includes(name))
  if (!included) throw roleErrors.above_your_own({ role: name })
}

/** One permission of a role, inheritance, wildcards and `implies` expanded. */
export interface RolePermission {
  readonly permission: string
  readonly effect: 'allow' | 'deny'
  /** CEL; null holds always. */
  readonly condition: string | null
}

/** Everything a role may do, and what it is denied. A permission that is denied is not listed as allowed. */
export function permissionsOf(compiled: CompiledPolicy, role: CompiledRole): RolePermission[] {
  return compiled.permissions.flatMap(({ index, name }): RolePermission[] => {
    if (hasBit(role.deny, index)) return [{ permission: name, effect: 'deny', condition: null }]
    if (hasBit(role.allow, index)) return [{ permission: name, effect: 'allow', condition: null }]
    const conditions = new Set((role.rules.get(index) ?? []).map((rule) => rule.when))
    return [...conditions].map((condition) => ({ permission: name, effect: 'allow', condition }))
  })
}

function hasBit(bits: Uint32Array, index: number): boolean {
  return (bits[index >>> 5]! & (1 << (index & 31))) !== 0
}

/** Roles whose holders may give a role, most privileged first. */
export function giversOf(compiled: CompiledPolicy, role: string): string[] {
  return [...compiled.roles.keys()].filter((name) => mayAssign(compiled, [name], role))
}

/**
 * An organization's policy. Of its overrides, what a newer policy no longer lets it set, or makes looser than the
 * policy itself, is left out: then the policy's own, stricter or now sole value holds.
 */
export function withOverrides(policy: Policy, overrides: Readonly<Record<string, unknown>>): Policy {
  let rest = overrides
  for (;;) {
    const tightened = tighten(policy, rest)
    if (tightened.ok) return tightened.policy
    const refused = new Set(tightened.problems.map((problem) => problem.path))
    rest = Object.fromEntries(Object.entries(rest).filter(([path]) => !refused.has(path)))
  }
}

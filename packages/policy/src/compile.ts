/**
 * Makes a policy ready to decide: a permission becomes an index, a role a row of bits.
 *
 * Inheriting a role means holding it too: its allows, its denies, its conditions, its demand for a second
 * factor. A deny closes a permission and what that permission stands for.
 *
 * @module
 */
import type { Environment } from '@marcbachmann/cel-js'
import { type Attributes, type Condition, conditionEnvironment, readCondition } from './condition.ts'
import type { Policy, Resource, Role } from './model.ts'
import { PermissionSet } from './permissions.ts'

/** A row of bits, one per permission. */
export type Bits = Uint32Array

export function hasBit(bits: Bits, index: number): boolean {
  return (bits[index >>> 5]! & (1 << (index & 31))) !== 0
}

function setBit(bits: Bits, index: number): void {
  bits[index >>> 5]! |= 1 << (index & 31)
}

/** A conditional grant of one permission. */
export interface Rule {
  readonly condition: Condition
  readonly when: string
  readonly machines: boolean
  /** The role it was written under. */
  readonly from: string
}

export interface CompiledPermission {
  readonly index: number
  readonly name: string
  readonly action: string
  readonly resource: string
  readonly isPlatform: boolean
  readonly isSensitive: boolean
  readonly attributes: Attributes
  /** By state of the resource: whether it closes this action. Undefined when the resource declares no states. */
  readonly states: ReadonlyMap<string, boolean> | undefined
}

export interface CompiledRole {
  readonly name: string
  readonly rank: number
  readonly isPlatform: boolean
  /** Itself privileged, or inherits a role that is. */
  readonly isPrivileged: boolean
  readonly demandsSecondFactor: boolean
  readonly allow: Bits
  readonly deny: Bits
  /** Where `rules` has something. */
  readonly conditional: Bits
  /** Unconditional grants that machines may use for sensitive actions. */
  readonly machines: Bits
  readonly rules: ReadonlyMap<number, readonly Rule[]>
  /** Itself first, then everything it inherits. */
  readonly holds: readonly string[]
  readonly assign: ReadonlySet<string>
  readonly manages: ReadonlySet<string>
}

/** Without a prototype, so that `constructor` is no action; twice as fast to ask as a Map this small. */
export type ByAction = Readonly<Record<string, CompiledPermission>>

/** A policy ready to decide. Immutable; shared by all requests. */
export interface CompiledPolicy {
  readonly policy: Policy
  /** Identifies the policy's content; given by the caller, who can hash. */
  readonly version: string
  readonly permissionSet: PermissionSet
  readonly permissions: readonly CompiledPermission[]
  /** By type of resource, then by action (`read`) or whole permission (`read:leads`). */
  readonly lookup: ReadonlyMap<string, ByAction>
  readonly roles: ReadonlyMap<string, CompiledRole>
  readonly oneRole: boolean
  /** Some role demands a second factor. */
  readonly secondFactorDemanded: boolean
  readonly platformDirect: boolean
  readonly freshMilliseconds: number
}

/**
 * Compiles a checked policy.
 *
 * @throws Error when a condition does not type-check, which `parsePolicy` has ruled out.
 */
export function compile(policy: Policy, options: { version?: string } = {}): CompiledPolicy {
  const permissionSet = new PermissionSet(policy.resources)
  const permissions = compilePermissions(policy, permissionSet)
  const lookup = new Map<string, Record<string, CompiledPermission>>()
  for (const permission of permissions) {
    const ofResource = lookup.get(permission.resource) ?? Object.create(null)
    ofResource[permission.action] = permission
    ofResource[permission.name] = permission
    lookup.set(permission.resource, ofResource)
  }
  return Object.freeze({
    policy,
    version: options.version ?? policy.version,
    permissionSet,
    permissions,
    lookup,
    roles: compileRoles(policy, permissionSet, permissions),
    oneRole: policy.organizations.rolesPerMember === 'one',
    secondFactorDemanded: policy.authentication.mfa.required.length > 0,
    platformDirect: policy.organizations.platformAccess === 'direct',
    freshMilliseconds: policy.sensitive.withinSeconds * 1000,
  })
}

/**
 * The compiled form of a policy that `tighten` made of a compiled one. It shares everything but what
 * tightening can change, so that thousands of organizations with settings of their own fit in memory.
 */
export function compileTightened(compiled: CompiledPolicy, policy: Policy): CompiledPolicy {
  const required = new Set(policy.authentication.mfa.required)
  const roles = [...compiled.roles.values()].map((role): [string, CompiledRole] => {
    const demandsSecondFactor = role.holds.some((name) => required.has(name))
    return [
      role.name,
      demandsSecondFactor === role.demandsSecondFactor ? role : { ...role, demandsSecondFactor },
    ]
  })
  return Object.freeze({
    ...compiled,
    policy,
    secondFactorDemanded: required.size > 0,
    roles: new Map(roles),
  })
}

function compilePermissions(policy: Policy, set: PermissionSet): CompiledPermission[] {
  const sensitive = new Set(
    policy.sensitive.actions.flatMap((pattern) => [...set.reach(pattern, 'platform')]),
  )
  const resources = new Map(policy.resources.map((resource) => [resource.name, resource]))
  return set.all.map(({ name, action, resource, scope }, index) => {
    const declared = resources.get(resource)
    return {
      index,
      name,
      action,
      resource,
      isPlatform: scope === 'platform',
      isSensitive: sensitive.has(index),
      attributes: declared?.attributes ?? {},
      states: statesOf(declared, action),
    }
  })
}

function statesOf(resource: Resource | undefined, action: string): ReadonlyMap<string, boolean> | undefined {
  if (!resource || resource.states.length === 0) return undefined
  return new Map(resource.states.map((state) => [state.name, state.deny.includes(action)]))
}

/** What a role itself says, before inheritance. */
interface OwnRole {
  readonly role: Role
  readonly allow: Bits
  readonly deny: Bits
  readonly machines: Bits
  readonly rules: Map<number, Rule[]>
}

function compileRoles(policy: Policy, set: PermissionSet, permissions: readonly CompiledPermission[]) {
  const environments = new Map<string, Environment>()
  const conditionOn = (permission: CompiledPermission, when: string): Condition => {
    let environment = environments.get(permission.resource)
    if (!environment) {
      environment = conditionEnvironment(permission.attributes)
      environments.set(permission.resource, environment)
    }
    const result = readCondition(environment, when)
    if (!result.ok) throw new Error(`${permission.name}: ${result.message}`)
    return result.run
  }
  const own = new Map(policy.roles.map((role) => [role.name, ownGrants(role, set, permissions, conditionOn)]))
  const secondFactor = new Set(policy.authentication.mfa.required)
  return new Map(
    policy.roles.map((role) => [role.name, inherit(role, own, secondFactor, permissions.length)]),
  )
}

function ownGrants(
  role: Role,
  set: PermissionSet,
  permissions: readonly CompiledPermission[],
  conditionOn: (permission: CompiledPermission, when: string) => Condition,
): OwnRole {
  const words = (permissions.length + 31) >>> 5
  const own: OwnRole = {
    role,
    allow: new Uint32Array(words),
    deny: new Uint32Array(words),
    machines: new Uint32Array(words),
    rules: new Map(),
  }
  for (const pattern of role.deny) for (const index of set.reach(pattern, 'platform')) setBit(own.deny, index)
  for (const grant of role.allow) {
    const machines = grant.machines === true
    const conditions = new Map<string, Condition>()
    for (const index of new Set(grant.allow.flatMap((pattern) => [...set.reach(pattern, role.scope)]))) {
      if (grant.when === undefined) {
        setBit(own.allow, index)
        if (machines) setBit(own.machines, index)
        continue
      }
      const permission = permissions[index]!
      const condition = conditions.get(permission.resource) ?? conditionOn(permission, grant.when)
      conditions.set(permission.resource, condition)
      own.rules.set(index, [
        ...(own.rules.get(index) ?? []),
        { condition, when: grant.when, machines, from: role.name },
      ])
    }
  }
  return own
}

function inherit(
  role: Role,
  own: ReadonlyMap<string, OwnRole>,
  secondFactor: ReadonlySet<string>,
  size: number,
): CompiledRole {
  const words = (size + 31) >>> 5
  const [allow, deny, conditional, machines] = [0, 1, 2, 3].map(() => new Uint32Array(words)) as [
    Bits,
    Bits,
    Bits,
    Bits,
  ]
  const rules = new Map<number, Rule[]>()
  const holds = heldRoles(role.name, own)
  for (const name of holds) {
    const held = own.get(name)!
    for (let word = 0; word < words; word++) {
      allow[word]! |= held.allow[word]!
      deny[word]! |= held.deny[word]!
      machines[word]! |= held.machines[word]!
    }
    for (const [index, list] of held.rules) {
      setBit(conditional, index)
      rules.set(index, [...(rules.get(index) ?? []), ...list])
    }
  }
  return {
    name: role.name,
    rank: role.rank,
    isPlatform: role.scope === 'platform',
    isPrivileged: holds.some((name) => own.get(name)?.role.privileged),
    demandsSecondFactor: holds.some((name) => secondFactor.has(name)),
    allow,
    deny,
    conditional,
    machines,
    rules,
    holds,
    assign: new Set(role.assign),
    manages: new Set(role.manages),
  }
}

function heldRoles(name: string, own: ReadonlyMap<string, OwnRole>): string[] {
  const held = new Set<string>([name])
  for (const next of held) for (const parent of own.get(next)?.role.inherits ?? []) held.add(parent)
  return [...held]
}

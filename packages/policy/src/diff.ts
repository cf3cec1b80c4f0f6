/** What a new version of a policy changes, in sentences an approver can read. @module */
import { type CompiledPolicy, type CompiledRole, compile, hasBit } from './compile.ts'
import { type Policy, textIn } from './model.ts'
import { formatDuration } from './schema/scalars.ts'
import { atLeastAsStrict, strictnessOf } from './settings.ts'

/** Which way a change goes: somebody may do more, or less, or neither is plain. */
export type Effect = 'widens' | 'narrows' | 'neutral'

export interface PolicyChange {
  /** Where, as in the model: `roles.manager`, `authentication.lockout.after`. */
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  readonly before?: unknown
  readonly after?: unknown
  readonly effect: Effect
  readonly sentence: string
}

/** Every difference between two policies, by what they do and not by how they are written. */
export function diffPolicies(before: Policy, after: Policy): PolicyChange[] {
  return [...diffRoles(before, after), ...diffResources(before, after), ...diffSettings(before, after)]
}

function diffRoles(before: Policy, after: Policy): PolicyChange[] {
  const [a, b] = [compile(before), compile(after)]
  const names = [...new Set([...b.roles.keys(), ...a.roles.keys()])]
  return names.flatMap((name) => {
    const old = a.roles.get(name)
    const now = b.roles.get(name)
    const path = `roles.${name}`
    const head: PolicyChange[] = []
    if (!old)
      head.push({
        path,
        kind: 'added',
        after: name,
        effect: 'widens',
        sentence: `There is a new role ${name}.`,
      })
    if (!now)
      head.push({
        path,
        kind: 'removed',
        before: name,
        effect: 'narrows',
        sentence: `The role ${name} is gone.`,
      })
    return [...head, ...diffGrants(name, a, old, b, now), ...diffRoleFacts(name, before, after)]
  })
}

type Hold = 'no' | 'denied' | 'yes' | { readonly when: readonly string[] }

function holdOf(compiled: CompiledPolicy, role: CompiledRole | undefined, permission: string): Hold {
  const index = compiled.permissionSet.index(permission)
  if (!role || index === undefined) return 'no'
  if (hasBit(role.deny, index)) return 'denied'
  if (hasBit(role.allow, index)) return 'yes'
  const rules = role.rules.get(index)
  return rules ? { when: [...new Set(rules.map((rule) => rule.when))].sort() } : 'no'
}

function diffGrants(
  name: string,
  a: CompiledPolicy,
  old: CompiledRole | undefined,
  b: CompiledPolicy,
  now: CompiledRole | undefined,
): PolicyChange[] {
  const permissions = new Set([...a.permissionSet.names(), ...b.permissionSet.names()])
  return [...permissions].flatMap((permission) => {
    const before = holdOf(a, old, permission)
    const after = holdOf(b, now, permission)
    if (JSON.stringify(before) === JSON.stringify(after)) return []
    const path = `roles.${name}.permissions.${permission}`
    return [
      { path, kind: kindOf(before, after), before, after, ...grantSentence(name, permission, before, after) },
    ]
  })
}

function kindOf(before: Hold, after: Hold): PolicyChange['kind'] {
  if (before === 'no') return 'added'
  return after === 'no' ? 'removed' : 'changed'
}

const strength = (hold: Hold): number => (hold === 'yes' ? 2 : typeof hold === 'object' ? 1 : 0)

function grantSentence(
  role: string,
  permission: string,
  before: Hold,
  after: Hold,
): Pick<PolicyChange, 'effect' | 'sentence'> {
  const when = (hold: Hold) => (typeof hold === 'object' ? ` when ${hold.when.join(' or ')}` : '')
  const [from, to] = [strength(before), strength(after)]
  if (from === 0 && to === 0) {
    // Between no grant and a deny: with a second role that allows it, the answer does change.
    return after === 'denied'
      ? { effect: 'narrows', sentence: `${role} is now denied ${permission}, whatever another role allows.` }
      : {
          effect: 'widens',
          sentence: `${role} is no longer denied ${permission}; another role may allow it.`,
        }
  }
  if (to === 0) return { effect: 'narrows', sentence: `${role} may no longer ${permission}.` }
  if (from === 0) return { effect: 'widens', sentence: `${role} may now ${permission}${when(after)}.` }
  if (from === to) {
    return {
      effect: 'widens',
      sentence: `${role} may ${permission}${when(after)}; before:${when(before)}. Judged as wider, since conditions cannot be compared.`,
    }
  }
  return from < to
    ? { effect: 'widens', sentence: `${role} may now ${permission} unconditionally; before:${when(before)}.` }
    : { effect: 'narrows', sentence: `${role} may now ${permission} only${when(after)}.` }
}

/** Rank, scope, who gives the role, whether it is the default: what is true of a role besides its permissions. */
function diffRoleFacts(name: string, before: Policy, after: Policy): PolicyChange[] {
  const old = before.roles.find((role) => role.name === name)
  const now = after.roles.find((role) => role.name === name)
  if (!old || !now) return []
  const changes: PolicyChange[] = []
  for (const key of ['assign', 'manages'] as const) {
    const verb = key === 'assign' ? 'give the role' : 'administer holders of'
    for (const role of now[key].filter((other) => !old[key].includes(other))) {
      changes.push({
        path: `roles.${name}.${key}`,
        kind: 'added',
        after: role,
        effect: 'widens',
        sentence: `${name} may now ${verb} ${role}.`,
      })
    }
    for (const role of old[key].filter((other) => !now[key].includes(other))) {
      changes.push({
        path: `roles.${name}.${key}`,
        kind: 'removed',
        before: role,
        effect: 'narrows',
        sentence: `${name} may no longer ${verb} ${role}.`,
      })
    }
  }
  const facts = [
    ['scope', old.scope, now.scope, now.scope === 'platform' ? 'widens' : 'narrows'],
    ['default', old.default, now.default, now.default ? 'widens' : 'narrows'],
    ['privileged', old.privileged, now.privileged, now.privileged ? 'narrows' : 'widens'],
    ['rank', order(old.name, before, after), order(now.name, after, before), 'neutral'],
    ['title', old.title, now.title, 'neutral'],
    ['description', old.description, now.description, 'neutral'],
  ] as const
  for (const [key, from, to, effect] of facts) {
    if (JSON.stringify(from) === JSON.stringify(to)) continue
    changes.push({
      path: `roles.${name}.${key}`,
      kind: 'changed',
      before: from,
      after: to,
      effect,
      sentence: `${name}: ${key} is now ${plain(to)}; before: ${plain(from)}.`,
    })
  }
  return changes
}

/** Roles above it that both versions have: inserting an unrelated role changes no rank. */
function order(name: string, policy: Policy, other: Policy): string[] {
  const shared = policy.roles.filter((role) => other.roles.some((candidate) => candidate.name === role.name))
  return shared
    .slice(
      0,
      shared.findIndex((role) => role.name === name),
    )
    .map((role) => role.name)
}

function plain(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : `below ${value.join(', ')}`
  return typeof value === 'object' && value !== null
    ? textIn(value as Record<string, string>, 'en')
    : String(value)
}

function diffResources(before: Policy, after: Policy): PolicyChange[] {
  const list = (policy: Policy) => new Map(policy.resources.map((resource) => [resource.name, resource]))
  const [a, b] = [list(before), list(after)]
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((name): PolicyChange[] => {
    const [old, now] = [a.get(name), b.get(name)]
    const path = `resources.${name}`
    if (!old)
      return [
        { path, kind: 'added', after: now, effect: 'neutral', sentence: `There is a new resource ${name}.` },
      ]
    if (!now)
      return [
        { path, kind: 'removed', before: old, effect: 'neutral', sentence: `The resource ${name} is gone.` },
      ]
    return diffStates(name, old.states, now.states).concat(
      diffValues({ ...old, states: [] }, { ...now, states: [] }, path).map((change) => ({
        ...change,
        effect: 'neutral' as const,
      })),
    )
  })
}

type States = Policy['resources'][number]['states']

function diffStates(resource: string, before: States, after: States): PolicyChange[] {
  const closed = (states: States) =>
    new Set(states.flatMap((state) => state.deny.map((action) => `${state.name}.${action}`)))
  const [a, b] = [closed(before), closed(after)]
  const change = (key: string, kind: 'added' | 'removed'): PolicyChange => {
    const [state, action] = key.split('.') as [string, string]
    return {
      path: `resources.${resource}.states.${state}`,
      kind,
      ...(kind === 'added' ? { after: action } : { before: action }),
      effect: kind === 'added' ? 'narrows' : 'widens',
      sentence:
        kind === 'added'
          ? `${resource} in state ${state} now refuse ${action}.`
          : `${resource} in state ${state} no longer refuse ${action}.`,
    }
  }
  return [
    ...[...b].filter((key) => !a.has(key)).map((key) => change(key, 'added')),
    ...[...a].filter((key) => !b.has(key)).map((key) => change(key, 'removed')),
  ]
}

function diffSettings(before: Policy, after: Policy): PolicyChange[] {
  const settings = ({ roles: _, resources: __, ...rest }: Policy) => rest
  return diffValues(settings(before), settings(after), '').map((change) => {
    if (change.path === 'organizations.platformAccess') {
      return { ...change, effect: after.organizations.platformAccess === 'direct' ? 'widens' : 'narrows' }
    }
    const strictness = change.kind === 'changed' ? strictnessOf(change.path) : undefined
    if (!strictness) return change
    const stricter = atLeastAsStrict(strictness, change.after, change.before)
    const looser = atLeastAsStrict(strictness, change.before, change.after)
    if (stricter === looser) return { ...change, effect: stricter ? 'neutral' : 'widens' }
    return { ...change, effect: stricter ? 'narrows' : 'widens' }
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Differences of two plain values, lists of scalars as a whole and lists of entries one by one. */
function diffValues(before: unknown, after: unknown, path: string): PolicyChange[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  const inner = (key: string | number) =>
    path === '' ? String(key) : typeof key === 'number' ? `${path}[${key}]` : `${path}.${key}`
  if (isObject(before) && isObject(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      diffValues(before[key], after[key], inner(key)),
    )
  }
  if (Array.isArray(before) && Array.isArray(after) && [...before, ...after].every(isObject)) {
    const length = Math.max(before.length, after.length)
    return Array.from({ length }, (_, i) => diffValues(before[i], after[i], inner(i))).flat()
  }
  const show = (value: unknown): string => {
    if (typeof value === 'number' && /Seconds$/.test(path)) return formatDuration(value)
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
  const shared = { path, effect: 'neutral' as const }
  if (before === undefined)
    return [{ ...shared, kind: 'added', after, sentence: `${path} is now ${show(after)}.` }]
  if (after === undefined)
    return [{ ...shared, kind: 'removed', before, sentence: `${path} is gone; before: ${show(before)}.` }]
  return [
    {
      ...shared,
      kind: 'changed',
      before,
      after,
      sentence: `${path} is now ${show(after)}; before: ${show(before)}.`,
    },
  ]
}

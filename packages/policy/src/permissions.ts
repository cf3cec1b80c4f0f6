/** All permissions there are under a policy, and what a pattern reaches among them. @module */
import { ownPermissions } from './catalogue.ts'
import type { Resource, Scope } from './model.ts'

/** A permission: one of Writ's own, or an action of a declared resource. */
export interface Permission {
  readonly name: string
  readonly action: string
  readonly resource: string
  readonly scope: Scope
}

/** The permissions of a policy, by index and by name, with what each stands for. */
export class PermissionSet {
  readonly all: readonly Permission[]
  readonly #byName: ReadonlyMap<string, number>
  readonly #implied: ReadonlyMap<number, readonly number[]>

  constructor(resources: readonly Resource[]) {
    const all: Permission[] = [...ownPermissions]
    const byName = new Map(all.map((permission, index) => [permission.name, index]))
    for (const resource of resources) {
      for (const action of resource.actions) {
        const name = `${action}:${resource.name}`
        if (byName.has(name)) continue
        byName.set(name, all.length)
        all.push({ name, action, resource: resource.name, scope: 'organization' })
      }
    }
    this.all = all
    this.#byName = byName
    this.#implied = impliedClosure(resources, byName)
  }

  index(name: string): number | undefined {
    return this.#byName.get(name)
  }

  names(): IterableIterator<string> {
    return this.#byName.keys()
  }

  /** What a permission stands for, transitively, itself not included. */
  implied(index: number): readonly number[] {
    return this.#implied.get(index) ?? []
  }

  /** Permissions a pattern names, before `implies`: a wildcard stays inside the scope. */
  matching(pattern: string, scope: Scope): number[] {
    const split = pattern.indexOf(':')
    const action = pattern.slice(0, split)
    const resource = pattern.slice(split + 1)
    if (action !== '*' && resource !== '*') {
      const index = this.#byName.get(pattern)
      return index !== undefined && this.within(index, scope) ? [index] : []
    }
    return this.all.flatMap((permission, index) =>
      (action === '*' || permission.action === action) &&
      (resource === '*' || permission.resource === resource) &&
      this.within(index, scope)
        ? [index]
        : [],
    )
  }

  /** Everything a pattern reaches: what it names and what that stands for, inside the scope. */
  reach(pattern: string, scope: Scope): Set<number> {
    const reached = new Set(this.matching(pattern, scope))
    for (const index of [...reached]) {
      for (const implied of this.implied(index)) if (this.within(implied, scope)) reached.add(implied)
    }
    return reached
  }

  /** Whether a role of this scope can hold the permission at all. */
  within(index: number, scope: Scope): boolean {
    return scope === 'platform' || this.all[index]?.scope === 'organization'
  }
}

function impliedClosure(resources: readonly Resource[], byName: ReadonlyMap<string, number>) {
  const direct = new Map<number, number[]>()
  for (const resource of resources) {
    for (const [action, targets] of Object.entries(resource.implies)) {
      const from = byName.get(`${action}:${resource.name}`)
      if (from === undefined) continue
      direct.set(
        from,
        targets.map((target) => byName.get(target)).filter((index) => index !== undefined),
      )
    }
  }
  const closure = new Map<number, readonly number[]>()
  for (const from of direct.keys()) {
    const reached = new Set<number>()
    const open = [from]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const to of direct.get(next) ?? []) {
        if (to === from || reached.has(to)) continue
        reached.add(to)
        open.push(to)
      }
    }
    closure.set(from, [...reached])
  }
  return closure
}

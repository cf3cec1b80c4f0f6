/** Conditions that do not type-check on every resource they are about. @module */
import type { Environment } from '@marcbachmann/cel-js'
import { conditionEnvironment, readCondition } from '../condition.ts'
import { type Checked, report, written } from './report.ts'

/** Reports each wrong condition once, naming the resource it fails on. */
export function checkConditions(checked: Checked): void {
  const { file, permissions } = checked
  const environments = new Map<string, Environment>()
  const environment = (resource: string): Environment => {
    const known = environments.get(resource)
    if (known) return known
    const made = conditionEnvironment(
      Object.hasOwn(file.resources, resource) ? file.resources[resource]!.attributes : {},
    )
    environments.set(resource, made)
    return made
  }
  for (const [name, role] of Object.entries(file.roles)) {
    for (const [i, { allow, when }] of role.allow.entries()) {
      const path = ['roles', name, 'allow', i, 'when']
      if (when === undefined || written(checked.source, path) === undefined) continue
      const reached = allow.flatMap((pattern) => [...permissions.reach(pattern, role.scope)])
      const resources = new Set(reached.map((index) => permissions.all[index]!.resource))
      for (const resource of resources) {
        const result = readCondition(environment(resource), when)
        if (result.ok) continue
        const on = resources.size > 1 ? ` It is used on ${resource} too.` : ''
        report(checked, path, result.message + on, result.hint)
        break
      }
    }
  }
}

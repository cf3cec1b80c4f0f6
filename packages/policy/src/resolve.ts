/** From the grammar's reading of the file to the model: order becomes rank, `*` and `assignedBy` become lists. @module */
import type { Policy, Resource, Role } from './model.ts'
import type { PolicyFile } from './schema.ts'

type RoleSource = PolicyFile['roles'][string]

/** Resources in the order of the file. */
export function resolveResources(file: PolicyFile): Resource[] {
  return Object.entries(file.resources).map(([name, { title, states, ...rest }]) => ({
    ...rest,
    name,
    title: title ?? name,
    states: Object.entries(states).map(([state, value]) => ({ ...value, name: state })),
  }))
}

/** Roles the holders of a role may give: written, or by `*`, or by the other role's `assignedBy`. */
function assignable(file: PolicyFile, name: string, list: readonly string[]): string[] {
  const roles = Object.entries(file.roles)
  const rank = roles.findIndex(([other]) => other === name)
  const scope = file.roles[name]?.scope
  return roles.flatMap(([other, role], otherRank) => {
    if (role.assignedBy === 'console') return []
    const byStar =
      list.includes('*') && otherRank >= rank && (scope === 'platform' || role.scope === 'organization')
    return byStar || list.includes(other) || role.assignedBy?.includes(name) ? [other] : []
  })
}

function managed(
  file: PolicyFile,
  name: string,
  role: RoleSource,
  assign: readonly string[],
): readonly string[] {
  if (role.manages === undefined) return assign
  if (!role.manages.includes('*')) return role.manages
  const names = Object.keys(file.roles)
  const below = names.slice(names.indexOf(name))
  return below.filter((other) => role.scope === 'platform' || file.roles[other]?.scope === 'organization')
}

function resolveRoles(file: PolicyFile): Role[] {
  const assign = new Map(
    Object.entries(file.roles).map(([name, role]) => [name, assignable(file, name, role.assign)]),
  )
  return Object.entries(file.roles).map(([name, role], rank) => ({
    ...role,
    name,
    title: role.title ?? name,
    rank,
    assign: assign.get(name) ?? [],
    manages: managed(file, name, role, assign.get(name) ?? []),
    assignedBy:
      role.assignedBy === 'console'
        ? 'console'
        : [...assign].filter(([, gives]) => gives.includes(name)).map(([giver]) => giver),
  }))
}

/** The model of a file whose names were checked. */
export function resolvePolicy(file: PolicyFile): Policy {
  return { ...file, resources: resolveResources(file), roles: resolveRoles(file) }
}

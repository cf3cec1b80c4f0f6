/** The order of roles: rank, inheritance, who may give what. @module */
import { type Checked, report } from './report.ts'

function checkInheritance(checked: Checked): void {
  const { roles } = checked.file
  const names = Object.keys(roles)
  for (const [rank, name] of names.entries()) {
    const role = roles[name]!
    for (const [i, parent] of role.inherits.entries()) {
      const path = ['roles', name, 'inherits', i]
      const inherited = roles[parent]
      if (!inherited) continue
      const cycle = cycleThrough(roles, name, parent)
      if (cycle) {
        report(checked, path, `Inheritance runs in a circle: ${cycle.join(' → ')}.`, 'Remove one of these.')
      } else if (role.scope === 'organization' && inherited.scope === 'platform') {
        report(
          checked,
          path,
          `${name} is a role of an organization and cannot inherit ${parent}, a role of the platform.`,
          'Inherit downwards: a platform role may inherit an organization role.',
        )
      } else if (names.indexOf(parent) < rank) {
        report(
          checked,
          path,
          `${name} cannot inherit ${parent}, which ranks above it.`,
          'Roles stand most privileged first; a role inherits roles further down.',
        )
      }
    }
  }
}

type Roles = Checked['file']['roles']

/** The shortest way from a role through one it inherits back to itself. */
function cycleThrough(roles: Roles, start: string, next: string): string[] | undefined {
  const cameFrom = new Map<string, string>([[next, start]])
  const open = [next]
  for (let role = open.shift(); role !== undefined; role = open.shift()) {
    if (role === start) {
      const way = [start]
      for (let step = cameFrom.get(start); step !== undefined && step !== start; step = cameFrom.get(step))
        way.unshift(step)
      return [start, ...way]
    }
    for (const further of roles[role]?.inherits ?? []) {
      if (cameFrom.has(further)) continue
      cameFrom.set(further, role)
      open.push(further)
    }
  }
  return undefined
}

function checkAssignment(checked: Checked): void {
  const { roles } = checked.file
  const names = Object.keys(roles)
  for (const [rank, name] of names.entries()) {
    const role = roles[name]!
    for (const key of ['assign', 'manages'] as const) {
      for (const [i, other] of (role[key] ?? []).entries()) {
        const target = roles[other]
        if (!target) continue
        const path = ['roles', name, key, i]
        const verb = key === 'assign' ? 'give' : 'administer holders of'
        if (names.indexOf(other) < rank) {
          report(
            checked,
            path,
            `${name} may not ${verb} ${other}, which ranks above it.`,
            'Remove it, or move the role up.',
          )
        } else if (role.scope === 'organization' && target.scope === 'platform') {
          report(
            checked,
            path,
            `${name} is a role of an organization and may not ${verb} ${other}, a role of the platform.`,
          )
        } else if (key === 'assign' && target.assignedBy === 'console') {
          report(
            checked,
            path,
            `${other} is assigned beside the application only, so ${name} may not give it.`,
            `Remove it, or remove \`assignedBy: console\` from ${other}.`,
          )
        }
      }
    }
    if (!Array.isArray(role.assignedBy)) continue
    for (const [i, giver] of role.assignedBy.entries()) {
      if (!roles[giver]) continue
      const path = ['roles', name, 'assignedBy', i]
      if (names.indexOf(giver) > rank) {
        report(
          checked,
          path,
          `${giver} may not give ${name}, which ranks above it.`,
          'Remove it, or move the role up.',
        )
      } else if (role.scope === 'platform' && roles[giver].scope === 'organization') {
        report(
          checked,
          path,
          `${giver} is a role of an organization and may not give ${name}, a role of the platform.`,
        )
      }
    }
  }
}

function checkDefaults(checked: Checked): void {
  const { roles, organizations, provisioning } = checked.file
  const entries = Object.entries(roles)
  const defaults = entries.filter(([, role]) => role.default)
  for (const [name] of defaults.slice(1)) {
    report(
      checked,
      ['roles', name, 'default'],
      `${defaults[0]![0]} is the default role already.`,
      'One role at most is the default.',
    )
  }
  const easy = [
    ...defaults.map(([name]) => [['roles', name, 'default'], name, 'be the default'] as const),
    ...provisioning.selfRegister.map(
      (name, i) => [['provisioning', 'selfRegister', i], name, 'be taken by registering'] as const,
    ),
  ]
  for (const [path, name, what] of easy) {
    const role = roles[name]
    if (!role) continue
    const why =
      name === organizations.ownerRole
        ? 'the owner role'
        : role.scope === 'platform'
          ? 'a role of the platform'
          : role.privileged
            ? 'privileged'
            : role.assignedBy === 'console'
              ? 'assigned beside the application only'
              : undefined
    if (why) report(checked, path, `${name} is ${why} and cannot ${what}.`, 'Choose a less privileged role.')
  }
  const owner = roles[organizations.ownerRole]
  if (owner?.scope === 'platform') {
    report(
      checked,
      ['organizations', 'ownerRole'],
      `${organizations.ownerRole} is a role of the platform; an organization keeps a holder of one of its own roles.`,
      'Name a role with scope organization.',
    )
  }
}

function checkTemporary(checked: Checked): void {
  const { roles, elevation, supportAccess } = checked.file
  const names = Object.keys(roles)
  for (const [name, rule] of Object.entries(elevation?.roles ?? {})) {
    if (!roles[name]) continue
    for (const [i, eligible] of rule.eligible.entries()) {
      if (!roles[eligible]) continue
      const path = ['elevation', 'roles', name, 'eligible', i]
      if (names.indexOf(eligible) <= names.indexOf(name)) {
        report(checked, path, `${eligible} does not rank below ${name}, so it is no elevation.`)
      } else if (roles[eligible].scope === 'organization' && roles[name].scope === 'platform') {
        report(
          checked,
          path,
          `${eligible} is a role of an organization and cannot be elevated to ${name}, a role of the platform.`,
        )
      }
    }
    if (rule.approvals > 0 && rule.approvers.length === 0) {
      report(
        checked,
        ['elevation', 'roles', name],
        'Approvals are asked for, but there are no approvers.',
        'Add `approvers: [role]`, or `approvals: 0`.',
      )
    }
  }
  for (const [i, name] of (supportAccess?.by ?? []).entries()) {
    if (roles[name]?.scope === 'organization') {
      report(
        checked,
        ['supportAccess', 'by', i],
        `${name} is a role of an organization; support access is opened by the platform's staff.`,
        'Name a role with scope platform.',
      )
    }
  }
  if (supportAccess && roles[supportAccess.role]?.scope === 'platform') {
    report(
      checked,
      ['supportAccess', 'role'],
      `${supportAccess.role} is a role of the platform; support access gives a role of the organization.`,
      'Name a role with scope organization.',
    )
  }
}

/** Reports circles, ranks turned round, and roles given too easily. */
export function checkRoles(checked: Checked): void {
  checkInheritance(checked)
  checkAssignment(checked)
  checkDefaults(checked)
  checkTemporary(checked)
}

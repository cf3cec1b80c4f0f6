/** Names that must exist: roles, permissions, actions, resources, statements. @module */
import { reservedAttributes } from '../condition.ts'
import type { PermissionSet } from '../permissions.ts'
import type { PolicyFile } from '../schema.ts'
import type { Path } from '../source.ts'
import { suggestion } from '../suggest.ts'
import { type Checked, report, written } from './report.ts'

type Reference = readonly [path: Path, name: string]

function all(path: Path, names: readonly string[] | undefined): Reference[] {
  return (names ?? []).map((name, index) => [[...path, index], name] as const)
}

/** Every place of the file that names a role. */
function roleReferences(file: PolicyFile): Reference[] {
  const { organizations, authentication, provisioning, elevation, breakGlass, impersonation, supportAccess } =
    file
  const one = (path: Path, name: string | undefined): Reference[] =>
    name === undefined ? [] : [[path, name]]
  return [
    ...one(['organizations', 'ownerRole'], organizations.ownerRole),
    ...Object.entries(file.roles).flatMap(([name, role]) => [
      ...all(['roles', name, 'inherits'], role.inherits),
      ...all(['roles', name, 'assign'], role.assign),
      ...all(['roles', name, 'manages'], role.manages),
      ...(Array.isArray(role.assignedBy) ? all(['roles', name, 'assignedBy'], role.assignedBy) : []),
    ]),
    ...file.separation.flatMap((rule, i) =>
      'roles' in rule ? all(['separation', i, 'roles'], rule.roles) : [],
    ),
    ...all(['authentication', 'mfa', 'required'], authentication.mfa.required),
    ...all(['authentication', 'mfa', 'recommended'], authentication.mfa.recommended),
    ...all(['provisioning', 'by'], provisioning.by),
    ...all(['provisioning', 'selfRegister'], provisioning.selfRegister),
    ...all(['serviceAccounts', 'roles'], file.serviceAccounts.roles),
    ...file.requests.flatMap((request, i) => [
      ...all(['requests', i, 'roles'], request.roles),
      ...all(['requests', i, 'by'], request.by),
      ...request.stages.flatMap((stage, j) =>
        all(['requests', i, 'stages', j, 'approvers'], stage.approvers),
      ),
    ]),
    ...file.reviews.flatMap((review, i) => all(['reviews', i, 'reviewers'], review.reviewers)),
    ...Object.entries(elevation?.roles ?? {}).flatMap(([name, rule]) => [
      ...one(['elevation', 'roles', name], name),
      ...all(['elevation', 'roles', name, 'eligible'], rule.eligible),
      ...all(['elevation', 'roles', name, 'approvers'], rule.approvers),
    ]),
    ...one(['breakGlass', 'role'], breakGlass?.role),
    ...all(['breakGlass', 'approvers'], breakGlass?.approvers),
    ...all(['breakGlass', 'alert'], breakGlass?.alert),
    ...all(['impersonation', 'by'], impersonation?.by),
    ...all(['impersonation', 'never'], impersonation?.never),
    ...all(['supportAccess', 'by'], supportAccess?.by),
    ...one(['supportAccess', 'role'], supportAccess?.role),
    ...all(['changes', 'approvers'], file.changes.approvers),
  ]
}

/** Every place that names a permission, with the scope in which it must exist. */
function permissionReferences(checked: Checked): (readonly [Path, string, 'platform' | 'organization'])[] {
  const { file, source } = checked
  const any = (refs: Reference[]) => refs.map(([path, name]) => [path, name, 'platform'] as const)
  return [
    ...Object.entries(file.roles).flatMap(([role, { allow, deny, scope }]) => [
      ...allow.flatMap((grant, i) =>
        grant.allow.map((pattern, j) => [grantPath(checked, role, i, j), pattern, scope] as const),
      ),
      ...all(['roles', role, 'deny'], deny).map(([path, name]) => [path, name, 'platform'] as const),
    ]),
    ...any(all(['sensitive', 'actions'], file.sensitive.actions)),
    ...file.separation.flatMap((rule, i) =>
      'actions' in rule ? any(all(['separation', i, 'actions'], rule.actions)) : [],
    ),
    ...any(all(['executionCodes', 'actions'], file.executionCodes?.actions)),
    ...Object.entries(file.resources).flatMap(([resource, { implies }]) =>
      Object.entries(implies).flatMap(([action, targets]) =>
        written(source, ['resources', resource, 'implies', action]) === undefined
          ? []
          : any(all(['resources', resource, 'implies', action], targets)),
      ),
    ),
  ]
}

/** Where a pattern stands: the entry itself in the short form, under its `allow` in the long one. */
export function grantPath(checked: Checked, role: string, entry: number, pattern: number): Path {
  const path = ['roles', role, 'allow', entry]
  const value = written(checked.source, path)
  if (typeof value !== 'object' || value === null) return path
  return Array.isArray((value as { allow?: unknown }).allow)
    ? [...path, 'allow', pattern]
    : [...path, 'allow']
}

function checkPermissions(checked: Checked): void {
  const { permissions } = checked
  for (const [path, pattern, scope] of permissionReferences(checked)) {
    if (permissions.matching(pattern, scope).length > 0) continue
    const [action = '', resource = ''] = pattern.split(':')
    if (permissions.matching(pattern, 'platform').length > 0) {
      report(
        checked,
        path,
        `"${pattern}" acts above the organizations; a role of scope organization cannot hold it.`,
        'Give it to a role with `scope: platform`.',
      )
    } else if (action === '*' || resource === '*') {
      report(checked, path, `"${pattern}" names no permission.`, suggestion(pattern, wildcards(permissions)))
    } else {
      const actions = permissions.all.filter((p) => p.resource === resource).map((p) => p.action)
      const hint =
        actions.length > 0
          ? `${resource} has ${actions.join(', ')}.`
          : (suggestion(pattern, permissions.names()) ??
            'Declare the resource with its actions under `resources`.')
      const meant = suggestion(pattern, permissions.names())
      report(
        checked,
        path,
        `Unknown permission "${pattern}".`,
        meant && actions.length > 0 ? `${meant} ${hint}` : hint,
      )
    }
  }
}

function wildcards(permissions: PermissionSet): Set<string> {
  return new Set(permissions.all.flatMap((p) => [`*:${p.resource}`, `${p.action}:*`]))
}

function checkResources(checked: Checked): void {
  for (const [name, resource] of Object.entries(checked.file.resources)) {
    const path = ['resources', name]
    const actions = checked.permissions.all.filter((p) => p.resource === name).map((p) => p.action)
    const known = (at: Path, action: string, onKey = false) => {
      if (!actions.includes(action)) {
        report(checked, at, `${name} has no action "${action}".`, suggestion(action, actions), { onKey })
      }
    }
    for (const [state, { deny }] of Object.entries(resource.states)) {
      for (const [i, action] of deny.entries()) known([...path, 'states', state, 'deny', i], action)
    }
    for (const action of Object.keys(resource.implies)) known([...path, 'implies', action], action, true)
    for (const attribute of Object.keys(resource.attributes)) {
      if ((reservedAttributes as readonly string[]).includes(attribute)) {
        report(
          checked,
          [...path, 'attributes', attribute],
          `Every resource has "${attribute}" already.`,
          'Leave it out.',
          {
            onKey: true,
          },
        )
      }
    }
    for (const [i, action] of resource.actions.entries()) {
      if (resource.actions.indexOf(action) < i)
        report(checked, [...path, 'actions', i], `"${action}" stands here twice.`)
    }
  }
}

function checkNamed(checked: Checked): void {
  const { file } = checked
  const unique = (key: 'requests' | 'reviews' | 'thirdParties', names: string[]) => {
    for (const [i, name] of names.entries()) {
      if (names.indexOf(name) < i)
        report(checked, [key, i, 'name'], `"${name}" is the name of another entry too.`)
    }
  }
  unique(
    'requests',
    file.requests.map((r) => r.name),
  )
  unique(
    'reviews',
    file.reviews.map((r) => r.name),
  )
  unique(
    'thirdParties',
    file.thirdParties.map((t) => t.name),
  )
  const statements = file.statements.map((s) => s.id)
  for (const [i, id] of statements.entries()) {
    if (statements.indexOf(id) < i)
      report(checked, ['statements', i, 'id'], `"${id}" is the id of another statement too.`)
  }
  for (const [framework, { clauses }] of Object.entries(file.frameworks)) {
    for (const [clause, { statements: named }] of Object.entries(clauses)) {
      for (const [i, id] of named.entries()) {
        if (statements.includes(id)) continue
        const path = ['frameworks', framework, 'clauses', clause, 'statements', i]
        report(checked, path, `Unknown statement "${id}".`, suggestion(id, statements))
      }
    }
  }
  const resources = new Set(checked.permissions.all.map((p) => p.resource))
  for (const [application, { resources: used }] of Object.entries(file.applications)) {
    for (const [i, resource] of used.entries()) {
      if (resources.has(resource)) continue
      const path = ['applications', application, 'resources', i]
      report(checked, path, `Unknown resource "${resource}".`, suggestion(resource, resources))
    }
  }
}

/** Reports every name that does not exist, with the one that was probably meant. */
export function checkReferences(checked: Checked): void {
  const roles = Object.keys(checked.file.roles)
  for (const [path, name] of roleReferences(checked.file)) {
    if (name !== '*' && !roles.includes(name)) {
      report(checked, path, `Unknown role "${name}".`, suggestion(name, roles))
    }
  }
  checkPermissions(checked)
  checkResources(checked)
  checkNamed(checked)
}

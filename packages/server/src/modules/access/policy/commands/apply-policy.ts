import {
  type CompiledPolicy,
  compile,
  diffPolicies,
  formatProblem,
  type PolicyChange,
  parsePolicy,
  textIn,
} from '@writ/policy'
import type { Tx } from '#platform/context'
import { sha256 } from '#platform/crypto'
import { newId, toWire, type Uuid } from '#platform/ids'
import type { OperatorDatabase } from '#platform/operator'
import { events } from '../catalog.ts'
import { permissionsOf } from '../model.ts'
import {
  type AppliedRow,
  insertPlatform,
  insertVersion,
  lockVersions,
  newestVersion,
  organizationsWithout,
  platformOrganization,
  rolesInUse,
  type VersionContents,
} from '../store.ts'
import { compileStored } from '../versions/compiled-versions.ts'

/** A policy that is not put into force: every reason, each with what would be right. Nothing was changed. */
export class PolicyRefused extends Error {
  override readonly name = 'PolicyRefused'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`The policy was not applied:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

export interface NewPolicy {
  /** The text of the file. */
  readonly source: string
  /** Its name, for messages. */
  readonly file?: string
  /** Who applies it. */
  readonly author: string
  readonly reason: string
}

/** The policy in force after an application. */
export interface Application {
  readonly versionId: Uuid
  readonly number: number
  /** The platform's organization. */
  readonly organizationId: Uuid
  readonly compiled: CompiledPolicy
  /** False: this very file was in force already, and nothing was done. */
  readonly changed: boolean
  /** Differences to the version before; empty for the first. */
  readonly changes: readonly PolicyChange[]
}

/**
 * Puts a policy into force: stores it whole as the next version, with its roles and permissions as rows for whoever
 * reads with SQL, and records who did so and why in the platform's log. From the commit on every node decides by it.
 * Makes the platform's organization the first time. Two at once queue; the second is compared with the first.
 *
 * @throws PolicyRefused when the file is wrong, a role that somebody holds would be gone, or an organization would be
 *   left without an owner
 */
export async function applyPolicy(operator: OperatorDatabase, policy: NewPolicy): Promise<Application> {
  const parsed = parseOrRefuse(policy)
  const now = operator.now()
  const versionId = newId(now)
  const compiled = compile(parsed.policy, { version: toWire('pol', versionId) })
  return inPlatform(operator, async (tx, organizationId) => {
    const before = await lockVersions(tx)
    const hash = sha256(policy.source).toString('hex')
    if (before?.sha256 === hash) return unchanged(before, organizationId)
    await refuseLoss(tx, compiled, now)
    const changes = before ? diffPolicies(compileStored(before.id, before.source).policy, parsed.policy) : []
    const number = (before?.number ?? 0) + 1
    const { name, version } = parsed.policy
    const { source, author, reason } = policy
    const row = {
      id: versionId,
      number,
      sha256: hash,
      name,
      version,
      source,
      author,
      reason,
      changes,
      appliedAt: now,
    }
    await insertVersion(tx, row, contentsOf(compiled))
    await operator.record(
      tx,
      organizationId,
      author.replace(/^operator:/, ''),
      events.applied({
        target: { type: 'policy', id: versionId },
        ...(before && { before: { number: before.number, sha256: before.sha256 } }),
        after: { number, sha256: hash, policy: name, version },
        data: { reason, changes: changes.length },
      }),
    )
    return { versionId, number, organizationId, compiled, changed: true, changes }
  })
}

/** The policy in force, as the operator's commands see it; undefined before the first. */
export async function currentPolicy(
  operator: Pick<OperatorDatabase, 'db'>,
): Promise<
  | (Omit<Application, 'changed' | 'changes'> & { readonly source: string; readonly sha256: string })
  | undefined
> {
  return operator.db.transaction(NOWHERE, async (tx) => {
    const [row, organizationId] = [await newestVersion(tx), await platformOrganization(tx)]
    if (!row || organizationId === undefined) return undefined
    const { id: versionId, number, source, sha256: hash } = row
    return {
      versionId,
      number,
      organizationId,
      source,
      sha256: hash,
      compiled: compileStored(versionId, source),
    }
  })
}

/** A scope that sees no tenant's rows: policies are not among them. */
const NOWHERE = 'org:00000000-0000-0000-0000-000000000000' as const

async function inPlatform<T>(
  operator: OperatorDatabase,
  work: (tx: Tx, organizationId: Uuid) => Promise<T>,
): Promise<T> {
  return operator.db.transaction(NOWHERE, async (tx) => {
    const found = await platformOrganization(tx)
    const id = found ?? newId(operator.now())
    await operator.db.switchScope(tx, `org:${id}`)
    if (found === undefined) await insertPlatform(tx, id, operator.now())
    return work(tx, id)
  })
}

function unchanged(row: AppliedRow, organizationId: Uuid): Application {
  const compiled = compileStored(row.id, row.source)
  return { versionId: row.id, number: row.number, organizationId, compiled, changed: false, changes: [] }
}

/** Somebody whose role is gone would silently lose all access, and an organization without an owner could not help itself. */
async function refuseLoss(tx: Tx, compiled: CompiledPolicy, now: Date): Promise<void> {
  const problems: string[] = []
  for (const { kind, role, holders } of await rolesInUse(tx, now)) {
    const defined = compiled.roles.get(role)
    const who = `${holders} ${holders === 1 ? 'member holds' : 'members hold'} it`
    if (!defined)
      problems.push(
        `roles.${role} is missing: ${who}. Keep the role, or give those members another one first.`,
      )
    else if (defined.isPlatform !== (kind === 'platform'))
      problems.push(
        `roles.${role} has another scope than before: ${who}. Give the role of the new scope another name.`,
      )
  }
  const { ownerRole } = compiled.policy.organizations
  const ownerless = await organizationsWithout(tx, ownerRole)
  if (ownerless > 0) {
    const organizations = ownerless === 1 ? '1 organization has' : `${ownerless} organizations have`
    problems.push(
      `organizations.ownerRole: ${organizations} no active ${ownerRole}. Make a member ${ownerRole} there first.`,
    )
  }
  if (problems.length > 0) throw new PolicyRefused(problems)
}

/** @throws PolicyRefused with every problem of the file */
export function parseOrRefuse({ source, file }: Pick<NewPolicy, 'source' | 'file'>) {
  const parsed = parsePolicy(source, file === undefined ? {} : { file })
  if (!parsed.ok) throw new PolicyRefused(parsed.problems.map(formatProblem))
  return parsed
}

function contentsOf(compiled: CompiledPolicy): VersionContents {
  return {
    roles: compiled.policy.roles.map((role) => ({
      name: role.name,
      title: textIn(role.title, 'en'),
      scope: role.scope,
      rank: role.rank,
    })),
    permissions: compiled.permissions.map(({ name, action, resource }) => ({ name, action, resource })),
    rolePermissions: [...compiled.roles.values()].map((role) => ({
      role: role.name,
      permissions: permissionsOf(compiled, role),
    })),
  }
}

/** All SQL of this module that writes or locks. Each function names the scope its transaction must be in. @module */
import type { PolicyChange } from '@writ/policy'
import { sql } from 'kysely'
import type { Tx } from '#platform/database'
import type { Uuid } from '#platform/ids'
import type { RolePermission } from './model.ts'

export interface HeldRow {
  readonly id: Uuid
  readonly role: string
  readonly source: string
  readonly expiresAt: Date | null
}

/** Assignments that live at `now`. Scope: the organization. */
export async function heldRows(tx: Tx, memberId: Uuid, now: Date): Promise<HeldRow[]> {
  return tx
    .selectFrom('userRoles')
    .select(['id', 'role', 'source', 'expiresAt'])
    .where('memberId', '=', memberId)
    .where('endedAt', 'is', null)
    .where((eb) => eb.or([eb('expiresAt', 'is', null), eb('expiresAt', '>', now)]))
    .orderBy('id')
    .execute()
}

export interface NewAssignment {
  readonly organizationId: Uuid
  readonly id: Uuid
  readonly memberId: Uuid
  readonly userId: Uuid
  readonly role: string
  readonly source: string
  readonly policyVersionId: Uuid
  readonly assignedBy: string
  readonly assignedAt: Date
}

/** Scope: the organization. */
export async function insertAssignments(tx: Tx, rows: readonly NewAssignment[]): Promise<void> {
  if (rows.length > 0)
    await tx
      .insertInto('userRoles')
      .values([...rows])
      .execute()
}

/** Ends assignments; the rows stay as history. Scope: the organization. */
export async function endAssignments(tx: Tx, ids: readonly Uuid[], by: string, now: Date): Promise<void> {
  if (ids.length === 0) return
  await tx
    .updateTable('userRoles')
    .set({ endedAt: now, endedBy: by })
    .where('id', 'in', [...ids])
    .where('endedAt', 'is', null)
    .execute()
}

/** A command of this member's that was allowed under the old roles is decided again. Scope: the organization. */
export async function raiseRevision(tx: Tx, memberId: Uuid): Promise<void> {
  await tx
    .updateTable('members')
    .set((eb) => ({ revision: eb('revision', '+', 1) }))
    .where('id', '=', memberId)
    .execute()
}

/**
 * Whether an active member other than this one holds the role for good and can be counted on: neither with suspended
 * privileges nor with a last day. Scope: the organization, whose row is held.
 */
export async function hasOtherHolder(tx: Tx, role: string, without: Uuid): Promise<boolean> {
  const row = await tx
    .selectFrom('userRoles as r')
    .innerJoin('members as m', 'm.id', 'r.memberId')
    .innerJoin('users as u', 'u.id', 'm.userId')
    .select('m.id')
    .where('r.role', '=', role)
    .where('r.endedAt', 'is', null)
    .where('r.expiresAt', 'is', null)
    .where('r.source', 'in', ['assigned', 'setup', 'operator'])
    .where('m.status', '=', 'active')
    .where('m.privilegesSuspendedAt', 'is', null)
    .where('m.accessEndsAt', 'is', null)
    .where('u.status', '=', 'active')
    .where('m.id', '<>', without)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Holds the organization's row; `exclusive` transactions hold it already. Scope: the organization. */
export async function lockOverrides(tx: Tx, organizationId: Uuid): Promise<Record<string, unknown>> {
  const row = await tx
    .selectFrom('organizations')
    .select('overrides')
    .where('id', '=', organizationId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
  return (row.overrides ?? {}) as Record<string, unknown>
}

/** Scope: the organization. */
export async function saveOverrides(
  tx: Tx,
  organizationId: Uuid,
  overrides: Readonly<Record<string, unknown>>,
  now: Date,
): Promise<void> {
  const text = Object.keys(overrides).length === 0 ? null : JSON.stringify(overrides)
  await tx
    .updateTable('organizations')
    .set({ overrides: text, updatedAt: now })
    .where('id', '=', organizationId)
    .execute()
}

// What only the owner of the tables does: applying a policy. -----------------------------------------------------------

export interface AppliedRow {
  readonly id: Uuid
  readonly number: number
  readonly sha256: string
  readonly source: string
}

/** One application at a time, so that numbers and differences follow one another. */
export async function lockVersions(tx: Tx): Promise<AppliedRow | undefined> {
  await sql`lock table policy_versions in share row exclusive mode`.execute(tx)
  return newestVersion(tx)
}

export async function newestVersion(tx: Tx): Promise<AppliedRow | undefined> {
  return tx
    .selectFrom('policyVersions')
    .select(['id', 'number', 'sha256', 'source'])
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** The platform's organization, if there is one. */
export async function platformOrganization(tx: Tx): Promise<Uuid | undefined> {
  const { rows } = await sql<{ id: Uuid | null }>`select platform_organization() as id`.execute(tx)
  return rows[0]?.id ?? undefined
}

/** Scope: the new organization. */
export async function insertPlatform(tx: Tx, id: Uuid, now: Date): Promise<void> {
  await tx
    .insertInto('organizations')
    .values({ id, kind: 'platform', slug: 'platform', name: 'Platform', createdAt: now, updatedAt: now })
    .execute()
}

/** Roles that are held in all organizations, by how many members. Scope: the platform. */
export async function rolesInUse(
  tx: Tx,
  now: Date,
): Promise<{ kind: string; role: string; holders: number }[]> {
  const { rows } = await sql<{
    kind: string
    role: string
    holders: number
  }>`select * from roles_in_use(${now})`.execute(tx)
  return rows
}

/** How many organizations have no active member who holds the role for good. Scope: the platform. */
export async function organizationsWithout(tx: Tx, role: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select organizations_without(${role}) as count`.execute(tx)
  return rows[0]!.count
}

export interface NewVersion {
  readonly id: Uuid
  readonly number: number
  readonly sha256: string
  readonly name: string
  readonly version: string
  readonly source: string
  readonly author: string
  readonly reason: string
  readonly changes: readonly PolicyChange[]
  readonly appliedAt: Date
}

/** The version, and its roles and permissions for whoever reads with SQL. */
export async function insertVersion(
  tx: Tx,
  { changes, ...row }: NewVersion,
  contents: VersionContents,
): Promise<void> {
  await tx
    .insertInto('policyVersions')
    .values({ ...row, changes: JSON.stringify(changes) })
    .execute()
  const policyVersionId = row.id
  await tx
    .insertInto('roles')
    .values(contents.roles.map((role) => ({ policyVersionId, ...role })))
    .execute()
  await tx
    .insertInto('permissions')
    .values(contents.permissions.map((permission) => ({ policyVersionId, ...permission })))
    .execute()
  for (const role of contents.rolePermissions) {
    if (role.permissions.length === 0) continue
    await tx
      .insertInto('rolePermissions')
      .values(role.permissions.map((permission) => ({ policyVersionId, role: role.role, ...permission })))
      .execute()
  }
}

export interface VersionContents {
  readonly roles: readonly { name: string; title: string; scope: string; rank: number }[]
  readonly permissions: readonly { name: string; action: string; resource: string }[]
  readonly rolePermissions: readonly { role: string; permissions: readonly RolePermission[] }[]
}

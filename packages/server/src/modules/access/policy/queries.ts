/** Reads of policies, roles and assignments. @module */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { CompiledPolicy, PolicyChange } from '@writ/policy'
import { sql } from 'kysely'
import type { Ctx, Tx } from '#platform/context'
import type { Database } from '#platform/database'
import { toWire, type Uuid } from '#platform/ids'
import type { Page } from '#platform/pages'
import { errors, permissions } from './catalog.ts'

/** What kind of organization a transaction is in. Scope: that organization. */
export async function organizationKind(tx: Tx, id: Uuid): Promise<string> {
  const row = await tx
    .selectFrom('organizations')
    .select('kind')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return row.kind
}

/** How many active members hold each role now, in the caller's organization. */
export async function countHolders(ctx: Ctx): Promise<Map<string, number>> {
  await ctx.authorize(permissions.readRoles)
  return ctx.db.transaction(`org:${ctx.organizationId}`, async (tx) => {
    const { rows } = await sql<{ role: string; holders: number }>`
      select r.role, count(distinct r.member_id) as holders
      from user_roles r join members m on m.organization_id = r.organization_id and m.id = r.member_id
      where r.organization_id = ${ctx.organizationId} and r.ended_at is null
        and (r.expires_at is null or r.expires_at > ${ctx.now()}) and m.status = 'active'
      group by r.role`.execute(tx)
    return new Map(rows.map((row) => [row.role, row.holders]))
  })
}

export interface VersionRow {
  readonly id: Uuid
  readonly number: number
  readonly sha256: string
  readonly name: string
  readonly version: string
  readonly author: string
  readonly reason: string
  readonly changes: readonly PolicyChange[]
  readonly appliedAt: Date
}

const versionColumns = [
  'id',
  'number',
  'sha256',
  'name',
  'version',
  'author',
  'reason',
  'changes',
  'appliedAt',
] as const

/** Every version that was in force, newest first. */
export async function listVersions(ctx: Ctx, page: Page): Promise<VersionRow[]> {
  await ctx.authorize(permissions.read)
  return ctx.db.transaction(`org:${ctx.organizationId}`, async (tx) => {
    const rows = await tx
      .selectFrom('policyVersions')
      .select(versionColumns)
      .$if(page.after !== undefined, (query) =>
        query.where('number', '<', (eb) =>
          eb.selectFrom('policyVersions').select('number').where('id', '=', page.after!),
        ),
      )
      .orderBy('number', 'desc')
      .limit(page.limit + 1)
      .execute()
    return rows as VersionRow[]
  })
}

/** A version with its text, compiled. */
export interface WholeVersion extends VersionRow {
  readonly source: string
  readonly compiled: CompiledPolicy
}

/** One version, also one that is no longer in force; by default the one that is. @throws `policy.not_found` */
export async function getVersion(ctx: Ctx, id?: Uuid): Promise<WholeVersion> {
  await ctx.authorize(permissions.read)
  const row = await ctx.db.transaction(`org:${ctx.organizationId}`, (tx) =>
    tx
      .selectFrom('policyVersions')
      .select([...versionColumns, 'source'])
      .$if(id !== undefined, (query) => query.where('id', '=', id!))
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst(),
  )
  if (!row) throw errors.not_found()
  const compiled = await ctx.services.ports.policies.effective(row.id, null)
  return { ...row, changes: row.changes as VersionRow['changes'], compiled }
}

export interface AssignmentRow {
  readonly id: Uuid
  readonly memberId: Uuid
  readonly userId: Uuid
  readonly role: string
  readonly source: string
  readonly policyVersionId: Uuid
  readonly assignedBy: string
  readonly assignedAt: Date
  readonly expiresAt: Date | null
  readonly endedAt: Date | null
  readonly endedBy: string | null
  readonly versionNumber: number
}

/** Every role a member ever held here, newest first; also of one who is gone. */
export async function listAssignments(ctx: Ctx, memberId: Uuid): Promise<AssignmentRow[]> {
  await ctx.authorize(permissions.readMembers, { type: 'members', id: toWire('mem', memberId) })
  return ctx.db.transaction(`org:${ctx.organizationId}`, (tx) =>
    tx
      .selectFrom('userRoles as r')
      .innerJoin('policyVersions as v', 'v.id', 'r.policyVersionId')
      .selectAll('r')
      .select('v.number as versionNumber')
      .where('r.organizationId', '=', ctx.organizationId)
      .where('r.memberId', '=', memberId)
      .orderBy('r.assignedAt', 'desc')
      .orderBy('r.endedAt', (order) => order.desc().nullsFirst())
      .orderBy('r.id', 'desc')
      .limit(1000)
      .execute(),
  )
}

/** What the organization has tightened for itself, as in the policy file. */
export async function readPolicySettings(ctx: Ctx): Promise<Readonly<Record<string, unknown>>> {
  await ctx.authorize(permissions.readSettings, {
    type: 'organization',
    id: toWire('org', ctx.organizationId),
  })
  return ctx.db.transaction(`org:${ctx.organizationId}`, async (tx) => {
    const row = await tx
      .selectFrom('organizations')
      .select('overrides')
      .where('id', '=', ctx.organizationId)
      .executeTakeFirstOrThrow()
    return (row.overrides ?? {}) as Record<string, unknown>
  })
}

/**
 * What is to be done where the policy in force is not the file that the operator keeps; undefined where it is. Names
 * the file without its folder: the sentence also stands in /readyz.
 */
export async function policyDrift(db: Database, path: string): Promise<string | undefined> {
  const [applied] = await db.prepared<{ number: number; source: string }>(
    'policy-newest',
    'select number, source from policy_versions order by number desc limit 1',
    [],
  )
  const file = basename(path)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === applied?.source) return undefined
  const inForce = `version ${applied?.number} of the policy is in force`
  if (text === undefined) return `${file} cannot be read; ${inForce}`
  return `${inForce}, and ${file} says something else; put it in force with: writ policy apply ${file} --reason '…'`
}

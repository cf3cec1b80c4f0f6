/** Reads of organizations. @module */
import { sql } from 'kysely'
import { organizationsOf } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import { toWire, type Uuid } from '#platform/ids'
import type { Page } from '#platform/pages'
import { errors, permissions } from '../catalog.ts'
import type { Organization, Settings } from '../model.ts'

/** An organization as a list shows it. */
export interface ListedOrganization {
  readonly id: Uuid
  readonly slug: string
  readonly name: string
  readonly status: string
  /** The caller's own membership, if it is one. */
  readonly membership: { readonly id: Uuid; readonly status: string } | undefined
  /** Active members, for those who see all organizations. */
  readonly members: number | undefined
}

/** All organizations for the platform's staff who may see them, else the caller's own. */
export async function listOrganizations(ctx: Ctx, page: Page): Promise<ListedOrganization[]> {
  if (await seesAll(ctx)) return allOrganizations(ctx, page)
  if (ctx.actor.kind !== 'user') return []
  const { userId } = ctx.actor
  const own = await ctx.db.transaction(`account:${userId}`, (tx) => organizationsOf(tx, userId))
  return own
    .toSorted((a, b) => (a.organizationId < b.organizationId ? -1 : 1))
    .filter((row) => page.after === undefined || row.organizationId > page.after)
    .slice(0, page.limit + 1)
    .map((row) => ({
      id: row.organizationId,
      slug: row.slug,
      name: row.name,
      status: row.organizationStatus,
      membership: { id: row.memberId, status: row.status },
      members: undefined,
    }))
}

/** Asked, not demanded: who may not see all sees their own, and that is no denial. */
async function seesAll(ctx: Ctx): Promise<boolean> {
  if (ctx.principal?.home.kind !== 'platform') return false
  return (await ctx.services.ports.decide(ctx, permissions.readAll, undefined)).allowed
}

async function allOrganizations(ctx: Ctx, page: Page): Promise<ListedOrganization[]> {
  return ctx.db.transaction(`org:${ctx.principal!.home.organizationId}`, async (tx) => {
    const { rows } = await sql<Omit<ListedOrganization, 'membership'>>`
      select id, slug, name, status, members from list_organizations(${page.after ?? null}, ${page.limit + 1})`.execute(
      tx,
    )
    return rows.map((row) => ({ ...row, membership: undefined }))
  })
}

/** Scope: the organization. @throws `organizations.not_found` */
export async function getOrganization(tx: Tx, id: Uuid): Promise<Organization> {
  const row = await tx
    .selectFrom('organizations')
    .select(['id', 'kind', 'slug', 'name', 'status', 'settings', 'createdAt', 'updatedAt'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw errors.not_found()
  return { ...row, settings: row.settings as Settings }
}

export interface Overview extends Organization {
  readonly counts: { readonly active: number; readonly deactivated: number; readonly owners: number }
}

/** The organization with who is in it, in numbers. */
export async function getOverview(ctx: Ctx): Promise<Overview> {
  await ctx.authorize(permissions.readOrganization, {
    type: 'organization',
    id: toWire('org', ctx.organizationId),
  })
  return ctx.db.transaction(`org:${ctx.organizationId}`, async (tx) => {
    const organization = await getOrganization(tx, ctx.organizationId)
    const { ownerRole } = ctx.policy.policy.organizations
    const { rows } = await sql<Overview['counts']>`
      select count(*) filter (where status = 'active') as active,
        count(*) filter (where status = 'deactivated') as deactivated,
        (select count(distinct r.member_id) from user_roles r
          join members o on o.organization_id = r.organization_id and o.id = r.member_id and o.status = 'active'
          where r.organization_id = ${ctx.organizationId} and r.role = ${ownerRole}
            and r.ended_at is null and (r.expires_at is null or r.expires_at > ${ctx.now()})) as owners
      from members where organization_id = ${ctx.organizationId}`.execute(tx)
    return { ...organization, counts: rows[0]! }
  })
}

/** An organization as the platform finds it. */
export interface Tenant {
  readonly id: Uuid
  readonly slug: string
  readonly status: string
  /** What it tightens of the policy, as JSON. */
  readonly overrides: string | null
}

/** An organization by id or slug, seen from the platform. Scope: the platform. @throws `organizations.not_found` */
export async function findTenant(tx: Tx, key: string): Promise<Tenant> {
  const { rows } = await sql<Tenant>`
    select id, slug, status, overrides from find_organization(${key})`.execute(tx)
  if (!rows[0]) throw errors.not_found()
  return rows[0]
}

/** Whether there is any organization. Scope: the platform. */
export async function anyOrganization(tx: Tx): Promise<boolean> {
  const { rows } = await sql`select from list_organizations(null, 1)`.execute(tx)
  return rows.length > 0
}

/** The platform's organization, undefined before the first policy. */
export async function platformOrganization(tx: Tx): Promise<Uuid | undefined> {
  const { rows } = await sql<{ id: Uuid | null }>`select platform_organization() as id`.execute(tx)
  return rows[0]?.id ?? undefined
}

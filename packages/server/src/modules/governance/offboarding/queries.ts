/** Reads of deadlines. @module */
import { sql } from 'kysely'
import { getOrganization } from '#people/organizations'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { Page } from '#platform/pages'
import { errors, permissions } from './catalog.ts'
import type { Kind, Occasion, State } from './model.ts'

export interface OffboardingRow {
  readonly id: Uuid
  readonly kind: Kind
  readonly memberId: Uuid
  readonly userId: Uuid
  /** Null: the member is gone. */
  readonly email: string | null
  readonly name: string | null
  readonly occasion: Occasion | null
  readonly effectiveOn: string
  readonly effectiveAt: Date
  readonly dueAt: Date
  readonly isAutomatic: boolean
  readonly roles: readonly string[] | null
  readonly state: State
  readonly plannedBy: string
  readonly plannedAt: Date
  readonly cancelledAt: Date | null
  readonly raisedAt: Date | null
}

/** What is planned, in the order in which it was; `state` is that of this moment. */
export async function listOffboardings(
  ctx: Ctx,
  filter: { readonly state?: State | undefined; readonly member?: Uuid | undefined },
  page: Page,
): Promise<OffboardingRow[]> {
  await ctx.authorize(permissions.read)
  return ctx.db.transaction(`org:${ctx.organizationId}`, async (tx) => {
    const { rows } = await sql<OffboardingRow>`
      select * from (${rowsAt(ctx)}) d
      where (${filter.state ?? null}::text is null or d.state = ${filter.state ?? null})
        and (${filter.member ?? null}::uuid is null or d.member_id = ${filter.member ?? null})
        and (${page.after ?? null}::uuid is null or d.id > ${page.after ?? null})
      order by d.id limit ${page.limit + 1}`.execute(tx)
    return rows
  })
}

/** Scope: the organization. @throws `offboarding.not_planned` */
export async function readOffboarding(ctx: Ctx, tx: Tx, id: Uuid): Promise<OffboardingRow> {
  const { rows } = await sql<OffboardingRow>`select * from (${rowsAt(ctx)}) d where d.id = ${id}`.execute(tx)
  if (!rows[0]) throw errors.not_planned()
  return rows[0]
}

function rowsAt(ctx: Ctx) {
  return sql`
    select d.id, d.kind, d.member_id, d.user_id, u.email, u.name, d.occasion, d.effective_on, d.effective_at, d.due_at,
      d.is_automatic, d.roles, d.planned_by, d.planned_at, d.cancelled_at, d.raised_at,
      case when d.cancelled_at is not null then 'cancelled'
        when d.done_at is not null or offboarding_is_done(d) then 'done'
        when d.due_at <= ${ctx.now()} then 'overdue'
        else 'open' end as state
    from offboardings d
    left join members m on m.organization_id = d.organization_id and m.id = d.member_id
    left join users u on u.id = m.user_id
    where d.organization_id = ${ctx.organizationId}`
}

/** Where the organization's days begin. Scope: the organization. */
export async function timeZoneOf(ctx: Ctx, tx: Tx): Promise<string> {
  return (await getOrganization(tx, ctx.organizationId)).settings.timeZone ?? 'UTC'
}

const MOST_RECIPIENTS = 50

/** Who holds one of these roles and can act on it now. Scope: the organization. */
export async function holdersOf(
  tx: Tx,
  roles: readonly string[],
  now: Date,
): Promise<{ email: string; locale: string }[]> {
  const { rows } = await sql<{ email: string; locale: string }>`
    select u.email, u.locale from members m join users u on u.id = m.user_id
    where m.organization_id = (select current_organization()) and m.status = 'active' and u.status = 'active'
      and m.privileges_suspended_at is null and (m.access_ends_at is null or m.access_ends_at > ${now})
      and exists (
        select from user_roles r
        where r.organization_id = m.organization_id and r.member_id = m.id and r.role = any (${roles}::text[])
          and r.ended_at is null and (r.expires_at is null or r.expires_at > ${now})
      )
    order by m.id limit ${MOST_RECIPIENTS}`.execute(tx)
  return rows
}

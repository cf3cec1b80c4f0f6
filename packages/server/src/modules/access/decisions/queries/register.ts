/** Reads of the register of resources, and of who could be a subject. @module */
import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { permissions, resourceErrors } from '../catalog.ts'
import { factsReader } from '../engine/facts.ts'
import type { Place } from '../engine/party.ts'

export interface RegisteredResource {
  readonly type: string
  readonly id: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly state: string | null
  readonly updatedAt: Date
}

/** @throws `resources.not_found` also for another organization's */
export async function getResource(ctx: Ctx, type: string, id: string): Promise<RegisteredResource> {
  await ctx.authorize(permissions.readResources, { type: 'resources', id: `${type}/${id}` })
  const row = await ctx.db.transaction(`org:${ctx.organizationId}`, (tx) =>
    tx.selectFrom('resources').selectAll().where('type', '=', type).where('id', '=', id).executeTakeFirst(),
  )
  if (!row) throw resourceErrors.not_found()
  return resourceOf(row)
}

/** Resources of a type in the order of their ids, one more than `limit` where there are more. */
export async function listResources(
  ctx: Ctx,
  type: string,
  after: string | null,
  limit: number,
): Promise<RegisteredResource[]> {
  await ctx.authorize(permissions.readResources)
  return resourcesAfter(ctx, ctx.organizationId, type, after, limit + 1)
}

/** Without asking who may: for searches, which have. */
export async function resourcesAfter(
  ctx: Ctx,
  organizationId: Uuid,
  type: string,
  after: string | null,
  limit: number,
): Promise<RegisteredResource[]> {
  const rows = await ctx.db.transaction(`org:${organizationId}`, (tx) => {
    const all = tx.selectFrom('resources').selectAll().where('type', '=', type)
    return (after === null ? all : all.where('id', '>', after)).orderBy('id').limit(limit).execute()
  })
  return rows.map(resourceOf)
}

/** Users who could be a subject in a place, in the order of their ids. */
export async function subjectsAfter(
  ctx: Ctx,
  place: Place,
  after: Uuid | null,
  limit: number,
): Promise<Uuid[]> {
  const scope = factsReader(ctx.db).scopeOf(place.organizationId)
  const rows = await ctx.db.prepared<{ user_id: Uuid }>(
    'decision-subjects',
    'select user_id from decision_subjects($1, $2, $3, $4, $5)',
    [scope, place.organizationId, place.policy.platformDirect, after, limit],
  )
  return rows.map(({ user_id }) => user_id)
}

export function resourceOf(row: {
  type: string
  id: string
  attributes: unknown
  state: string | null
  updatedAt: Date
}): RegisteredResource {
  const { type, id, attributes, state, updatedAt } = row
  return { type, id, attributes: attributes as RegisteredResource['attributes'], state, updatedAt }
}

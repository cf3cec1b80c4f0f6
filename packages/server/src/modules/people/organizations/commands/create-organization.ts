import { inOrganization } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import { newId, type Uuid } from '#platform/ids'
import { events, permissions } from '../catalog.ts'
import type { Organization, Settings } from '../model.ts'
import { getOrganization } from '../queries/organizations.ts'
import { insertOrganization } from '../store.ts'
import { addMember, type Candidate, type Person, prepareCandidate } from './add-member.ts'

export interface NewOrganization {
  readonly name: string
  readonly slug: string
  readonly settings?: Settings | undefined
}

export interface CreatedOrganization {
  readonly organization: Organization
  readonly owner: { readonly id: Uuid; readonly userId: Uuid }
  /** Of the owner's account, to be handed over; undefined where it existed. */
  readonly temporaryPassword: string | undefined
}

/**
 * Creates an organization together with its first owner, for the platform; there is never one without. Both logs
 * have it: the new organization's own as its first event, and the platform's.
 *
 * @throws `organizations.slug_taken`, `members.account_exists`, `identity.address_taken`
 */
export async function createOrganization(
  ctx: Ctx,
  organization: NewOrganization,
  owner: Person,
): Promise<CreatedOrganization> {
  await ctx.authorize(permissions.create)
  const candidate = await prepareCandidate(ctx, owner)
  const id = newId(ctx.now())
  const created = await ctx.tx(async (tx) => {
    await ctx.db.switchScope(tx, `org:${id}`)
    const founded = await foundOrganization(inOrganization(ctx, id), tx, organization, candidate)
    const row = await getOrganization(tx, id)
    await ctx.db.switchScope(tx, `org:${ctx.organizationId}`)
    await ctx.record(
      tx,
      events.created({ target: { type: 'organization', id }, data: { slug: organization.slug } }),
    )
    return { organization: row, owner: founded }
  })
  return { ...created, temporaryPassword: candidate.temporaryPassword }
}

/**
 * Adds the organization of `ctx` with its first owner, in a transaction of its scope; the caller has settled who may.
 *
 * @throws `organizations.slug_taken` and what {@link addMember} throws
 */
export async function foundOrganization(
  ctx: Ctx,
  tx: Tx,
  { name, slug, settings = {} }: NewOrganization,
  owner: Candidate,
): Promise<{ id: Uuid; userId: Uuid }> {
  const id = ctx.organizationId
  await insertOrganization(tx, { id, name, slug, settings, now: ctx.now() })
  const after = { name, slug, settings, status: 'active' }
  await ctx.record(tx, events.created({ target: { type: 'organization', id }, after }))
  return addMember(ctx, tx, owner, [ctx.policy.policy.organizations.ownerRole], { decided: true })
}

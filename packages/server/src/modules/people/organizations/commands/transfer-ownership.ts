import type { Ctx } from '#platform/context'
import { toWire, type Uuid } from '#platform/ids'
import { errors, events, memberErrors, permissions } from '../catalog.ts'
import { rolesAfterTransfer } from '../model.ts'
import { lockMember } from '../store.ts'

/** Roles of both after the transfer. */
export interface Transfer {
  readonly newOwner: readonly string[]
  readonly formerOwner: readonly string[]
}

/**
 * Hands the ownership to another active member: they become an owner and the actor ceases to be one, in one
 * transaction. The actor keeps their other roles, else the next one that the owner role includes.
 *
 * @throws `organizations.owner_only`, `members.not_found`, `members.yourself`, `members.inactive`
 */
export async function transferOwnership(ctx: Ctx, to: Uuid): Promise<Transfer> {
  await ctx.authorize(permissions.transfer, { type: 'organization', id: toWire('org', ctx.organizationId) })
  const { assignments } = ctx.services.ports
  const { ownerRole, rolesPerMember } = ctx.policy.policy.organizations
  const { actor } = ctx
  return ctx.tx(
    async (tx) => {
      const from = actor.kind === 'user' ? await lockMember(tx, actor.memberId) : undefined
      const held = from ? (await assignments.held(ctx, tx, from.id)).map(({ role }) => role) : []
      if (!from || !held.includes(ownerRole)) throw errors.owner_only()
      const heir = await lockMember(tx, to)
      if (!heir) throw memberErrors.not_found()
      if (heir.id === from.id) throw memberErrors.yourself()
      if (heir.status !== 'active') throw memberErrors.inactive()
      const heirs = (await assignments.held(ctx, tx, to)).map(({ role }) => role)
      const given =
        rolesPerMember === 'one' ? [ownerRole] : [ownerRole, ...heirs.filter((role) => role !== ownerRole)]
      // The new owner first: at no moment, also not inside the transaction, is there none.
      const newOwner = await assignments.assign(ctx, tx, heir, given, { decided: true })
      const formerOwner = await assignments.assign(ctx, tx, from, rolesAfterTransfer(ctx.policy, held), {
        decided: true,
      })
      await ctx.record(
        tx,
        events.ownership_transferred({
          target: { type: 'organization', id: ctx.organizationId },
          before: { owner: from.id },
          after: { owner: heir.id },
        }),
      )
      return { newOwner: newOwner.after, formerOwner: formerOwner.after }
    },
    { exclusive: true },
  )
}

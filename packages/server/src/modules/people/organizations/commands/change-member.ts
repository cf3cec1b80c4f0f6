import { identityErrors } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { memberEvents, permissions } from '../catalog.ts'
import { type MemberRow, readMember } from '../queries/members.ts'
import { renameAccount } from '../store.ts'
import { type HeldMember, holdMember, memberTarget } from './hold-member.ts'

export interface MemberChange {
  /** Exactly these from now on. */
  readonly roles?: readonly string[] | undefined
  readonly name?: string | undefined
}

/**
 * Changes a member's roles or name; both happen or neither. New roles hold from the member's next request on.
 *
 * @throws `members.not_found`, `members.above_you`, `identity.belongs_elsewhere`, and what giving the roles throws
 */
export async function changeMember(ctx: Ctx, id: Uuid, change: MemberChange): Promise<MemberRow> {
  const target = memberTarget(id)
  if (change.roles !== undefined) await ctx.authorize(permissions.assignRoles, target)
  if (change.name !== undefined) await ctx.authorize(permissions.updateMembers, target)
  return ctx.tx(
    async (tx) => {
      const member = await holdMember(ctx, tx, id, { oneself: 'allowed' })
      if (change.roles !== undefined)
        await ctx.services.ports.assignments.assign(ctx, tx, member, change.roles)
      if (change.name !== undefined && change.name !== member.name) await rename(ctx, tx, member, change.name)
      return readMember(tx, id, ctx.now())
    },
    { exclusive: true },
  )
}

async function rename(ctx: Ctx, tx: Tx, member: HeldMember, name: string): Promise<void> {
  if (!(await renameAccount(tx, member.userId, name, ctx.now()))) throw identityErrors.belongs_elsewhere()
  await ctx.record(
    tx,
    memberEvents.renamed({
      target: { type: 'member', id: member.id },
      before: { name: member.name },
      after: { name },
      data: { user: member.userId },
    }),
  )
}

/** What every change of a member begins with. @module */
import type { Ctx, Tx } from '#platform/context'
import { AppError } from '#platform/errors'
import { toWire, type Uuid } from '#platform/ids'
import { memberErrors, memberEvents } from '../catalog.ts'
import { findMemberOf } from '../queries/members.ts'
import { type LockedMember, lockMember } from '../store.ts'

/** A member whose row is held, and the roles held now. */
export interface HeldMember extends LockedMember {
  readonly roles: readonly string[]
}

/** A member as a decision's target. */
export function memberTarget(id: Uuid) {
  return { type: 'members', id: toWire('mem', id) }
}

/**
 * Holds a member's row and makes sure that the actor may administer the roles the member has now: whoever is promoted
 * in between is out of reach. A refusal is in the log before it is thrown.
 *
 * @throws `members.not_found`, `members.above_you`; `members.yourself` where `oneself` is refused
 */
export async function holdMember(
  ctx: Ctx,
  tx: Tx,
  id: Uuid,
  { oneself }: { readonly oneself: 'allowed' | 'refused' } = { oneself: 'refused' },
): Promise<HeldMember> {
  const member = await lockMember(tx, id)
  if (!member) throw memberErrors.not_found()
  const held = await ctx.services.ports.assignments.held(ctx, tx, id)
  const roles = [...new Set(held.map((assignment) => assignment.role))]
  try {
    if (oneself === 'refused' && isActor(ctx, member.userId)) throw memberErrors.yourself()
    ctx.services.ports.assignments.mayManage(ctx, roles)
  } catch (error) {
    if (error instanceof AppError) await recordRefusal(ctx, member, roles, error.code)
    throw error
  }
  return { ...member, roles }
}

/**
 * The same for a person who may be a member no more: nobody is then above them, and they are still not oneself.
 * Undefined for such a one.
 *
 * @throws `members.yourself`, `members.above_you`
 */
export async function holdPerson(ctx: Ctx, tx: Tx, userId: Uuid): Promise<HeldMember | undefined> {
  const member = await findMemberOf(tx, ctx.organizationId, userId)
  if (member) return holdMember(ctx, tx, member.id)
  if (isActor(ctx, userId)) throw memberErrors.yourself()
  return undefined
}

/** By account: the platform's staff may also be members, and are themselves there too. */
function isActor(ctx: Ctx, userId: Uuid): boolean {
  return ctx.actor.kind === 'user' && ctx.actor.userId === userId
}

async function recordRefusal(
  ctx: Ctx,
  member: LockedMember,
  roles: readonly string[],
  reason: string,
): Promise<void> {
  await ctx.recordNow(
    memberEvents.refused({
      outcome: 'denied',
      target: { type: 'member', id: member.id },
      reason,
      data: { user: member.userId, roles },
    }),
  )
}

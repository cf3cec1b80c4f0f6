import { holdMember, memberErrors, memberTarget } from '#people/organizations'
import { actorName, type Ctx } from '#platform/context'
import { newId, type Uuid } from '#platform/ids'
import { errors, events, permissions } from '../catalog.ts'
import { dayOf, isImmediate, roleChangeDue, startOfDay } from '../model.ts'
import { type OffboardingRow, readOffboarding, timeZoneOf } from '../queries.ts'
import { cancelPlan, insertPlan } from '../store.ts'

export interface RoleChange {
  /** The first day of the new duties, YYYY-MM-DD in the organization's time zone. */
  readonly effectiveOn: string
  /** Exactly these. */
  readonly roles: readonly string[]
  /** In words; kept erasable in the log. */
  readonly reason?: string | undefined
}

/**
 * Plans a change of duties, in the place of one that was planned before: the roles are to be changed in the time that the
 * policy sets, by somebody who may, and it is tracked whether they were. Where the policy wants a change of role carried
 * out immediately it is made now, if the day has come. Nobody plans what they could not give.
 *
 * @throws `members.not_found`, `members.yourself`, `members.above_you`, `members.inactive`, and what giving the roles throws
 */
export async function planRoleChange(ctx: Ctx, memberId: Uuid, change: RoleChange): Promise<OffboardingRow> {
  await ctx.authorize(permissions.roleChange, memberTarget(memberId))
  const { effectiveOn, reason } = change
  const roles = [...new Set(change.roles)]
  const { policy } = ctx.policy
  return ctx.tx(
    async (tx) => {
      const now = ctx.now()
      const member = await holdMember(ctx, tx, memberId)
      if (member.status !== 'active') throw memberErrors.inactive()
      await ctx.services.ports.assignments.mayGive(ctx, tx, roles)
      const zone = await timeZoneOf(ctx, tx)
      const start = startOfDay(effectiveOn, zone)
      const isUrgent = isImmediate(policy, 'roleChange')
      const isNow = isUrgent && effectiveOn <= dayOf(now, zone)
      const by = actorName(ctx.actor)
      const replaced = await cancelPlan(tx, memberId, 'role_change', { by, now })
      const plan = {
        ...{ id: newId(now), organizationId: ctx.organizationId, kind: 'role_change' as const },
        ...{ memberId, userId: member.userId, occasion: 'roleChange' as const, roles, isAutomatic: false },
        ...{ effectiveOn, effectiveAt: start },
        dueAt: isNow ? now : isUrgent ? start : roleChangeDue(policy, effectiveOn, zone),
      }
      await insertPlan(tx, plan, { by, now, doneAt: isNow ? now : null })
      await ctx.record(
        tx,
        events.role_change_planned({
          target: { type: 'member', id: memberId },
          before: { effectiveOn: replaced?.effectiveOn ?? null, roles: replaced?.roles ?? null },
          after: { effectiveOn, roles },
          data: { user: member.userId, deadline: plan.id, dueAt: plan.dueAt },
          ...(reason === undefined ? {} : { personal: { statement: reason } }),
        }),
      )
      if (isNow) await ctx.services.ports.assignments.assign(ctx, tx, member, roles)
      return readOffboarding(ctx, tx, plan.id)
    },
    { exclusive: true },
  )
}

/** Takes a planned change of duties back. @throws `offboarding.not_planned`, `members.not_found`, `members.yourself`, `members.above_you` */
export async function cancelRoleChange(ctx: Ctx, memberId: Uuid): Promise<void> {
  await ctx.authorize(permissions.roleChange, memberTarget(memberId))
  await ctx.tx(async (tx) => {
    const member = await holdMember(ctx, tx, memberId)
    const cancelled = await cancelPlan(tx, memberId, 'role_change', {
      by: actorName(ctx.actor),
      now: ctx.now(),
    })
    if (!cancelled) throw errors.not_planned()
    await ctx.record(
      tx,
      events.role_change_cancelled({
        target: { type: 'member', id: memberId },
        before: { effectiveOn: cancelled.effectiveOn, roles: cancelled.roles },
        after: { effectiveOn: null, roles: null },
        data: { user: member.userId },
      }),
    )
  })
}

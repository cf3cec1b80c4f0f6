import {
  deactivateHeld,
  holdMember,
  keepAnOwner,
  memberErrors,
  memberTarget,
  saveAccessEnd,
} from '#people/organizations'
import { actorName, type Ctx } from '#platform/context'
import { newId, type Uuid } from '#platform/ids'
import { errors, events, permissions } from '../catalog.ts'
import { endOfDay, isImmediate, leaveDue, type Occasion } from '../model.ts'
import { type OffboardingRow, readOffboarding, timeZoneOf } from '../queries.ts'
import { cancelPlan, insertPlan } from '../store.ts'

export interface Leave {
  /** The last day, YYYY-MM-DD in the organization's time zone. */
  readonly date: string
  /** Access ends by itself with the day. Else somebody deactivates the member, before the deadline. */
  readonly automatic: boolean
  /** What it follows from; some take effect at once, as the policy says. */
  readonly occasion?: Occasion | undefined
  /** In words; kept erasable in the log. */
  readonly reason?: string | undefined
}

/**
 * Sets a member's last day, in the place of one that was set before. With the end of the day nothing of theirs gets
 * through any more, whether or not a job has run. An occasion on which the policy wants access revoked immediately, and a
 * day that is over, deactivate the member now.
 *
 * @throws `members.not_found`, `members.yourself`, `members.above_you`, `members.inactive`, `roles.last_owner`
 */
export async function planLeave(ctx: Ctx, memberId: Uuid, leave: Leave): Promise<OffboardingRow> {
  await ctx.authorize(permissions.leave, memberTarget(memberId))
  const { date, occasion = null, reason } = leave
  return ctx.tx(
    async (tx) => {
      const now = ctx.now()
      const member = await holdMember(ctx, tx, memberId)
      if (member.status !== 'active') throw memberErrors.inactive()
      const end = endOfDay(date, await timeZoneOf(ctx, tx))
      const isNow = isImmediate(ctx.policy.policy, occasion) || (leave.automatic && end <= now)
      const isAutomatic = leave.automatic || isNow
      // Who is to go by themselves is none to count on any more.
      if (isAutomatic) await keepAnOwner(ctx, tx, member)
      const by = actorName(ctx.actor)
      const replaced = await cancelPlan(tx, memberId, 'leave', { by, now })
      const plan = {
        ...{ id: newId(now), organizationId: ctx.organizationId, kind: 'leave' as const },
        ...{ memberId, userId: member.userId, occasion, roles: null },
        ...{ effectiveOn: date, effectiveAt: end, dueAt: isNow ? now : leaveDue(ctx.policy.policy, end) },
        isAutomatic,
      }
      await insertPlan(tx, plan, { by, now, doneAt: isNow ? now : null })
      await saveAccessEnd(tx, memberId, isAutomatic && !isNow ? end : null)
      await ctx.record(
        tx,
        events.leave_planned({
          target: { type: 'member', id: memberId },
          before: { lastDay: replaced?.effectiveOn ?? null },
          after: { lastDay: date, automatic: isAutomatic },
          data: { user: member.userId, deadline: plan.id, dueAt: plan.dueAt, ...(occasion && { occasion }) },
          ...(reason === undefined ? {} : { personal: { statement: reason } }),
        }),
      )
      if (isNow) await deactivateHeld(ctx, tx, member, occasion ?? 'last_day')
      return readOffboarding(ctx, tx, plan.id)
    },
    { exclusive: true },
  )
}

/**
 * Takes a member's last day back: they stay. A deactivation that has happened is taken back by reactivating them.
 *
 * @throws `offboarding.not_planned`, `members.not_found`, `members.yourself`, `members.above_you`
 */
export async function cancelLeave(ctx: Ctx, memberId: Uuid): Promise<void> {
  await ctx.authorize(permissions.leave, memberTarget(memberId))
  await ctx.tx(
    async (tx) => {
      const member = await holdMember(ctx, tx, memberId)
      const cancelled = await cancelPlan(tx, memberId, 'leave', {
        by: actorName(ctx.actor),
        now: ctx.now(),
      })
      if (!cancelled) throw errors.not_planned()
      await saveAccessEnd(tx, memberId, null)
      await ctx.record(
        tx,
        events.leave_cancelled({
          target: { type: 'member', id: memberId },
          before: { lastDay: cancelled.effectiveOn },
          after: { lastDay: null },
          data: { user: member.userId },
        }),
      )
    },
    { exclusive: true },
  )
}

import { deactivateHeld, getOrganization, holdMember } from '#people/organizations'
import { type Ctx, createCtx, type Services, type Tx } from '#platform/context'
import { AppError } from '#platform/errors'
import { newRequestId } from '#platform/http'
import { events, mails, permissions } from '../catalog.ts'
import { rolesThatMay } from '../model.ts'
import { holdersOf } from '../queries.ts'
import { type DuePlan, isDone, lockPlan, type StoredPlan, saveDone, saveRaised } from '../store.ts'

/**
 * Carries out what the clock says of a plan: deactivates a leaver whose day is over, notes what is done, and raises what
 * is overdue, once: an event in the organization's log and a mail to those who may do it. Of two servers at once the
 * second finds it settled.
 */
export async function settleOffboarding(services: Services, due: DuePlan): Promise<void> {
  const ctx = await contextOf(services, due)
  await ctx.tx(
    async (tx) => {
      const plan = await lockPlan(tx, due.id)
      if (!plan) return
      const now = ctx.now()
      const settled = (await isDone(tx, plan.id)) || (await carryOut(ctx, tx, plan))
      if (settled) await saveDone(tx, plan.id, now)
      else if (plan.dueAt <= now && plan.raisedAt === null) await raise(ctx, tx, plan)
    },
    { exclusive: true },
  )
}

/** As a rule of the policy that carries itself out. */
async function contextOf(services: Services, { organizationId, overrides }: DuePlan): Promise<Ctx> {
  const { policies } = services.ports
  return createCtx(services, {
    requestId: newRequestId(),
    client: { ip: '', userAgent: '' },
    actor: { kind: 'system', name: 'offboarding' },
    organizationId,
    policy: await policies.effective((await policies.current()).versionId, overrides),
  })
}

/** Access is over either way; whom nobody can replace (`roles.last_owner`) is left to people, and raised. */
async function carryOut(ctx: Ctx, tx: Tx, plan: StoredPlan): Promise<boolean> {
  if (!plan.isAutomatic || plan.effectiveAt > ctx.now()) return false
  try {
    const member = await holdMember(ctx, tx, plan.memberId)
    await deactivateHeld(ctx, tx, member, 'last_day')
    return true
  } catch (error) {
    if (error instanceof AppError && error.status < 500) return false
    throw error
  }
}

async function raise(ctx: Ctx, tx: Tx, plan: StoredPlan): Promise<void> {
  await saveRaised(tx, plan.id, ctx.now())
  const { id, kind, memberId, userId, dueAt } = plan
  await ctx.record(
    tx,
    events.overdue({
      target: { type: 'member', id: memberId },
      reason: kind,
      data: { user: userId, deadline: id, dueAt },
    }),
  )
  const { email, name } = await holdMember(ctx, tx, memberId)
  const { name: organization } = await getOrganization(tx, ctx.organizationId)
  const mail = kind === 'leave' ? mails.leave_overdue : mails.role_change_overdue
  const permission = kind === 'leave' ? permissions.leave : permissions.roleChange
  for (const recipient of await holdersOf(tx, rolesThatMay(ctx.policy, permission), ctx.now())) {
    const values = { organization, person: name || email, url: ctx.services.publicUrl }
    await ctx.mail(tx, mail(recipient, values))
  }
}

import { mayManage } from '@writ/policy'
import { memberErrors } from '#people/organizations'
import { type Actor, type Assignments, actorName, type Ctx, type HeldRole, type Tx } from '#platform/context'
import { AppError } from '#platform/errors'
import { fromWire, newId, type Uuid } from '#platform/ids'
import { roleErrors, roleEvents } from '../catalog.ts'
import { checkProposal, isPermanent, type Proposal, rolesThatCount } from '../model.ts'
import { organizationKind } from '../queries.ts'
import { endAssignments, hasOtherHolder, heldRows, insertAssignments, raiseRevision } from '../store.ts'

/** The `assignments` port. */
export function createAssignments(): Assignments {
  return { held, assign: assignRoles, mayGive, endAll: endRoles, mayManage: checkReach, keepAnOwner }
}

async function held(ctx: Ctx, tx: Tx, memberId: Uuid): Promise<readonly HeldRole[]> {
  return heldRows(tx, memberId, ctx.now())
}

/**
 * Makes `roles` exactly what a member holds. What is kept keeps its row, with the version under which it was given;
 * what is taken ends, temporary roles among it. The member's next request is decided under the new roles, and one
 * that is running cannot commit without being decided again.
 *
 * A refusal because of who asks is in the log before it is thrown, and stays there when the transaction is undone.
 *
 * @throws what {@link checkProposal} throws, and `roles.last_owner`
 */
async function assignRoles(
  ctx: Ctx,
  tx: Tx,
  member: { id: Uuid; userId: Uuid },
  roles: readonly string[],
  options: { readonly decided?: boolean; readonly by?: Actor | undefined } = {},
): Promise<{ before: readonly string[]; after: readonly string[] }> {
  const now = ctx.now()
  const rows = await heldRows(tx, member.id, now)
  const kept = rows.filter((row) => isPermanent(row) && roles.includes(row.role))
  const before = [...new Set(rows.map((row) => row.role))]
  const after = [...new Set(roles)]
  const proposal = {
    before,
    permanent: rows.filter(isPermanent).map((row) => row.role),
    after,
    onPlatform: (await organizationKind(tx, ctx.organizationId)) === 'platform',
    actor: actorOf(ctx, options.decided === true),
    isSelf: ctx.actor.kind === 'user' && ctx.actor.userId === member.userId,
  }
  await check(ctx, member, proposal)
  const ended = rows.filter((row) => !kept.includes(row))
  const given = after.filter((role) => !kept.some((row) => row.role === role))
  if (ended.length === 0 && given.length === 0) return { before, after }

  const { ownerRole } = ctx.policy.policy.organizations
  if (before.includes(ownerRole) && !after.includes(ownerRole)) await keepAnOwner(ctx, tx, member.id)
  await endAssignments(
    tx,
    ended.map((row) => row.id),
    actorName(ctx.actor),
    now,
  )
  await insertAssignments(
    tx,
    given.map((role) => newAssignment(ctx, member, role, options)),
  )
  await raiseRevision(tx, member.id)
  await ctx.record(
    tx,
    roleEvents.changed({
      target: { type: 'member', id: member.id },
      before: { roles: before },
      after: { roles: after },
      data: { user: member.userId },
    }),
  )
  return { before, after }
}

async function mayGive(ctx: Ctx, tx: Tx, roles: readonly string[]): Promise<void> {
  const onPlatform = (await organizationKind(tx, ctx.organizationId)) === 'platform'
  const after = [...new Set(roles)]
  checkProposal(ctx.policy, {
    before: [],
    permanent: [],
    after,
    onPlatform,
    actor: actorOf(ctx, false),
    isSelf: false,
  })
}

async function check(ctx: Ctx, member: { id: Uuid; userId: Uuid }, proposal: Proposal): Promise<void> {
  try {
    checkProposal(ctx.policy, proposal)
  } catch (error) {
    if (error instanceof AppError && error.status === 403) {
      await ctx.recordNow(
        roleEvents.assignment_refused({
          outcome: 'denied',
          target: { type: 'member', id: member.id },
          reason: error.code,
          data: { user: member.userId, from: proposal.before, to: proposal.after },
        }),
      )
    }
    throw error
  }
}

/** Roles above nobody's head: the operator is beside the application, a rule of the policy carries itself out. */
function actorOf(ctx: Ctx, decided: boolean): Proposal['actor'] {
  if (ctx.actor.kind === 'operator') return 'operator'
  if (decided || ctx.actor.kind === 'system') return 'decided'
  return actorRoles(ctx)
}

function actorRoles(ctx: Ctx): readonly string[] {
  const standing = ctx.principal?.standing
  return standing ? rolesThatCount(ctx.policy, standing, ctx.organizationId, ctx.now()) : []
}

function newAssignment(
  ctx: Ctx,
  member: { id: Uuid; userId: Uuid },
  role: string,
  { by = ctx.actor }: { readonly by?: Actor | undefined },
) {
  const isSetup = by.kind === 'system' && by.name === 'setup'
  return {
    organizationId: ctx.organizationId,
    id: newId(ctx.now()),
    memberId: member.id,
    userId: member.userId,
    role,
    source: by.kind === 'operator' ? 'operator' : isSetup ? 'setup' : 'assigned',
    policyVersionId: fromWire('pol', ctx.policy.version)!,
    assignedBy: actorName(by),
    assignedAt: ctx.now(),
  }
}

async function endRoles(ctx: Ctx, tx: Tx, memberId: Uuid): Promise<readonly string[]> {
  const rows = await heldRows(tx, memberId, ctx.now())
  if (rows.length === 0) return []
  const onPlatform = (await organizationKind(tx, ctx.organizationId)) === 'platform'
  if (onPlatform && ctx.actor.kind !== 'operator') throw roleErrors.operator_only()
  const roles = [...new Set(rows.map((row) => row.role))]
  await endAssignments(
    tx,
    rows.map((row) => row.id),
    actorName(ctx.actor),
    ctx.now(),
  )
  await raiseRevision(tx, memberId)
  await ctx.record(
    tx,
    roleEvents.ended({ target: { type: 'member', id: memberId }, before: { roles }, after: { roles: [] } }),
  )
  return roles
}

function checkReach(ctx: Ctx, roles: readonly string[]): void {
  if (ctx.actor.kind === 'operator' || ctx.actor.kind === 'system') return
  if (!mayManage(ctx.policy, actorRoles(ctx), roles)) throw memberErrors.above_you({ roles })
}

async function keepAnOwner(ctx: Ctx, tx: Tx, without: Uuid): Promise<void> {
  const { ownerRole } = ctx.policy.policy.organizations
  if (!(await hasOtherHolder(tx, ownerRole, without))) throw roleErrors.last_owner({ role: ownerRole })
}

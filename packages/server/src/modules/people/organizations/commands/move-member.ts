import { raiseTokenVersion } from '#people/identity'
import { type Ctx, createCtx, type Tx } from '#platform/context'
import { failures } from '#platform/errors'
import { toWire, type Uuid } from '#platform/ids'
import { memberErrors, memberEvents, permissions } from '../catalog.ts'
import { isDefault, rolesOfNewMember } from '../model.ts'
import { type MemberRow, readMember } from '../queries/members.ts'
import { findTenant, type Tenant } from '../queries/organizations.ts'
import { deleteMemberRow } from '../store.ts'
import { addMember } from './add-member.ts'
import { keepAnOwner } from './deactivate-member.ts'
import { type HeldMember, holdMember, memberTarget } from './hold-member.ts'

export interface Move {
  /** Id or slug of where the person goes. */
  readonly organization: string
  /** There; default: the default role. */
  readonly role?: string | undefined
  /** Why, in words. */
  readonly reason?: string | undefined
  /** Where it is documented outside the system. */
  readonly reference?: string | undefined
}

export interface Moved {
  readonly organization: Tenant
  readonly member: MemberRow
}

/**
 * Moves a member to another organization, for the platform's staff: the membership here ends and one there begins, in one
 * transaction. Everything the account is signed in to ends with it, in every organization. Assignments and events of the
 * time here stay, under the person's id. Both organizations' logs have it, and the platform's.
 *
 * Of 20 at once one happens; the others find no member.
 *
 * @throws `invalid_input` where the policy demands a reason or a reference; `organizations.not_found`, `members.not_found`,
 *   `members.yourself`, `members.above_you`, `members.inactive`, `members.moved_nowhere`, `members.already_member`,
 *   `members.account_exists`, `roles.last_owner`, and what giving the role throws
 */
export async function moveMember(ctx: Ctx, id: Uuid, move: Move): Promise<Moved> {
  await ctx.authorize(permissions.move, memberTarget(id))
  checkGrounds(ctx, move)
  const { principal } = ctx
  // The permission is the platform's alone, so the actor's organization is the platform.
  const destination = await ctx.db.transaction(`org:${principal!.home.organizationId}`, (tx) =>
    findTenant(tx, move.organization),
  )
  if (destination.id === ctx.organizationId || destination.status !== 'active')
    throw memberErrors.moved_nowhere()
  const there = await contextIn(ctx, destination)
  const roles = rolesOfNewMember(there.policy, move.role === undefined ? undefined : [move.role])
  const isOrdinary = isDefault(there.policy, roles)
  if (!isOrdinary) await there.authorize(permissions.assignRoles)
  return ctx.tx(
    async (tx) => {
      const member = await holdMember(ctx, tx, id)
      if (member.status !== 'active') throw memberErrors.inactive()
      await keepAnOwner(ctx, tx, member)
      await leave(ctx, tx, member)
      await ctx.db.switchScope(tx, `org:${there.organizationId}`)
      const { email, name, userId } = member
      const candidate = {
        person: { email, name },
        account: userId,
        password: undefined,
        temporaryPassword: undefined,
      }
      const added = await addMember(there, tx, candidate, roles, { decided: isOrdinary })
      const result = { organization: destination, member: await readMember(tx, added.id, ctx.now()) }
      await there.record(tx, movedEvent(ctx, there, { target: added.id, member, roles, move }))
      await ctx.db.switchScope(tx, `org:${ctx.organizationId}`)
      await ctx.record(tx, movedEvent(ctx, there, { target: id, member, roles, move }))
      return result
    },
    { exclusive: true },
  )
}

/** @throws `invalid_input` naming each that is missing */
function checkGrounds(ctx: Ctx, move: Move): void {
  const missing = ctx.policy.policy.organizations.moves.requires.filter((ground) => !move[ground])
  if (missing.length === 0) return
  const errors = missing.map((path) => ({
    path,
    message: path === 'reason' ? 'should say why' : 'should lead to where the move is documented',
  }))
  throw failures.invalid_input({ errors })
}

/** The same request in the other organization, with the actor's standing: what it may there is decided there. */
async function contextIn(ctx: Ctx, { id, overrides }: Tenant): Promise<Ctx> {
  const { policies } = ctx.services.ports
  const policy = await policies.effective((await policies.current()).versionId, overrides)
  const { requestId, client, actor, principal } = ctx
  return createCtx(ctx.services, { requestId, client, actor, principal, organizationId: id, policy })
}

async function leave(ctx: Ctx, tx: Tx, { id, userId }: HeldMember): Promise<void> {
  const { ports } = ctx.services
  await ctx.db.switchScope(tx, `account:${userId}`)
  await raiseTokenVersion(tx, userId, ctx.now())
  await ports.endAccountSessions(ctx, tx, userId, 'moved')
  await ctx.db.switchScope(tx, `org:${ctx.organizationId}`)
  await ports.assignments.endAll(ctx, tx, id)
  await deleteMemberRow(tx, id)
}

function movedEvent(
  from: Ctx,
  to: Ctx,
  { target, member, roles, move }: { target: Uuid; member: HeldMember; roles: readonly string[]; move: Move },
) {
  return memberEvents.moved({
    target: { type: 'member', id: target },
    before: { organization: toWire('org', from.organizationId), roles: member.roles },
    after: { organization: toWire('org', to.organizationId), roles },
    data: { user: member.userId, ...(move.reference ? { reference: move.reference } : {}) },
    personal: { email: member.email, ...(move.reason ? { statement: move.reason } : {}) },
  })
}

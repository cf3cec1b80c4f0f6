import { addressKey, findAccountByAddress } from '#people/identity'
import type { Ctx, Services, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { memberErrors, memberEvents } from '../catalog.ts'
import { findMemberOf } from '../queries/members.ts'
import { operatorContext } from '../queries/operator.ts'
import { saveMemberStatus } from '../store.ts'
import { addMember, prepareCandidate } from './add-member.ts'

export interface PlatformGrant {
  readonly email: string
  readonly role: string
  /** Who sits at the machine, for the log. */
  readonly by: string
  /** Of the account, where it is made. */
  readonly name?: string
}

/**
 * Gives a person a role above the organizations. Only beside the application: `services` are connected as the owner of
 * the tables, and the database refuses it to the server's own role whatever SQL it sends. The account is made where
 * there is none, with a temporary password that is answered once.
 *
 * @throws `roles.unknown` also for a role of organizations; `members.account_exists` where the policy says one
 *   membership an account and the account has one
 */
export async function grantPlatformRole(
  services: Services,
  { email, role, by, name = '' }: PlatformGrant,
): Promise<{ roles: readonly string[]; temporaryPassword: string | undefined }> {
  const ctx = await operatorContext(services, { by })
  const candidate = await prepareCandidate(ctx, { email, name })
  const roles = await ctx.tx(
    async (tx) => {
      const member = candidate.account && (await findMemberOf(tx, ctx.organizationId, candidate.account))
      if (!member) {
        await addMember(ctx, tx, candidate, [role])
        return [role]
      }
      if (member.status === 'deactivated') await changeStatus(ctx, tx, member, 'active')
      return assign(ctx, tx, member, (held) =>
        ctx.policy.oneRole ? [role] : [...held.filter((own) => own !== role), role],
      )
    },
    { exclusive: true },
  )
  return { roles, temporaryPassword: candidate.temporaryPassword }
}

/**
 * Takes a platform role back, at once. Who holds none any more is deactivated in the platform.
 *
 * @throws `members.not_found` where the address is nobody's on the platform who holds the role
 */
export async function revokePlatformRole(
  services: Services,
  { email, role, by }: PlatformGrant,
): Promise<{ roles: readonly string[] }> {
  const ctx = await operatorContext(services, { by })
  const key = addressKey(email)
  const account = key === undefined ? undefined : await findAccountByAddress(ctx, key)
  return ctx.tx(
    async (tx) => {
      const member = account && (await findMemberOf(tx, ctx.organizationId, account))
      if (!member) throw memberErrors.not_found()
      const roles = await assign(ctx, tx, member, (held) => {
        if (!held.includes(role)) throw memberErrors.not_found()
        return held.filter((own) => own !== role)
      })
      await ctx.services.ports.endSessions(ctx, tx, member.id, 'role_revoked')
      if (roles.length === 0) await changeStatus(ctx, tx, member, 'deactivated')
      return { roles }
    },
    { exclusive: true },
  )
}

async function assign(
  ctx: Ctx,
  tx: Tx,
  member: { id: Uuid; userId: Uuid },
  next: (held: readonly string[]) => readonly string[],
): Promise<readonly string[]> {
  const { assignments } = ctx.services.ports
  const held = (await assignments.held(ctx, tx, member.id)).map((assignment) => assignment.role)
  return (await assignments.assign(ctx, tx, member, next(held))).after
}

async function changeStatus(
  ctx: Ctx,
  tx: Tx,
  member: { id: Uuid; userId: Uuid; status: string },
  status: 'active' | 'deactivated',
): Promise<void> {
  await saveMemberStatus(tx, member.id, status, ctx.now())
  const event = status === 'active' ? memberEvents.reactivated : memberEvents.deactivated
  const facts = { before: { status: member.status }, after: { status }, data: { user: member.userId } }
  await ctx.record(tx, event({ target: { type: 'member', id: member.id }, ...facts }))
}

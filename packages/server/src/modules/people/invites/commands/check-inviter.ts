/** Whether an inviter may still give what they offered: asked when it is taken up, of their standing of that moment. @module */
import { isDefault, type MemberRow, mayProvision, readMember } from '#people/organizations'
import { type Actor, type Ctx, createCtx, type Tx } from '#platform/context'
import { AppError } from '#platform/errors'
import type { Uuid } from '#platform/ids'
import { permissions } from '../catalog.ts'
import { standingOfInviter } from '../model.ts'
import { readOrganizationOfLink } from '../queries.ts'
import { holdInviter, type InviteRow } from '../store.ts'

/** Who gives the roles of an invite, as assignments name it. There is no session: it authenticates nobody. */
export function inviterActor({ inviterUserId, inviterMemberId }: InviteRow): Actor {
  return { kind: 'user', userId: inviterUserId, memberId: inviterMemberId, sessionId: NO_SESSION }
}

const NO_SESSION: Uuid = '00000000-0000-0000-0000-000000000000'

/**
 * Why the inviter may not give the roles now; undefined: they may. Their membership is held until the transaction ends,
 * so whoever demotes or deactivates them came before and is seen, or comes after. The transaction is in the scope of
 * the inviting organization.
 */
export async function whyNotVouched(ctx: Ctx, tx: Tx, invite: InviteRow): Promise<string | undefined> {
  const found = await readInviter(ctx, tx, invite)
  if (!found) return 'inviter_gone'
  const { member, home } = found
  const now = ctx.now()
  const standing = standingOfInviter(
    member,
    { organizationId: home.id, isActive: home.status === 'active' },
    now,
  )
  const actor = inviterActor(invite)
  const asInviter = createCtx(ctx.services, {
    requestId: ctx.requestId,
    client: ctx.client,
    actor,
    organizationId: ctx.organizationId,
    policy: ctx.policy,
    principal: {
      actor,
      home: {
        organizationId: home.id,
        kind: home.kind === 'platform' ? 'platform' : 'organization',
        slug: home.slug,
        status: home.status === 'active' ? 'active' : 'suspended',
      },
      credential: 'bearer',
      standing,
      policy: ctx.policy,
      revision: { member: 0, tokenVersion: 0 },
      methods: [],
      owes: undefined,
    },
  })
  const needed = isDefault(ctx.policy, invite.roles)
    ? [invite.permission]
    : [invite.permission, permissions.assignRoles]
  for (const permission of needed) {
    const decision = await ctx.services.ports.decide(asInviter, permission, undefined)
    if (!decision.allowed) return decision.reason
  }
  if (!mayProvision(ctx.policy, standing, now)) return 'not_provisioning'
  try {
    await ctx.services.ports.assignments.mayGive(asInviter, tx, invite.roles)
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
  return undefined
}

async function readInviter(
  ctx: Ctx,
  tx: Tx,
  { inviterOrganizationId, inviterMemberId }: InviteRow,
): Promise<{ member: MemberRow; home: Awaited<ReturnType<typeof readOrganizationOfLink>> } | undefined> {
  return ctx.db.inScope(tx, `org:${inviterOrganizationId}`, async () => {
    if (!(await holdInviter(tx, inviterMemberId))) return undefined
    const member = await readMember(tx, inviterMemberId, ctx.now())
    return { member, home: await readOrganizationOfLink(tx, inviterOrganizationId) }
  })
}

import { getOrganization } from '#people/organizations'
import type { Ctx, SentInvite } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { failures } from '#platform/errors'
import type { Uuid } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { INVITE_PREFIX, RESEND_SECONDS, stateOf } from '../model.ts'
import { getInvite } from '../queries.ts'
import { type InviteRow, lockInvite, saveResent } from '../store.ts'
import { authorizeInvite } from './create-invite.ts'
import { expiryOf, inviterOf, mailInvite, mayOffer, refuseMembers } from './send-invite.ts'

/**
 * Sends an invite that is pending or has expired once more: with a new link, for the whole term again. The link before
 * is dead from the commit on. Whoever sends it answers for what it offers from now on, so they must be allowed to
 * offer it themselves.
 *
 * @throws `invites.not_found`, `invites.not_open`, `members.not_provisioning`, `members.already_member`,
 *   `too_many_requests`, and what giving the roles throws
 */
export async function resendInvite(ctx: Ctx, id: Uuid): Promise<SentInvite> {
  const { roles } = await getInvite(ctx, id)
  await authorizeInvite(ctx, roles)
  return ctx.tx(async (tx) => {
    const now = ctx.now()
    const invite = await lockInvite(tx, id)
    if (!invite) throw errors.not_found()
    refuseUnlessOpen(invite, now)
    await mayOffer(ctx, tx, roles)
    await refuseMembers(tx, invite.emailKey)
    const { name, settings } = await getOrganization(tx, ctx.organizationId)
    const token = newSecret(INVITE_PREFIX)
    const expiresAt = expiryOf(ctx)
    await saveResent(tx, id, { ...inviterOf(ctx), tokenHash: sha256(token), sentAt: now, expiresAt })
    await ctx.record(
      tx,
      events.resent({
        target: { type: 'invite', id },
        before: { expiresAt: invite.expiresAt.toISOString() },
        after: { expiresAt: expiresAt.toISOString() },
        personal: { email: invite.email },
      }),
    )
    await mailInvite(ctx, tx, invite, { token, organization: name, contact: settings.contacts?.general })
    return { id, email: invite.email, roles, expiresAt }
  })
}

function refuseUnlessOpen(invite: InviteRow, now: Date): void {
  const state = stateOf(invite, now)
  if (state === 'accepted' || state === 'revoked' || invite.replacedAt !== null)
    throw errors.not_open({ state })
  const waits = RESEND_SECONDS - Math.floor((now.getTime() - invite.sentAt.getTime()) / 1000)
  if (waits > 0) throw failures.too_many_requests({ retryAfterSeconds: waits })
}

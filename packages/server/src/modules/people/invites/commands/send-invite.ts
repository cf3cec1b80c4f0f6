/** What every invite passes on its way out, whoever makes it and by which route. @module */
import { addressKey } from '#people/identity'
import { findMemberOf, getOrganization, memberErrors } from '#people/organizations'
import type { Ctx, Invitee, SentInvite, Tx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { AppError, failures, invalidField } from '#platform/errors'
import { newId, toWire, type Uuid } from '#platform/ids'
import { languageOf } from '#platform/mail'
import { takeMailAllowance } from '#platform/outbox'
import { errors, events, mails } from '../catalog.ts'
import { INVITE_PREFIX, inviteUrl, titlesOf } from '../model.ts'
import { findMemberAt } from '../queries.ts'
import { type InviteRow, type Inviter, insertInvite, replaceExpired } from '../store.ts'

/** Mails of one organization to one address in a day, however often they are revoked and made anew. */
const MAILS_A_DAY = 10
const DAY_SECONDS = 86_400

/**
 * Invites a person, in a transaction of the organization; the caller has authorized. Nothing is said, and nothing
 * looked up, of accounts in other organizations.
 *
 * @throws `invites.pending_already`, `members.already_member`, `members.inactive`, `too_many_requests`, and what giving
 *   the roles throws
 */
export async function sendInvite(ctx: Ctx, tx: Tx, person: Invitee): Promise<SentInvite> {
  const emailKey = addressKey(person.email)
  if (emailKey === undefined)
    throw invalidField('email', 'Not an e-mail address: it should look like ada@example.com.')
  await mayOffer(ctx, tx, person.roles)
  await refuseMembers(tx, emailKey)
  const now = ctx.now()
  const { name, settings } = await getOrganization(tx, ctx.organizationId)
  const token = newSecret(INVITE_PREFIX)
  const row = {
    ...inviterOf(ctx),
    organizationId: ctx.organizationId,
    id: newId(now),
    email: person.email.trim().normalize('NFC'),
    emailKey,
    roles: [...new Set(person.roles)],
    locale: person.locale ?? settings.locale ?? 'en',
    permission: person.permission,
    tokenHash: sha256(token),
    createdAt: now,
    expiresAt: expiryOf(ctx),
  }
  await replaceExpired(tx, emailKey, now)
  if (!(await insertInvite(tx, row))) throw errors.pending_already()
  const { id, email, roles, expiresAt } = row
  await ctx.record(
    tx,
    events.created({
      target: { type: 'invite', id },
      after: { email, roles },
      data: { expiresAt: expiresAt.toISOString() },
    }),
  )
  await mailInvite(ctx, tx, row, { token, organization: name, contact: settings.contacts?.general })
  return { id, email, roles, expiresAt }
}

/** @throws what giving the roles throws; a refusal because of who asks is in the log before */
export async function mayOffer(ctx: Ctx, tx: Tx, roles: readonly string[]): Promise<void> {
  try {
    await ctx.services.ports.assignments.mayGive(ctx, tx, roles)
  } catch (error) {
    if (error instanceof AppError && error.status === 403)
      await ctx.recordNow(events.refused({ outcome: 'denied', reason: error.code, data: { roles } }))
    throw error
  }
}

/** @throws `members.already_member`, `members.inactive` */
export async function refuseMembers(tx: Tx, emailKey: string): Promise<void> {
  const member = await findMemberAt(tx, emailKey)
  if (!member) return
  throw member.status === 'active' ? memberErrors.already_member() : memberErrors.inactive()
}

/** Whoever sends an invite answers for it: it is as good as their standing is when it is accepted. */
export function inviterOf(ctx: Ctx): Inviter {
  const { principal } = ctx
  if (principal?.actor.kind !== 'user') throw failures.forbidden({ reason: 'for_members' })
  return {
    inviterOrganizationId: principal.home.organizationId,
    inviterMemberId: principal.actor.memberId,
    inviterUserId: principal.actor.userId,
  }
}

export function expiryOf(ctx: Ctx): Date {
  return new Date(ctx.now().getTime() + ctx.policy.policy.provisioning.invites.expireSeconds * 1000)
}

/** @throws `too_many_requests` */
export async function mailInvite(
  ctx: Ctx,
  tx: Tx,
  {
    email,
    emailKey,
    locale,
    roles,
    organizationId,
  }: Pick<InviteRow, 'email' | 'emailKey' | 'locale' | 'roles' | 'organizationId'>,
  { token, organization, contact }: { token: string; organization: string; contact: string | undefined },
): Promise<void> {
  const address = `${organizationId} ${emailKey}`
  const allowance = { purpose: 'invite', address, most: MAILS_A_DAY, seconds: DAY_SECONDS }
  if (!(await takeMailAllowance(ctx, tx, allowance)))
    throw failures.too_many_requests({ retryAfterSeconds: 3600 })
  await ctx.mail(
    tx,
    mails.invitation(
      { email, locale },
      {
        organization,
        contact,
        inviter: await nameOfActor(ctx, tx, organization),
        roles: titlesOf(ctx.policy, roles, languageOf(locale)),
        url: inviteUrl(ctx.services.publicUrl, token),
        days: Math.max(1, Math.floor(ctx.policy.policy.provisioning.invites.expireSeconds / DAY_SECONDS)),
      },
    ),
  )
}

/** Platform staff are no members here: the organization itself then invites. */
async function nameOfActor(ctx: Ctx, tx: Tx, organization: string): Promise<string> {
  const { userId } = ctx.actor as { userId: Uuid }
  const member = await findMemberOf(tx, ctx.organizationId, userId)
  if (!member) return organization
  const { name, email } = await tx
    .selectFrom('users')
    .select(['name', 'email'])
    .where('id', '=', userId)
    .executeTakeFirstOrThrow()
  return name === '' ? email : `${name} (${email})`
}

/** An invite as a decision's target. */
export function inviteTarget(id: Uuid) {
  return { type: 'invites', id: toWire('inv', id) }
}

import { choosePassword, findAccountByAddress } from '#people/identity'
import { addMember, type Candidate, findMemberOf, memberErrors } from '#people/organizations'
import { type Door, enter } from '#platform/address-limit'
import type { Ctx, Tx } from '#platform/context'
import { sha256 } from '#platform/crypto'
import { AppError } from '#platform/errors'
import { newId, type Uuid } from '#platform/ids'
import { languageOf } from '#platform/mail'
import { errors, events } from '../catalog.ts'
import { titlesOf } from '../model.ts'
import {
  findInviteOfLink,
  holdAddress,
  holdPendingInvite,
  type InviteRow,
  readPendingInvite,
  saveAccepted,
  saveRevoked,
} from '../store.ts'
import { inviterActor, whyNotVouched } from './check-inviter.ts'
import { contextOfLink, type There } from './open-link.ts'

/** Links that do not work, from one client address. */
const door: Door = {
  name: 'invite',
  attempts: 100,
  limited: () => events.limited({ outcome: 'denied', reason: 'too_many_dead_links' }),
}

interface OpenInvite extends There {
  readonly invite: InviteRow
  readonly tokenHash: Buffer
}

export interface InviteSeen {
  readonly organization: There['organization']
  readonly email: string
  /** By the names people read. */
  readonly roles: readonly string[]
  readonly hasAccount: boolean
  readonly expiresAt: Date
}

/**
 * What an invitation offers, for its bearer, who alone learns it: also whether the invited address has an account.
 * Spends nothing.
 *
 * @throws `invites.link_dead`, `too_many_requests`
 */
export async function lookAtInvite(ctx: Ctx, token: string): Promise<InviteSeen> {
  const { ctx: there, organization, invite } = await openInvite(ctx, token)
  return {
    organization,
    email: invite.email,
    roles: titlesOf(there.policy, invite.roles, languageOf(invite.locale)),
    hasAccount: (await findAccountByAddress(ctx, invite.emailKey)) !== undefined,
    expiresAt: invite.expiresAt,
  }
}

export interface Accepted {
  readonly organization: There['organization']
  readonly email: string
  readonly memberId: Uuid
}

/**
 * Accepts an invite for a person without an account: makes it, with the address proven, because the link was mailed
 * there. Nobody is signed in by it: what a sign-in asks for is asked at the sign-in. Where the address has an account
 * the token alone opens nothing; its owner accepts signed in ({@link acceptInvite}).
 *
 * @throws `invites.link_dead`, `invites.sign_in_first`, `identity.weak_password`, `invites.not_offered`,
 *   `too_many_requests`
 */
export async function acceptInviteAsNewPerson(
  ctx: Ctx,
  input: { token: string; name: string; password: string; locale?: string | undefined },
): Promise<Accepted> {
  const open = await openInvite(ctx, input.token)
  const { email, emailKey, locale } = open.invite
  if (await findAccountByAddress(ctx, emailKey)) throw errors.sign_in_first()
  const person = { email, name: input.name, locale: input.locale ?? locale }
  // After the link is known to work: nobody makes the server hash without one.
  const password = await choosePassword(open.ctx, input.password, person)
  const candidate = { person, account: undefined, password, temporaryPassword: undefined }
  try {
    return await settle(open, async () => candidate)
  } catch (error) {
    // Somebody made the account in between.
    if (error instanceof AppError && error.code === 'identity.address_taken') throw errors.sign_in_first()
    throw error
  }
}

/**
 * Accepts an invite as the account that is signed in, in whatever organization. The account's address must be the
 * invited one, and proven: an account that somebody else made over the address is first taken back from them, by a
 * new password through a mail to it.
 *
 * @throws `invites.link_dead`, `invites.other_address`, `invites.address_unproven`, `invites.membership_ended`,
 *   `members.account_exists`, `invites.not_offered`, `too_many_requests`
 */
export async function acceptInvite(ctx: Ctx, token: string): Promise<Accepted> {
  const { userId } = ctx.actor as { userId: Uuid }
  const open = await openInvite(ctx, token)
  return settle(open, async (tx) => {
    const { emailKey, emailVerifiedAt } = await open.ctx.db.inScope(tx, `account:${userId}`, () =>
      holdAddress(tx, userId),
    )
    if (emailKey !== open.invite.emailKey) throw errors.other_address()
    if (emailVerifiedAt === null) throw errors.address_unproven()
    const { email, locale } = open.invite
    return {
      person: { email, name: '', locale },
      account: userId,
      password: undefined,
      temporaryPassword: undefined,
    }
  })
}

/** @throws `invites.link_dead` for a link that is wrong, spent, revoked, replaced or expired, or of a suspended organization: one answer */
async function openInvite(ctx: Ctx, token: string): Promise<OpenInvite> {
  const attempt = await enter(ctx, door)
  const tokenHash = sha256(token)
  const found = await findInviteOfLink(ctx, tokenHash)
  const there = found && (await contextOfLink(ctx, found.organizationId, 'invitation'))
  const invite =
    there &&
    (await ctx.db.transaction(`org:${found!.organizationId}`, (tx) =>
      readPendingInvite(tx, tokenHash, ctx.now()),
    ))
  if (!invite) throw errors.link_dead()
  attempt.giveBack()
  return { ...there!, invite, tokenHash }
}

/**
 * Spends the invite and makes the member, or says why not. A refusal that will not pass withdraws the invite: that
 * outlives the answer, so it is committed before it is thrown.
 */
async function settle(open: OpenInvite, who: (tx: Tx) => Promise<Candidate>): Promise<Accepted> {
  const { ctx, organization } = open
  const outcome = await ctx.tx(async (tx) => {
    const invite = await holdPendingInvite(tx, open.tokenHash, ctx.now())
    if (!invite) throw errors.link_dead()
    const candidate = await who(tx)
    const refused = await refusalOf(ctx, tx, invite, candidate.account)
    if (refused) {
      await withdraw(ctx, tx, invite, refused.reason)
      return { refused }
    }
    const id = newId(ctx.now())
    await saveAccepted(tx, invite.id, id, ctx.now())
    const member = await addMember(ctx, tx, candidate, invite.roles, {
      id,
      decided: true,
      came: { invite: invite.id, by: inviterActor(invite) },
    })
    await ctx.record(
      tx,
      events.accepted({
        target: { type: 'invite', id: invite.id },
        before: { state: 'pending' },
        after: { state: 'accepted' },
        data: { member: member.id, user: member.userId, roles: invite.roles },
        personal: { email: invite.email },
      }),
    )
    return { memberId: member.id }
  })
  if ('refused' in outcome) throw outcome.refused.error
  return { organization, email: open.invite.email, memberId: outcome.memberId }
}

interface Refusal {
  readonly reason: string
  readonly error: AppError
}

async function refusalOf(
  ctx: Ctx,
  tx: Tx,
  invite: InviteRow,
  account: Uuid | undefined,
): Promise<Refusal | undefined> {
  const member = account && (await findMemberOf(tx, ctx.organizationId, account))
  if (member)
    return member.status === 'active'
      ? { reason: 'joined', error: memberErrors.already_member() }
      : { reason: 'member_deactivated', error: errors.membership_ended() }
  const reason = await whyNotVouched(ctx, tx, invite)
  // What became of the inviter is the organization's to know: the log and the list of invites say it.
  return reason === undefined ? undefined : { reason, error: errors.not_offered() }
}

async function withdraw(ctx: Ctx, tx: Tx, invite: InviteRow, reason: string): Promise<void> {
  await saveRevoked(tx, invite.id, { by: 'system:invites', because: reason, now: ctx.now() })
  const about = { target: { type: 'invite', id: invite.id }, reason, personal: { email: invite.email } }
  await ctx.record(tx, events.refused({ outcome: 'denied', ...about, data: { roles: invite.roles } }))
  await ctx.record(
    tx,
    events.revoked({ ...about, before: { state: 'pending' }, after: { state: 'revoked' } }),
  )
}

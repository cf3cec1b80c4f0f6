import {
  changeAccount,
  forgetDevices,
  inEachOrganization,
  raiseTokenVersion,
  readAccount,
} from '#people/identity'
import { holdMember, memberTarget } from '#people/organizations'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { events, mails } from '../catalog.ts'
import { factorsOf } from '../queries.ts'
import { deleteAttempts, deleteRecoveryCodes, deleteTotp } from '../store/codes.ts'
import { deletePasskeys } from '../store/passkeys.ts'

/** Whoever may set a person's password may also help them who lost their phone. */
const RESET = 'reset-password:members'

/**
 * Removes all second factors of a member who lost them, recovery codes and known devices too, and ends all the account
 * holds. The person is told by mail, and signs in with the password alone to set up anew.
 *
 * @throws `members.not_found`, `members.yourself`, `members.above_you`, `identity.belongs_elsewhere`
 */
export async function resetMemberFactors(ctx: Ctx, id: Uuid): Promise<void> {
  await ctx.authorize(RESET, memberTarget(id))
  await ctx.tx(async (tx) => {
    const member = await holdMember(ctx, tx, id)
    await changeAccount(ctx, tx, member.userId, () => resetFactors(ctx, tx, member.userId))
  })
}

/** The same for who needs no organization to be allowed it: the operator. Scope before and after: the account. */
export async function resetFactors(ctx: Ctx, tx: Tx, userId: Uuid): Promise<void> {
  const before = await factorsOf(tx, userId)
  await deleteTotp(tx, userId)
  await deletePasskeys(tx, userId)
  await deleteRecoveryCodes(tx, userId)
  await deleteAttempts(tx, userId)
  await forgetDevices(tx, userId, ctx.now())
  await raiseTokenVersion(tx, userId, ctx.now())
  const target = { type: 'user', id: userId }
  const event = events.reset({
    target,
    before: { ...before },
    after: { totp: false, passkeys: 0, recoveryCodes: 0 },
  })
  await inEachOrganization(ctx, tx, userId, async (there, { memberId }) => {
    await there.record(tx, event)
    await ctx.services.ports.endSessions(there, tx, memberId, 'mfa_reset')
  })
  const account = await readAccount(tx, userId)
  if (account) await ctx.mail(tx, mails.reset(account, undefined))
}

import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { savePassword } from '../store.ts'
import { changeAccount } from './change-account.ts'
import type { NewPassword } from './choose-password.ts'
import { inEachOrganization } from './in-each-organization.ts'
import { mailResetLink } from './mail-reset-link.ts'

/**
 * Replaces an account's password by one that must be changed at the next sign-in, and ends all it holds: sessions,
 * access and refresh tokens. It also lifts a lock. The caller has authorized, in the transaction of its organization.
 *
 * @param password absent: there is none until the person follows the link that is mailed to them
 * @throws `identity.belongs_elsewhere` where the account is also in another organization and the actor is not the platform's
 */
export async function resetPassword(
  ctx: Ctx,
  tx: Tx,
  userId: Uuid,
  password: NewPassword | undefined,
): Promise<void> {
  await changeAccount(ctx, tx, userId, async () => {
    await replacePassword(ctx, tx, userId, password)
    if (password === undefined) await mailResetLink(ctx, tx, userId, 'administrator')
  })
}

/** The same for who needs no organization to be allowed it: the operator. Scope before and after: the account. @throws `identity.not_found` */
export async function replacePassword(
  ctx: Ctx,
  tx: Tx,
  userId: Uuid,
  password: NewPassword | undefined,
): Promise<void> {
  const now = ctx.now()
  const { hash = null, isTemporary: mustChange = false } = password ?? {}
  if (!(await savePassword(tx, userId, { hash, mustChange, now }))) throw errors.not_found()
  await inEachOrganization(ctx, tx, userId, async (there, { memberId }) => {
    await there.record(
      tx,
      events.password_reset({
        target: { type: 'user', id: userId },
        data: { by: password === undefined ? 'link' : 'temporary_password' },
      }),
    )
    await ctx.services.ports.endSessions(there, tx, memberId, 'password_reset')
  })
}

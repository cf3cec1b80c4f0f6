import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { getUser } from '../queries.ts'
import { belongsElsewhere, deleteAccountRow, holdAccount } from '../store.ts'

/**
 * Deletes an account that belongs to no other organization, and with it membership, sessions and tokens; assignments
 * and the log stay. Call it before the membership is removed: row-level security shows an organization its members'
 * accounts only. False where it belongs elsewhere: then the caller removes its membership and leaves the account.
 * The caller has authorized.
 *
 * @throws `identity.not_found`
 */
export async function deleteAccount(ctx: Ctx, tx: Tx, userId: Uuid): Promise<boolean> {
  const { email, name } = await getUser(tx, userId)
  // Held first: an organization that is taking the account in has its membership written or waits to find it gone.
  await holdAccount(tx, userId)
  if (await belongsElsewhere(tx, userId)) return false
  if (!(await deleteAccountRow(tx, userId))) throw errors.not_found()
  await ctx.record(
    tx,
    events.account_deleted({ target: { type: 'user', id: userId }, before: { email, name } }),
  )
  return true
}

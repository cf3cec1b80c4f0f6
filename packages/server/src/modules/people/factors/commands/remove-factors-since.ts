import { inEachOrganization } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { events } from '../catalog.ts'
import { deleteCodesSince } from '../store/codes.ts'
import { deletePasskeysSince } from '../store/passkeys.ts'

/**
 * Removes the second factors and recovery codes that were set up since a moment: whoever held the account by then may
 * have added their own, and the owner who takes it back could not get past them. What there was before stays.
 * Scope before and after: the account, which is held.
 */
export async function removeFactorsSince(ctx: Ctx, tx: Tx, userId: Uuid, since: Date): Promise<void> {
  const codes = await deleteCodesSince(tx, userId, since)
  const passkeys = await deletePasskeysSince(tx, userId, since)
  if (codes + passkeys === 0) return
  await inEachOrganization(ctx, tx, userId, (there) =>
    there.record(
      tx,
      events.removed({
        target: { type: 'user', id: userId },
        reason: 'account_taken_back',
        data: { passkeys, codes },
      }),
    ),
  )
}

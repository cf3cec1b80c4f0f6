import { holdOwnAccount, inEachOrganization, userOf } from '#people/identity'
import type { Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { type PasskeyRow, passkeysOf } from '../queries.ts'
import { renamePasskeyRow } from '../store/passkeys.ts'

/** @throws `factors.not_found` also for somebody else's */
export async function renamePasskey(ctx: Ctx, id: Uuid, name: string): Promise<PasskeyRow> {
  const { userId } = userOf(ctx)
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    await holdOwnAccount(ctx, tx)
    const before = await renamePasskeyRow(tx, id, name)
    if (before === undefined) throw errors.not_found()
    const event = events.renamed({
      target: { type: 'passkey', id },
      before: { name: before },
      after: { name },
    })
    await inEachOrganization(ctx, tx, userId, (there) => there.record(tx, event))
    return (await passkeysOf(tx, userId)).find((passkey) => passkey.id === id)!
  })
}

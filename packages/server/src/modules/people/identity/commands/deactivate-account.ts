import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { events } from '../catalog.ts'
import { saveStatus } from '../store.ts'
import { changeAccount } from './change-account.ts'
import { inEachOrganization } from './in-each-organization.ts'

/**
 * Takes an account out of use everywhere, at once: its sessions end and its tokens die with the raised version.
 * Memberships, roles and history stay. The caller has authorized, in the transaction of its organization.
 * False where it was deactivated already.
 *
 * @throws `identity.not_found`, `identity.belongs_elsewhere`
 */
export async function deactivateAccount(ctx: Ctx, tx: Tx, userId: Uuid): Promise<boolean> {
  return changeAccount(ctx, tx, userId, async () => {
    if (!(await saveStatus(tx, userId, 'deactivated', ctx.now()))) return false
    await inEachOrganization(ctx, tx, userId, async (there, { memberId }) => {
      await there.record(tx, events.account_deactivated(change(userId, 'active', 'deactivated')))
      await ctx.services.ports.endSessions(there, tx, memberId, 'deactivated')
    })
    return true
  })
}

/** The reverse; nothing that ended comes back. False where it was active. @throws `identity.not_found`, `identity.belongs_elsewhere` */
export async function reactivateAccount(ctx: Ctx, tx: Tx, userId: Uuid): Promise<boolean> {
  return changeAccount(ctx, tx, userId, async () => {
    if (!(await saveStatus(tx, userId, 'active', ctx.now()))) return false
    await inEachOrganization(ctx, tx, userId, async (there) => {
      await there.record(tx, events.account_reactivated(change(userId, 'deactivated', 'active')))
    })
    return true
  })
}

function change(userId: Uuid, before: string, after: string) {
  return { target: { type: 'user', id: userId }, before: { status: before }, after: { status: after } }
}

import type { Ctx } from '#platform/context'
import { events } from '../catalog.ts'
import { getUser, type UserRow } from '../queries.ts'
import { saveProfile } from '../store.ts'
import { inEachOrganization } from './in-each-organization.ts'

/** Changes a person's own name and language; what is absent stays. Nothing changed: nothing recorded. */
export async function updateProfile(
  ctx: Ctx,
  change: { name?: string | undefined; locale?: string | undefined },
): Promise<UserRow> {
  const { userId } = ctx.actor as { userId: string }
  return ctx.tx(async (tx) => {
    const before = await getUser(tx, userId)
    const after = { name: change.name ?? before.name, locale: change.locale ?? before.locale }
    if (after.name === before.name && after.locale === before.locale) return before
    // The account's own scope: its organizations may change it only while it belongs to no other.
    await ctx.db.switchScope(tx, `account:${userId}`)
    await saveProfile(tx, userId, after, ctx.now())
    // Each shows its members by these, so each has it in its log.
    await inEachOrganization(ctx, tx, userId, (there) =>
      there.record(
        tx,
        events.profile_changed({
          target: { type: 'user', id: userId },
          before: { name: before.name, locale: before.locale },
          after,
        }),
      ),
    )
    return { ...before, ...after }
  })
}

import { actorName, type Ctx, type PersonalRead } from '#platform/context'
import { events } from '../catalog.ts'

/** More readers and people than this in one hour are noted each time: memory is bounded, the log is complete. */
const MOST_REMEMBERED = 20_000
const HOUR_MS = 3_600_000

/**
 * The `noteRead` port: records that somebody looked at other people's data, where the policy has reads logged. Durable
 * when it returns, so that what could not be noted is not shown. Noted once an hour by each server for one reader, person
 * and kind of data.
 */
export function createReadNotes(): (ctx: Ctx, read: PersonalRead) => Promise<void> {
  const noted = new Set<string>()
  let hour = 0
  return async (ctx, { what, about, count }) => {
    const { actor, organizationId } = ctx
    if (!ctx.policy.policy.privacy.accessLog || (about === undefined && count === 0)) return
    if (actor.kind === 'user' && actor.userId === about) return
    const current = Math.floor(ctx.now().getTime() / HOUR_MS)
    if (current !== hour) {
      noted.clear()
      hour = current
    }
    const key = `${organizationId} ${actorName(actor)} ${what} ${about ?? ''}`
    if (noted.has(key)) return
    await ctx.recordNow(
      about === undefined
        ? events.listed({ target: { type: 'organization', id: organizationId }, data: { what, count } })
        : events.read({ target: { type: 'user', id: about }, data: { what } }),
    )
    if (noted.size < MOST_REMEMBERED) noted.add(key)
  }
}

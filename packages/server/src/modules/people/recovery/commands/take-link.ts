/** How a mailed link is taken in, whatever it is for. @module */
import { identityErrors, inOrganization, type LinkKind, type OpenLink, readOpenLink } from '#people/identity'
import { type Door, enter } from '#platform/address-limit'
import type { Ctx } from '#platform/context'
import { AppError } from '#platform/errors'
import { events } from '../catalog.ts'

/** An office behind one address forgets fewer passwords. Its own door: it must not close the one of signing in. */
export const RECOVERY: Door = {
  name: 'recovery',
  attempts: 60,
  limited: () => events.limited({ outcome: 'denied', reason: 'too_many_requests' }),
}

export interface TakenLink extends OpenLink {
  /** The request as its events name it: nobody is signed in, and whoever reads the mailbox acts by the link. */
  readonly acting: Ctx
}

/**
 * Counts the attempt and reads the link, before any work that a wrong one should not cause. That one was refused is in
 * the platform's log.
 *
 * @throws `identity.link_dead`, `too_many_requests`
 */
export async function takeLink(ctx: Ctx, token: string, kind: LinkKind): Promise<TakenLink> {
  const attempt = await enter(ctx, RECOVERY)
  const open = await noteRefusal(ctx, kind, () => readOpenLink(ctx, token, [kind]))
  attempt.giveBack()
  return { ...open, acting: inOrganization(ctx, ctx.organizationId, { kind: 'system', name: 'mailed_link' }) }
}

/** Runs what may find that the link does not hold, and records it if so. */
export async function noteRefusal<T>(ctx: Ctx, kind: LinkKind, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError && error.code === identityErrors.link_dead().code)
      await ctx.recordNow(events.link_refused({ outcome: 'failure', reason: kind }))
    throw error
  }
}

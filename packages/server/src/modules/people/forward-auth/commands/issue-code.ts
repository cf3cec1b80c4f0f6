import type { Ctx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { failures } from '#platform/errors'
import { newId } from '#platform/ids'
import { CODE_SECONDS, returnPath } from '../model.ts'
import { requireHost } from '../queries.ts'
import { insertCode, sweepCodes } from '../store.ts'

/**
 * A code that takes the caller's session to a host, once. It is worth nothing but to the browser that holds the secret
 * behind `browser`, on that host, for a minute.
 *
 * @returns where to send the browser
 * @throws `forward_auth.unknown_host`, `unauthorized` when the session ended meanwhile
 */
export async function issueCode(
  ctx: Ctx,
  { host: origin, browser, path }: { host: string; browser: Buffer; path: string },
): Promise<string> {
  if (ctx.actor.kind !== 'user') throw failures.unauthorized()
  const { sessionId } = ctx.actor
  const hostId = await requireHost(ctx.db, origin)
  const code = newSecret()
  await ctx.tx(async (tx) => {
    const now = ctx.now()
    await sweepCodes(tx, now)
    await insertCode(tx, {
      organizationId: ctx.organizationId,
      id: newId(now),
      sessionId,
      hostId,
      codeHash: sha256(code),
      browserHash: browser,
      returnTo: returnPath(path),
      expiresAt: new Date(now.getTime() + CODE_SECONDS * 1000),
    })
  })
  return `${origin}/.writ/callback?code=${code}`
}

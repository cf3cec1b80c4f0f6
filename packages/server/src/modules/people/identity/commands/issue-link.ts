import type { Ctx, Tx } from '#platform/context'
import { newSecret, sha256 } from '#platform/crypto'
import { newId, type Uuid } from '#platform/ids'
import { errors } from '../catalog.ts'
import { LINK_PREFIX, type LinkKind, linkSeconds, linkUrl } from '../model/link.ts'
import { insertLink, supersedeLinks } from '../store/links.ts'
import { lockAccount } from '../store.ts'

export interface NewLink {
  readonly userId: Uuid
  readonly kind: LinkKind
  /** The address a change of address is for. */
  readonly newEmail?: string
}

export interface IssuedLink {
  /** To be mailed, in the same transaction, and to nobody else: whoever has it may use it. */
  readonly url: string
  readonly expiresAt: Date
}

/**
 * Makes a one-time link of an account, built from the configured public URL. Only the newest of a kind holds: those
 * before it are dead from the commit on. A link also dies when the account's token version rises (a new password, a
 * deactivation) or its address changes. Works in a transaction of any scope and leaves it as it was. The caller has
 * authorized.
 *
 * @throws `identity.not_found`
 */
export async function issueLink(ctx: Ctx, tx: Tx, link: NewLink): Promise<IssuedLink> {
  const { userId, kind, newEmail = null } = link
  const now = ctx.now()
  const token = newSecret(LINK_PREFIX)
  const seconds = linkSeconds(kind, ctx.policy.policy.authentication.links)
  const expiresAt = new Date(now.getTime() + seconds * 1000)
  await ctx.db.inScope(tx, `account:${userId}`, async () => {
    // Held, so that of two made at once one is the newer.
    const account = await lockAccount(tx, userId)
    if (!account) throw errors.not_found()
    // A refusal must survive whoever took the account over: neither another change nor a new password ends it.
    const isRefusal = kind === 'email_refusal'
    if (!isRefusal) await supersedeLinks(tx, userId, [kind], now)
    await insertLink(tx, {
      id: newId(now),
      userId,
      kind,
      secretHash: sha256(token),
      email: account.email,
      newEmail,
      tokenVersion: isRefusal ? null : account.tokenVersion,
      createdAt: now,
      expiresAt,
    })
  })
  return { url: linkUrl(ctx.services.publicUrl, kind, token), expiresAt }
}

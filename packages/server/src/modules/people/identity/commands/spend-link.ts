import type { Ctx, Tx } from '#platform/context'
import { sha256 } from '#platform/crypto'
import { errors } from '../catalog.ts'
import type { LinkKind } from '../model/link.ts'
import { type AccountOrganization, organizationsOf } from '../queries.ts'
import { findLinkAccount, type LinkRow, markLinkSpent, readLink } from '../store/links.ts'
import { type Account, lockAccount, readAccount } from '../store.ts'

export interface OpenLink {
  readonly link: LinkRow
  readonly account: Account
  readonly organizations: readonly AccountOrganization[]
}

/**
 * Looks at a link that was presented and spends nothing: for the page it opens, and before work that a wrong one
 * should not cause.
 *
 * @throws `identity.link_dead` for one that is wrong, spent, superseded, expired or of another kind: one answer
 */
export async function readOpenLink(ctx: Ctx, token: string, kinds: readonly LinkKind[]): Promise<OpenLink> {
  const secretHash = sha256(token)
  const userId = await findLinkAccount(ctx, secretHash)
  if (userId === undefined) throw errors.link_dead()
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const link = await readLink(tx, secretHash, ctx.now())
    if (!link || !kinds.includes(link.kind)) throw errors.link_dead()
    const account = await readAccount(tx, userId)
    return { link, account: account!, organizations: await organizationsOf(tx, userId) }
  })
}

/**
 * Spends a link: of any number at once, on any number of servers, one gets through. The transaction is in the scope
 * of the link's account, which is held from here on.
 *
 * @throws `identity.link_dead`
 */
export async function spendLink(
  ctx: Ctx,
  tx: Tx,
  { userId }: Pick<LinkRow, 'userId'>,
  token: string,
  kinds: readonly LinkKind[],
): Promise<{ link: LinkRow; account: Account }> {
  const account = await lockAccount(tx, userId)
  const link = account && (await markLinkSpent(tx, sha256(token), kinds, ctx.now()))
  if (!link) throw errors.link_dead()
  return { link, account }
}

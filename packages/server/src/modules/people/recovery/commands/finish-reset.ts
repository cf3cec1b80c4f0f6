import { removeFactorsSince } from '#people/factors'
import {
  choosePassword,
  inEachOrganization,
  type LinkKind,
  saveEmailVerified,
  savePassword,
  spendLink,
} from '#people/identity'
import type { AuditEvent, Ctx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { events, mails } from '../catalog.ts'
import { noteRefusal, takeLink } from './take-link.ts'

/**
 * Sets a new password by a mailed link and ends everything the account holds, in every organization: sessions, access
 * and refresh tokens, challenges of sign-ins half done, other links, and devices that were proven. It lifts a lock, and
 * proves the address, whose mailbox was read; where it had never been proven, second factors of before are removed. It signs nobody in: what the policy asks at a sign-in, a second factor
 * among it, is asked at the next one. Of any number at once, on any number of servers, one sets its password.
 *
 * @throws `identity.link_dead`; `identity.weak_password`, which leaves the link good; `too_many_requests`
 */
export async function finishReset(
  ctx: Ctx,
  input: { readonly token: string; readonly newPassword: string },
): Promise<void> {
  await setPassword(ctx, {
    token: input.token,
    kind: 'password_reset',
    password: input.newPassword,
    field: 'newPassword',
    event: (userId) => events.password_reset({ target: { type: 'user', id: userId } }),
  })
}

/**
 * Takes up an account that somebody else created: chooses its first password, in the place of a temporary one if there is
 * one, and proves the address. Signs nobody in. As {@link finishReset} in everything else.
 *
 * @throws `identity.link_dead`, `identity.weak_password`, `too_many_requests`
 */
export async function activateAccount(
  ctx: Ctx,
  input: { readonly token: string; readonly password: string },
): Promise<void> {
  await setPassword(ctx, {
    token: input.token,
    kind: 'activation',
    password: input.password,
    field: 'password',
    event: (userId) => events.activated({ target: { type: 'user', id: userId } }),
  })
}

interface Setting {
  readonly token: string
  readonly kind: LinkKind & ('password_reset' | 'activation')
  readonly password: string
  /** How the request names it. */
  readonly field: string
  event(userId: Uuid): AuditEvent
}

async function setPassword(ctx: Ctx, { token, kind, password, field, event }: Setting): Promise<void> {
  const open = await takeLink(ctx, token, kind)
  const { account, organizations, acting } = open
  const userId = account.id
  const { hash } = await choosePassword(ctx, password, account, { field, organizations })
  const set = ctx.db.transaction(`account:${userId}`, async (tx) => {
    await spendLink(acting, tx, open.link, token, [kind])
    await savePassword(tx, userId, { hash, mustChange: false, now: ctx.now() })
    // The mailbox is proven for the first time: second factors of before are those of whoever made the account over it.
    if (await saveEmailVerified(tx, userId, ctx.now()))
      await removeFactorsSince(acting, tx, userId, new Date(0))
    await inEachOrganization(acting, tx, userId, (there) => there.record(tx, event(userId)))
    await ctx.services.ports.endAccountSessions(acting, tx, userId, 'password_reset')
    if (kind === 'password_reset') await acting.mail(tx, mails.password_was_reset(account, undefined))
  })
  await noteRefusal(ctx, kind, () => set)
}

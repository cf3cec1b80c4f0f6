import { demandFreshSignIn, demandSecondFactor } from '#people/factors'
import {
  type Account,
  addressKey,
  confirmProof,
  findAccountByAddress,
  holdOwnAccount,
  identityErrors,
  identityEvents,
  inEachOrganization,
  issueLink,
  linkMinutes,
  provePassword,
  readAccount,
  shownAddress,
  userOf,
} from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import { failures, invalidField } from '#platform/errors'
import type { Uuid } from '#platform/ids'
import { takeMailAllowance } from '#platform/outbox'
import { errors, events, mails } from '../catalog.ts'
import { allowance, HOUR_SECONDS } from '../model.ts'

/**
 * Begins to move the caller's account to another address: a link goes to the new one, a notice to the present one with a
 * link that says "not me". Until the new address has proven itself nothing changes.
 *
 * Takes a fresh sign-in, the password, and the second factor where the account has one: whoever controls the address
 * controls the account. Where the address is another account's, answer and work are the same and its owner is told; so
 * nobody learns by this which addresses are known.
 *
 * @throws `identity.wrong_password` (counts toward the lockout), `recovery.same_address`, `too_many_requests`
 * @throws `forbidden` without a fresh sign-in or the second factor; `unauthorized` when something changed meanwhile
 */
export async function requestEmailChange(
  ctx: Ctx,
  input: { readonly newEmail: string; readonly password: string },
): Promise<void> {
  await demandFreshSignIn(ctx)
  const { userId } = userOf(ctx)
  const key = addressKey(input.newEmail)
  if (key === undefined)
    throw invalidField('newEmail', 'Not an e-mail address: it should look like ada@example.com.')
  const proof = await provePassword(ctx, userId, userId, input.password)
  if (proof.result !== 'right') {
    await ctx.recordNow(
      events.email_change_failed({
        target: { type: 'user', id: userId },
        outcome: 'failure',
        reason: proof.reason,
      }),
    )
    throw identityErrors.wrong_password()
  }
  if (addressKey(proof.account.email) === key) throw errors.same_address()
  const owner = await ownerOf(ctx, key, userId)
  await ctx.db.transaction(`account:${userId}`, async (tx) => {
    if (!(await confirmProof(tx, proof.account))) throw failures.unauthorized()
    const account = await holdOwnAccount(ctx, tx)
    await demandSecondFactor(ctx, tx)
    await demandAllowance(ctx, tx, userId, key)
    await announce(ctx, tx, account, shownAddress(input.newEmail), owner)
  })
}

/** The account that has the address, if there is one. Reads an account either way. */
async function ownerOf(ctx: Ctx, key: string, self: Uuid): Promise<Account | undefined> {
  const found = await findAccountByAddress(ctx, key)
  const id = found ?? self
  const account = await ctx.db.transaction(`account:${id}`, (tx) => readAccount(tx, id))
  return found === undefined ? undefined : account
}

/** By account, and by the address that would be mailed: either could be used to fill a stranger's mailbox. */
async function demandAllowance(ctx: Ctx, tx: Tx, userId: Uuid, key: string): Promise<void> {
  const counts = [allowance('email_change_of', userId), allowance('email_change_to', key)]
  for (const count of counts)
    if (!(await takeMailAllowance(ctx, tx, count)))
      throw failures.too_many_requests({ retryAfterSeconds: HOUR_SECONDS })
}

async function announce(
  ctx: Ctx,
  tx: Tx,
  account: Account,
  newEmail: string,
  owner: Account | undefined,
): Promise<void> {
  const { id: userId, email, locale } = account
  // Made in either case, so that an earlier link is dead in either case; mailed to the address only where it is free.
  const change = await issueLink(ctx, tx, { userId, kind: 'email_change', newEmail })
  const refusal = await issueLink(ctx, tx, { userId, kind: 'email_refusal', newEmail })
  const minutes = linkMinutes('email_change', ctx.policy.policy.authentication.links)
  await ctx.mail(
    tx,
    owner
      ? mails.address_in_use(owner, { url: `${ctx.services.publicUrl}/sign-in` })
      : mails.confirm_email({ email: newEmail, locale }, { url: change.url, minutes, email }),
  )
  await ctx.mail(tx, mails.email_change_asked(account, { newEmail, url: refusal.url }))
  await inEachOrganization(ctx, tx, userId, (there) =>
    there.record(
      tx,
      events.email_change_asked({ target: { type: 'user', id: userId }, personal: { newEmail } }),
    ),
  )
}

/** The event both ways of changing an address record. */
export function emailChanged(userId: Uuid, before: string, after: string) {
  return identityEvents.email_changed({
    target: { type: 'user', id: userId },
    before: { email: before },
    after: { email: after },
  })
}

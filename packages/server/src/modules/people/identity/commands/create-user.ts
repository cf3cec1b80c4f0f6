import type { Ctx, Tx } from '#platform/context'
import { invalidField } from '#platform/errors'
import { newId, type Uuid } from '#platform/ids'
import { errors, events } from '../catalog.ts'
import { addressKey, shownAddress } from '../model/address.ts'
import { insertAccount } from '../store.ts'
import type { NewPassword } from './choose-password.ts'

export interface NewUser {
  readonly email: string
  readonly name: string
  readonly locale?: string
  /** Absent: cannot sign in by password yet (invited, or signs on elsewhere). */
  readonly password?: NewPassword
  /** The person has proven that the address is theirs, or the operator answers for it. Default: not. */
  readonly emailVerified?: boolean
}

/**
 * Creates an account, in the transaction of the organization that it is created for; the caller adds the membership
 * in the same transaction, and has authorized. Of two that create the same address at once, one gets
 * `identity.address_taken`.
 *
 * @throws `identity.address_taken` whichever organization the other account is in; `invalid_input` for no address
 */
export async function createUser(ctx: Ctx, tx: Tx, user: NewUser): Promise<Uuid> {
  const emailKey = addressKey(user.email)
  if (emailKey === undefined)
    throw invalidField('email', 'Not an e-mail address: it should look like ada@example.com.')
  const now = ctx.now()
  const id = newId(now)
  const email = shownAddress(user.email)
  const { name, locale = 'en', password, emailVerified = false } = user
  try {
    await insertAccount(tx, {
      id,
      email,
      emailKey,
      name,
      locale,
      now,
      emailVerified,
      passwordHash: password?.hash ?? null,
      mustChangePassword: password?.isTemporary ?? false,
    })
  } catch (error) {
    if ((error as { constraint?: unknown }).constraint === 'users_email_key_key') throw errors.address_taken()
    throw error
  }
  await ctx.record(
    tx,
    events.account_created({
      target: { type: 'user', id },
      after: { email, name, locale },
      data: { password: password === undefined ? 'none' : password.isTemporary ? 'temporary' : 'chosen' },
    }),
  )
  return id
}

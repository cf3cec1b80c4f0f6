import {
  addressKey,
  findAccountByAddress,
  identityErrors,
  lockAccount,
  makeTemporaryPassword,
  replacePassword,
} from '#people/identity'
import { operatorContext } from '#people/organizations'
import type { Services } from '#platform/context'
import { resetFactors } from './reset-factors.ts'

export interface Recovery {
  readonly email: string
  /** Who sits at the machine, for the log. */
  readonly by: string
  /** Also removes the second factors. */
  readonly secondFactor: boolean
}

/**
 * Lets somebody in again who has nobody above them to ask: a temporary password, answered once, and where it is said so
 * no second factor any more. Everything the account holds ends. Only beside the application.
 *
 * @throws `identity.not_found`
 */
export async function recoverAccount(
  services: Services,
  { email, by, secondFactor }: Recovery,
): Promise<{ temporaryPassword: string }> {
  const ctx = await operatorContext(services, { by })
  const key = addressKey(email)
  const userId = key === undefined ? undefined : await findAccountByAddress(ctx, key)
  if (userId === undefined) throw identityErrors.not_found()
  const { clear, ...password } = await makeTemporaryPassword(ctx)
  await services.db.transaction(`account:${userId}`, async (tx) => {
    if (!(await lockAccount(tx, userId))) throw identityErrors.not_found()
    await replacePassword(ctx, tx, userId, password)
    if (secondFactor) await resetFactors(ctx, tx, userId)
  })
  return { temporaryPassword: clear }
}

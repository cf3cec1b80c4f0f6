import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { unmatchableHash } from '#platform/passwords'
import { events } from '../catalog.ts'
import { type Lockout, strictestLockout } from '../model/strictest.ts'
import { type AccountOrganization, organizationsOf } from '../queries.ts'
import { type Account, lockAccount, readAccount, reserveAttempt, settleAttempt } from '../store.ts'
import { authenticationOf } from './authentication-of.ts'
import { inOrganization } from './in-each-organization.ts'

/** What came of a password that somebody typed. The reason is for the log alone: callers answer all but `right` alike. */
export type Proof =
  | {
      readonly result: 'right'
      readonly account: Account
      readonly organizations: readonly AccountOrganization[]
    }
  | {
      readonly result: 'refused'
      readonly reason: 'unknown_address' | 'wrong_password' | 'locked' | 'no_password' | 'account_deactivated'
      readonly organizations: readonly AccountOrganization[]
    }

/**
 * Looks at a password that is said to be an account's, and counts the attempt.
 *
 * Guarantees
 * - One hash at the policy's cost is computed for every attempt, also for no account and for a locked one.
 * - The attempt is counted before the password is looked at. Of any number at once, on any number of servers, at most
 *   `lockout.after` are looked at; the lock begins with the last of them. The strictest organization's limits hold.
 * - In one process an account's attempts run one after another, so parallel sign-ins with the right password never
 *   lock it.
 *
 * @param userId undefined where no account has the address; `key` then stands for it, so that waiting tells nothing
 * @throws `too_many_requests` when too many wait
 */
export async function provePassword(
  ctx: Ctx,
  userId: Uuid | undefined,
  key: string,
  password: string,
): Promise<Proof> {
  const { passwords } = ctx.services
  return passwords.inTurn(userId ?? key, async () => {
    const attempt = userId === undefined ? undefined : await reserve(ctx, userId)
    const candidate = attempt?.number === undefined ? null : attempt.account.passwordHash
    const { bcrypt } = ctx.policy.policy.authentication.password
    const matches = await passwords.verify(password, candidate ?? unmatchableHash(bcrypt))
    if (!attempt) return { result: 'refused', reason: 'unknown_address', organizations: [] }
    const { account, organizations } = attempt
    if (!matches || account.status !== 'active') {
      await noteLock(ctx, attempt)
      return { result: 'refused', reason: reasonOf(attempt), organizations }
    }
    await ctx.db.transaction(`account:${account.id}`, (tx) => settleAttempt(tx, account.id, ctx.now()))
    return { result: 'right', account, organizations }
  })
}

/**
 * Holds the account and says whether what was proven still holds: between the proof and the transaction that relies
 * on it, the password may have been changed or the account deactivated. Both raise the token version; a new hash of
 * the same password does not. The transaction is in the account's scope.
 */
export async function confirmProof(tx: Tx, proven: Account): Promise<boolean> {
  const account = await lockAccount(tx, proven.id)
  return account?.status === 'active' && account.tokenVersion === proven.tokenVersion
}

interface Attempt {
  readonly account: Account
  readonly organizations: readonly AccountOrganization[]
  readonly lockout: Lockout
  /** Undefined: locked. */
  readonly number: number | undefined
}

async function reserve(ctx: Ctx, userId: Uuid): Promise<Attempt | undefined> {
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const account = await readAccount(tx, userId)
    if (!account) return undefined
    const organizations = await organizationsOf(tx, userId)
    const lockout = strictestLockout(await authenticationOf(ctx, organizations))
    const number = await reserveAttempt(tx, userId, lockout, ctx.now())
    return { account, organizations, lockout, number }
  })
}

/** The attempt that takes the last number locks; those after it find the lock. So a lock is recorded once. */
async function noteLock(ctx: Ctx, { account, organizations, lockout, number }: Attempt): Promise<void> {
  if (number !== lockout.after) return
  ctx.services.metrics.lockouts.inc()
  const event = events.account_locked({
    target: { type: 'user', id: account.id },
    reason: 'too_many_failed_attempts',
    data: { attempts: number, forSeconds: lockout.forSeconds },
  })
  if (organizations.length === 0) await ctx.recordNow(event)
  for (const { organizationId } of organizations) await inOrganization(ctx, organizationId).recordNow(event)
}

function reasonOf({
  account,
  number,
}: Attempt): 'wrong_password' | 'locked' | 'no_password' | 'account_deactivated' {
  if (number === undefined) return 'locked'
  if (account.status !== 'active') return 'account_deactivated'
  return account.passwordHash === null ? 'no_password' : 'wrong_password'
}

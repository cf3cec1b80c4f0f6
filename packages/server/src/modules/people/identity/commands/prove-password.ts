import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { unmatchableHash } from '#platform/passwords'
import { events } from '../catalog.ts'
import { type Lockout, strictestLockout, strictestPassword } from '../model/strictest.ts'
import { type AccountOrganization, organizationsOf } from '../queries.ts'
import { forgetDevice, reserveDeviceAttempt, settleDeviceAttempt } from '../store/devices.ts'
import {
  type Account,
  lockAccount,
  noteSignIn,
  readAccount,
  reserveAttempt,
  settleAttempt,
} from '../store.ts'
import { authenticationOf } from './authentication-of.ts'
import { inEachOrganization, inOrganization } from './in-each-organization.ts'

/** What came of a password that somebody typed. The reason is for the log alone: callers answer all but `right` alike. */
export type Proof =
  | {
      readonly result: 'right'
      readonly account: Account
      readonly organizations: readonly AccountOrganization[]
      /** bcrypt cost that the strictest of them demands: a hash of less is made anew. */
      readonly cost: number
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
 * - One hash at the policy's cost is computed for every attempt, also for no account and for a locked one; a refusal
 *   takes as long where the account's own was made at a lower one.
 * - The attempt is counted before the password is looked at. Of any number at once, on any number of servers, at most
 *   `lockout.after` are looked at; the lock begins with the last of them. The strictest organization's limits hold.
 * - In one process an account's attempts run one after another, so parallel sign-ins with the right password never
 *   lock it.
 * - The one exception: a device on which the account has signed in before has attempts of its own, as many, counted on
 *   it and reserved like the others. So whoever keeps guessing locks strangers out and not the account's owner. A device
 *   that fails as often in a row is forgotten. Each of its attempts also counts against the account, so that whoever
 *   stole it gains nothing while the account is not locked; and a right password leaves the lock on strangers.
 *
 * @param userId undefined where no account has the address; `key` then stands for it, so that waiting tells nothing
 * @throws `too_many_requests` when too many wait
 */
export async function provePassword(
  ctx: Ctx,
  userId: Uuid | undefined,
  key: string,
  password: string,
  /** SHA-256 of the secret of a device, if one was presented. */
  device?: Buffer,
): Promise<Proof> {
  const { passwords } = ctx.services
  return passwords.inTurn(userId ?? key, async () => {
    const attempt = userId === undefined ? undefined : await reserve(ctx, userId, device)
    const candidate = attempt && isLookedAt(attempt) ? attempt.account.passwordHash : null
    const { bcrypt } = ctx.policy.policy.authentication.password
    const matches = await passwords.verify(password, candidate ?? unmatchableHash(bcrypt), bcrypt)
    if (!attempt) return { result: 'refused', reason: 'unknown_address', organizations: [] }
    const { account, organizations, cost } = attempt
    if (!matches || account.status !== 'active') {
      await noteLock(ctx, attempt)
      await forgetGuessedDevice(ctx, attempt)
      return { result: 'refused', reason: reasonOf(attempt), organizations }
    }
    await ctx.db.transaction(`account:${account.id}`, (tx) => settle(ctx, tx, attempt))
    return { result: 'right', account, organizations, cost }
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
  readonly cost: number
  /** Undefined: locked. */
  readonly number: number | undefined
  /** A device of the account that has attempts left, and which of them this is. */
  readonly device: { readonly id: Uuid; readonly number: number } | undefined
}

function isLookedAt({ number, device }: Attempt): boolean {
  return number !== undefined || device !== undefined
}

async function reserve(ctx: Ctx, userId: Uuid, secretHash: Buffer | undefined): Promise<Attempt | undefined> {
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const account = await readAccount(tx, userId)
    if (!account) return undefined
    const organizations = await organizationsOf(tx, userId)
    const rules = await authenticationOf(ctx, organizations)
    const lockout = strictestLockout(rules)
    const number = await reserveAttempt(tx, userId, lockout, ctx.now())
    const device = secretHash && (await reserveDeviceAttempt(tx, userId, secretHash, lockout, ctx.now()))
    return { account, organizations, lockout, cost: strictestPassword(rules).bcrypt, number, device }
  })
}

/** A lock that was there stays: it holds back whoever made it. */
async function settle(ctx: Ctx, tx: Tx, { account, number, device }: Attempt): Promise<void> {
  if (number !== undefined) await settleAttempt(tx, account.id, ctx.now())
  else await noteSignIn(tx, account.id, ctx.now())
  if (device !== undefined) await settleDeviceAttempt(tx, device.id)
}

/** It fails too often: it was stolen, or its owner is as lost as a stranger. */
async function forgetGuessedDevice(ctx: Ctx, { account, lockout, device }: Attempt): Promise<void> {
  if (device?.number !== lockout.after) return
  await ctx.db.transaction(`account:${account.id}`, async (tx) => {
    if (!(await forgetDevice(tx, account.id, device.id, ctx.now()))) return
    const event = events.device_forgotten({
      target: { type: 'device', id: device.id },
      reason: 'too_many_failed_attempts',
      data: { user: account.id },
    })
    await inEachOrganization(ctx, tx, account.id, (there) => there.record(tx, event))
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

function reasonOf(attempt: Attempt): 'wrong_password' | 'locked' | 'no_password' | 'account_deactivated' {
  const { account } = attempt
  if (!isLookedAt(attempt)) return 'locked'
  if (account.status !== 'active') return 'account_deactivated'
  return account.passwordHash === null ? 'no_password' : 'wrong_password'
}

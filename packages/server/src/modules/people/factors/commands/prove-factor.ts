import type { CompiledPolicy } from '@writ/policy'
import {
  type AccountOrganization,
  authenticationOf,
  inEachOrganization,
  type Lockout,
  organizationsOf,
  readAccount,
  strictestLockout,
} from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { events, mails } from '../catalog.ts'
import { isTaken } from '../model/permitted.ts'
import { hashOf } from '../model/recovery-codes.ts'
import { matchCode } from '../model/totp.ts'
import { factorsOf, findTotp, hasFactor, isRecoveryCodeSpent } from '../queries.ts'
import {
  type GuessedFactor,
  openSecret,
  reserveAttempt,
  returnAttempt,
  settleAttempts,
  spendRecoveryCode,
  spendStep,
} from '../store/codes.ts'
import { noteRefusal } from './note-refusal.ts'
import { type PasskeyAnswer, type PasskeyRefusal, provePasskey } from './prove-passkey.ts'

/** What somebody shows beside a password. */
export type FactorProof =
  | { readonly method: 'totp' | 'recovery_code'; readonly code: string }
  | ({ readonly method: 'passkey' } & PasskeyAnswer)

export type FactorRefusal =
  | 'not_permitted'
  | 'not_enrolled'
  | 'locked'
  | 'wrong_code'
  | 'used_code'
  | PasskeyRefusal

/** What came of it. A refusal is in the log already. */
export type FactorResult =
  | { readonly result: 'right'; readonly method: FactorProof['method']; readonly userVerified: boolean }
  | { readonly result: 'refused'; readonly reason: FactorRefusal }

/**
 * Looks at a second factor that is said to be an account's. The caller has proven the password, or holds a session.
 *
 * Guarantees
 * - Wrong codes are counted by account and factor, before the code is looked at, in whatever session or sign-in they are
 *   sent: of any number at once, on any number of servers, at most `lockout.after` are looked at. The strictest
 *   organization's limits hold. While it is locked, the right code is refused as well.
 * - A code is good once: one conditional update spends it. One that is sent again is refused and not counted.
 * - Refusals and locks are in the log of each of the account's organizations before this returns; so is the use of a
 *   recovery code, of which the person is also told by mail.
 *
 * @param options.policy of the organization that is signed in to; it says which factors are taken. Default: `ctx.policy`
 */
export async function proveFactor(
  ctx: Ctx,
  userId: Uuid,
  proof: FactorProof,
  { policy = ctx.policy }: { policy?: CompiledPolicy } = {},
): Promise<FactorResult> {
  if (proof.method === 'passkey') {
    const { challenge, response } = proof
    const proven = await provePasskey(ctx, { userId, challenge, response, policy })
    if (proven.result === 'refused') return proven
    return { result: 'right', method: 'passkey', userVerified: proven.userVerified }
  }
  const attempt = await reserve(ctx, userId, proof.method, policy)
  const reason = attempt.refused ?? (await look(ctx, userId, proof.method, proof.code))
  if (reason === undefined) return { result: 'right', method: proof.method, userVerified: false }
  const locks =
    attempt.number === attempt.lockout.after && reason === 'wrong_code' ? attempt.lockout : undefined
  await noteRefusal(ctx, userId, attempt.organizations, { factor: proof.method, reason, locks })
  return { result: 'refused', reason }
}

interface Attempt {
  readonly organizations: readonly AccountOrganization[]
  readonly lockout: Lockout
  readonly number?: number
  readonly refused?: FactorRefusal
}

/** Committed before the code is looked at. */
async function reserve(
  ctx: Ctx,
  userId: Uuid,
  method: GuessedFactor,
  policy: CompiledPolicy,
): Promise<Attempt> {
  return ctx.db.transaction(`account:${userId}`, async (tx): Promise<Attempt> => {
    const organizations = await organizationsOf(tx, userId)
    const lockout = strictestLockout(await authenticationOf(ctx, organizations))
    if (!isTaken(policy.policy.authentication, method))
      return { organizations, lockout, refused: 'not_permitted' }
    const factors = await factorsOf(tx, userId)
    if (method === 'totp' ? !factors.totp : !hasFactor(factors))
      return { organizations, lockout, refused: 'not_enrolled' }
    const number = await reserveAttempt(tx, userId, method, lockout, ctx.now())
    return number === undefined
      ? { organizations, lockout, refused: 'locked' }
      : { organizations, lockout, number }
  })
}

/** Looks at the code and spends it. Undefined: it was right. */
function look(
  ctx: Ctx,
  userId: Uuid,
  method: GuessedFactor,
  code: string,
): Promise<'wrong_code' | 'used_code' | undefined> {
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const spend = method === 'totp' ? spendTotp : spendRecovery
    const refused = await spend(ctx, tx, userId, code)
    if (refused === undefined) await settleAttempts(tx, userId, method)
    if (refused === 'used_code') await returnAttempt(tx, userId, method)
    return refused
  })
}

async function spendTotp(ctx: Ctx, tx: Tx, userId: Uuid, code: string) {
  const factor = await findTotp(tx, userId, 'confirmed')
  if (!factor) return 'wrong_code' as const
  const match = matchCode(openSecret(ctx.services.masterKey, factor), code, ctx.now(), factor.lastStep)
  if (!match) return 'wrong_code' as const
  // What was read of the last step may be old by now; the update decides.
  const isSpent = match.fresh && (await spendStep(tx, factor, match.step, ctx.now()))
  return isSpent ? undefined : ('used_code' as const)
}

async function spendRecovery(ctx: Ctx, tx: Tx, userId: Uuid, code: string) {
  const codeHash = hashOf(code)
  const id = await spendRecoveryCode(tx, userId, codeHash, ctx.now())
  if (id === undefined)
    return (await isRecoveryCodeSpent(tx, userId, codeHash))
      ? ('used_code' as const)
      : ('wrong_code' as const)
  const { recoveryCodes: left } = await factorsOf(tx, userId)
  const event = events.recovery_code_used({ target: { type: 'user', id: userId }, data: { left } })
  await inEachOrganization(ctx, tx, userId, (there) => there.record(tx, event))
  const account = await readAccount(tx, userId)
  if (account) await ctx.mail(tx, mails.recovery_code_used(account, { left }))
  return undefined
}

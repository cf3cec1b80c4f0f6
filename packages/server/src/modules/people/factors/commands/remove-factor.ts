import { type Account, holdOwnAccount, inEachOrganization, userOf } from '#people/identity'
import type { AuditEvent, Ctx, RenewedSession, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors, events, FACTOR_WORDS, mails } from '../catalog.ts'
import { factorsOf, hasFactor, passkeysOf } from '../queries.ts'
import { deleteRecoveryCodes, deleteTotp, endChallenges, forgetSecondFactor } from '../store/codes.ts'
import { deletePasskey } from '../store/passkeys.ts'
import { demandFreshSignIn, demandSecondFactor, proveRemoval, type RemovalProof } from './guard-change.ts'

/**
 * Removes the authenticator app. Sign-ins that are half done begin anew, since they may rest on it. With the last factor
 * go the recovery codes, and no session counts as having proven one.
 *
 * @throws `factors.not_enrolled`, `forbidden` without a fresh sign-in, and what {@link proveRemoval} throws
 */
export async function removeTotp(ctx: Ctx, proof: RemovalProof): Promise<RenewedSession> {
  const { userId } = userOf(ctx)
  await demandThere(ctx, async (tx) => (await factorsOf(tx, userId)).totp, errors.not_enrolled)
  return remove(ctx, proof, 'totp', async (tx) => {
    if ((await deleteTotp(tx, userId)) === undefined) throw errors.not_enrolled()
    return events.removed({ target: { type: 'user', id: userId }, data: { factor: 'totp' } })
  })
}

/**
 * The same for one passkey.
 *
 * @throws `factors.not_found`, `forbidden` without a fresh sign-in, and what {@link proveRemoval} throws
 */
export async function removePasskey(ctx: Ctx, id: Uuid, proof: RemovalProof): Promise<RenewedSession> {
  const { userId } = userOf(ctx)
  const isOwn = async (tx: Tx) => (await passkeysOf(tx, userId)).some((passkey) => passkey.id === id)
  await demandThere(ctx, isOwn, errors.not_found)
  return remove(ctx, proof, 'passkey', async (tx) => {
    const name = await deletePasskey(tx, id)
    if (name === undefined) throw errors.not_found()
    return events.removed({
      target: { type: 'passkey', id },
      data: { factor: 'passkey' },
      personal: { name },
    })
  })
}

/** Before anything is proven: a password that is right counts as a use of it. */
async function demandThere(
  ctx: Ctx,
  isThere: (tx: Tx) => Promise<boolean>,
  missing: () => Error,
): Promise<void> {
  if (!(await ctx.db.transaction(`account:${userOf(ctx).userId}`, isThere))) throw missing()
}

async function remove(
  ctx: Ctx,
  proof: RemovalProof,
  factor: keyof typeof FACTOR_WORDS,
  drop: (tx: Tx) => Promise<AuditEvent>,
): Promise<RenewedSession> {
  await demandFreshSignIn(ctx)
  await proveRemoval(ctx, proof)
  const { userId } = userOf(ctx)
  return ctx.db.transaction(`account:${userId}`, async (tx) => {
    const account = await holdOwnAccount(ctx, tx)
    await demandSecondFactor(ctx, tx)
    const event = await drop(tx)
    await endChallenges(tx, userId, ctx.now())
    const isLast = !hasFactor(await factorsOf(tx, userId))
    await inEachOrganization(ctx, tx, userId, (there) => there.record(tx, event))
    if (isLast) await forgetAll(ctx, tx, account)
    await ctx.mail(tx, mails.removed(account, { factor: FACTOR_WORDS[factor], isLast }))
    return ctx.services.ports.renewSession(ctx, tx, {
      because: 'second_factor_removed',
      ...(isLast ? { secondFactorAt: null } : {}),
    })
  })
}

async function forgetAll(ctx: Ctx, tx: Tx, { id }: Account): Promise<void> {
  await deleteRecoveryCodes(tx, id)
  await inEachOrganization(ctx, tx, id, () => forgetSecondFactor(tx, id))
}

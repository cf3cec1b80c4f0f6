/** Reads of second factors. Scope of each: the account. @module */
import { authenticationOf, organizationsOf, userOf } from '#people/identity'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { adviceFor, type MfaAdvice } from './model/advice.ts'
import { opensAlone } from './model/permitted.ts'
import { type RemovalTakes, strictestRemoval } from './model/removal.ts'
import type { TotpFactor } from './store/codes.ts'

/** What an account could prove itself with beside a password. */
export interface EnrolledFactors {
  readonly totp: boolean
  readonly passkeys: number
  /** Unspent. */
  readonly recoveryCodes: number
}

/** Recovery codes are none by themselves: they stand in for a factor. */
export function hasFactor({ totp, passkeys }: EnrolledFactors): boolean {
  return totp || passkeys > 0
}

export async function factorsOf(tx: Tx, userId: Uuid): Promise<EnrolledFactors> {
  const row = await tx
    .selectNoFrom((eb) => [
      eb
        .exists(
          eb
            .selectFrom('totpFactors')
            .select('id')
            .where('userId', '=', userId)
            .where('confirmedAt', 'is not', null),
        )
        .as('totp'),
      eb
        .selectFrom('passkeys')
        .select((count) => count.fn.countAll<number>().as('n'))
        .where('userId', '=', userId)
        .as('passkeys'),
      eb
        .selectFrom('recoveryCodes')
        .select((count) => count.fn.countAll<number>().as('n'))
        .where('userId', '=', userId)
        .where('spentAt', 'is', null)
        .as('recoveryCodes'),
    ])
    .executeTakeFirstOrThrow()
  return { totp: Boolean(row.totp), passkeys: row.passkeys ?? 0, recoveryCodes: row.recoveryCodes ?? 0 }
}

/** The authenticator app that was confirmed, or the one that waits for its first code. */
export async function findTotp(
  tx: Tx,
  userId: Uuid,
  state: 'confirmed' | 'pending',
): Promise<TotpFactor | undefined> {
  return tx
    .selectFrom('totpFactors')
    .select(['id', 'userId', 'secret', 'createdAt', 'lastStep'])
    .where('userId', '=', userId)
    .where('confirmedAt', state === 'confirmed' ? 'is not' : 'is', null)
    .executeTakeFirst()
}

/** Whether a code of the set was spent before. */
export async function isRecoveryCodeSpent(tx: Tx, userId: Uuid, codeHash: Buffer): Promise<boolean> {
  const row = await tx
    .selectFrom('recoveryCodes')
    .select('id')
    .where('userId', '=', userId)
    .where('codeHash', '=', codeHash)
    .where('spentAt', 'is not', null)
    .executeTakeFirst()
  return row !== undefined
}

export interface PasskeyRow {
  readonly id: Uuid
  readonly credentialId: Buffer
  readonly publicKey: Buffer
  readonly transports: string[]
  readonly name: string
  readonly isBackedUp: boolean
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
}

/** Whether a passkey that was proven is still the account's. */
export async function hasPasskey(tx: Tx, userId: Uuid, id: Uuid): Promise<boolean> {
  const row = await tx
    .selectFrom('passkeys')
    .select('id')
    .where('userId', '=', userId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}

/** All of an account's, oldest first; there are at most a few. */
export async function passkeysOf(tx: Tx, userId: Uuid): Promise<PasskeyRow[]> {
  return tx
    .selectFrom('passkeys')
    .select([
      'id',
      'credentialId',
      'publicKey',
      'transports',
      'name',
      'isBackedUp',
      'createdAt',
      'lastUsedAt',
    ])
    .where('userId', '=', userId)
    .orderBy('id')
    .execute()
}

/** Whether the caller should have a second factor, and has one. Only for members. */
export function mfaAdvice(ctx: Ctx): MfaAdvice {
  return adviceFor(ctx.policy, ctx.principal!.standing!, ctx.now())
}

/** What removing one of the caller's factors takes, beside a fresh sign-in: of the account's organizations the strictest. */
export async function removalTakes(ctx: Ctx): Promise<RemovalTakes> {
  const { userId } = userOf(ctx)
  const organizations = await ctx.db.transaction(`account:${userId}`, (tx) => organizationsOf(tx, userId))
  return strictestRemoval((await authenticationOf(ctx, organizations)).map(({ mfa }) => mfa.removal))
}

/** What the caller has enrolled, and what the policy of this organization says of it. */
export async function readOwnFactors(ctx: Ctx) {
  const { userId } = userOf(ctx)
  const { authentication } = ctx.policy.policy
  const found = await ctx.db.transaction(`account:${userId}`, async (tx) => ({
    factors: await factorsOf(tx, userId),
    totp: await tx
      .selectFrom('totpFactors')
      .select(['confirmedAt', 'lastUsedAt'])
      .where('userId', '=', userId)
      .where('confirmedAt', 'is not', null)
      .$narrowType<{ confirmedAt: Date }>()
      .executeTakeFirst(),
  }))
  return {
    level: mfaAdvice(ctx).level,
    enrolled: hasFactor(found.factors),
    satisfied: ctx.principal!.standing!.secondFactor === 'satisfied',
    methods: [...authentication.mfa.methods],
    passwordless: opensAlone(authentication),
    removal: await removalTakes(ctx),
    totp: found.totp ?? null,
    passkeys: found.factors.passkeys,
    recoveryCodes: found.factors.recoveryCodes,
  }
}

/** One's own, newest last. */
export async function listOwnPasskeys(ctx: Ctx): Promise<PasskeyRow[]> {
  const { userId } = userOf(ctx)
  return ctx.db.transaction(`account:${userId}`, (tx) => passkeysOf(tx, userId))
}

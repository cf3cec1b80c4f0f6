/** A sign-in half done: what was proven, and what is owed next. Scope of each, unless said: the account. @module */
import { sql } from 'kysely'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'

/** What is owed. */
export type ChallengeKind = 'second_factor' | 'password_change' | 'organization'

/** What had been proven when it was given, and what was asked for. */
export interface Challenge {
  readonly methods: readonly string[]
  readonly secondFactorAt: Date | null
  /** Named at the beginning, as it was sent. */
  readonly organization: string | null
}

export interface NewChallenge extends Challenge {
  readonly id: Uuid
  readonly userId: Uuid
  readonly kind: ChallengeKind
  readonly secretHash: Buffer
  /** Of the account when its password, or its passkey, was right. */
  readonly tokenVersion: number
  readonly createdAt: Date
  readonly expiresAt: Date
}

export async function insertChallenge(tx: Tx, challenge: NewChallenge): Promise<void> {
  await tx
    .insertInto('signInChallenges')
    .values({ ...challenge, methods: [...challenge.methods] })
    .execute()
}

/** Whose challenge this is; it is presented before there is a session, in no scope. */
export async function findChallenge(ctx: Ctx, secretHash: Buffer): Promise<Uuid | undefined> {
  const [row] = await ctx.db.prepared<{ user_id: Uuid | null }>(
    'account-of-challenge',
    'select account_of_challenge($1) as user_id',
    [secretHash],
  )
  return row?.user_id ?? undefined
}

/** A challenge stands for what was right when it was given: what ends the account's tokens ends it. */
const isOpen = (secretHash: Buffer, kind: ChallengeKind, now: Date) =>
  sql<boolean>`secret_hash = ${secretHash} and kind = ${kind} and spent_at is null and expires_at > ${now}
    and token_version = (select u.token_version from users u where u.id = sign_in_challenges.user_id)`

export async function findOpenChallenge(
  tx: Tx,
  secretHash: Buffer,
  kind: ChallengeKind,
  now: Date,
): Promise<Challenge | undefined> {
  return tx
    .selectFrom('signInChallenges')
    .select(['methods', 'secondFactorAt', 'organization'])
    .where(isOpen(secretHash, kind, now))
    .executeTakeFirst()
}

/** One conditional update: of 20 at once, one spends it. The account is held. */
export async function spendChallenge(
  tx: Tx,
  secretHash: Buffer,
  kind: ChallengeKind,
  now: Date,
): Promise<Challenge | undefined> {
  return tx
    .updateTable('signInChallenges')
    .set({ spentAt: now })
    .where(isOpen(secretHash, kind, now))
    .returning(['methods', 'secondFactorAt', 'organization'])
    .executeTakeFirst()
}

/** All SQL that writes or locks one-time links. Each function names the scope its transaction must be in. @module */
import { sql } from 'kysely'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { LinkKind } from '../model/link.ts'

export interface LinkRow {
  readonly id: Uuid
  readonly userId: Uuid
  readonly kind: LinkKind
  readonly email: string
  readonly newEmail: string | null
  readonly createdAt: Date
}

export interface NewLinkRow extends LinkRow {
  readonly secretHash: Buffer
  readonly tokenVersion: number | null
  readonly expiresAt: Date
}

/** Scope: the account. */
export async function insertLink(tx: Tx, row: NewLinkRow): Promise<void> {
  await tx.insertInto('accountLinks').values(row).execute()
}

/** Takes links out of use that nobody spent. Scope: the account, which is held. */
export async function supersedeLinks(
  tx: Tx,
  userId: Uuid,
  kinds: readonly LinkKind[],
  now: Date,
): Promise<void> {
  await tx
    .updateTable('accountLinks')
    .set({ supersededAt: now })
    .where('userId', '=', userId)
    .where('kind', 'in', kinds)
    .where('spentAt', 'is', null)
    .where('supersededAt', 'is', null)
    .execute()
}

/** Takes refusals out of use that were made after another one was. Scope: the account, which is held. */
export async function supersedeLaterRefusals(tx: Tx, link: LinkRow, now: Date): Promise<void> {
  await tx
    .updateTable('accountLinks')
    .set({ supersededAt: now })
    .where('userId', '=', link.userId)
    .where('kind', '=', 'email_refusal')
    .where('id', '<>', link.id)
    .where('createdAt', '>=', link.createdAt)
    .where('spentAt', 'is', null)
    .where('supersededAt', 'is', null)
    .execute()
}

/** Whose link this is. */
export async function findLinkAccount(ctx: Ctx, secretHash: Buffer): Promise<Uuid | undefined> {
  return ctx.db.transaction('link', async (tx) => {
    const { rows } = await sql<{ id: Uuid | null }>`select account_of_link(${secretHash}) as id`.execute(tx)
    return rows[0]?.id ?? undefined
  })
}

/** A link stands for an account as it was: what ends the account's tokens, or moves it to another address, ends it. */
const holds = (secretHash: Buffer, now: Date) =>
  sql<boolean>`secret_hash = ${secretHash} and spent_at is null and superseded_at is null and expires_at > ${now}
    and exists (
      select from users u where u.id = account_links.user_id and u.status = 'active'
        and (u.token_version = account_links.token_version or account_links.token_version is null)
        and (u.email = account_links.email or account_links.kind = 'email_refusal')
    )`

const columns = ['id', 'userId', 'kind', 'email', 'newEmail', 'createdAt'] as const

/** Scope: the account. */
export async function readLink(tx: Tx, secretHash: Buffer, now: Date): Promise<LinkRow | undefined> {
  const row = await tx
    .selectFrom('accountLinks')
    .select(columns)
    .where(holds(secretHash, now))
    .executeTakeFirst()
  return row && { ...row, kind: row.kind as LinkKind }
}

/** One conditional update: of 20 at once, one spends it. Scope: the account, which is held. */
export async function markLinkSpent(
  tx: Tx,
  secretHash: Buffer,
  kinds: readonly LinkKind[],
  now: Date,
): Promise<LinkRow | undefined> {
  const row = await tx
    .updateTable('accountLinks')
    .set({ spentAt: now })
    .where(holds(secretHash, now))
    .where('kind', 'in', kinds)
    .returning(columns)
    .executeTakeFirst()
  return row && { ...row, kind: row.kind as LinkKind }
}

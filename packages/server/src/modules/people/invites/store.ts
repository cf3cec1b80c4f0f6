/** All SQL that writes or locks invites and registrations. Each function names the scope its transaction must be in. @module */
import { sql } from 'kysely'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'

/** Who sent an invite last, and so answers for what it offers. */
export interface Inviter {
  readonly inviterOrganizationId: Uuid
  readonly inviterMemberId: Uuid
  readonly inviterUserId: Uuid
}

export interface InviteRow extends Inviter {
  readonly organizationId: Uuid
  readonly id: Uuid
  readonly email: string
  readonly emailKey: string
  readonly roles: readonly string[]
  readonly locale: string
  readonly permission: 'create:invites' | 'create:members'
  readonly createdAt: Date
  readonly sentAt: Date
  readonly expiresAt: Date
  readonly acceptedAt: Date | null
  readonly revokedAt: Date | null
  readonly replacedAt: Date | null
}

const columns = [
  'organizationId',
  'id',
  'email',
  'emailKey',
  'roles',
  'locale',
  'permission',
  'inviterOrganizationId',
  'inviterMemberId',
  'inviterUserId',
  'createdAt',
  'sentAt',
  'expiresAt',
  'acceptedAt',
  'revokedAt',
  'replacedAt',
] as const

export type NewInvite = Omit<InviteRow, 'acceptedAt' | 'revokedAt' | 'replacedAt' | 'sentAt'> & {
  readonly tokenHash: Buffer
}

/** False where the address has an open invite already. Scope: the organization. */
export async function insertInvite(tx: Tx, { roles, ...row }: NewInvite): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('invites')
    .values({ ...row, roles: [...roles], sentAt: row.createdAt })
    .onConflict((conflict) =>
      conflict
        .columns(['organizationId', 'emailKey'])
        .where('acceptedAt', 'is', null)
        .where('revokedAt', 'is', null)
        .where('replacedAt', 'is', null)
        .doNothing(),
    )
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** Makes room for a new invite to an address where the open one has expired. Scope: the organization. */
export async function replaceExpired(tx: Tx, emailKey: string, now: Date): Promise<void> {
  await tx
    .updateTable('invites')
    .set({ replacedAt: now })
    .where('emailKey', '=', emailKey)
    .where(isOpen)
    .where('expiresAt', '<=', now)
    .execute()
}

const isOpen = sql<boolean>`accepted_at is null and revoked_at is null and replaced_at is null`

/** Holds an invite until the transaction ends. Scope: the organization. */
export async function lockInvite(tx: Tx, id: Uuid): Promise<InviteRow | undefined> {
  const row = await tx
    .selectFrom('invites')
    .select(columns)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row && asInvite(row)
}

/** A new link in the place of the one before, sent by somebody who answers for it from now on. Scope: the organization; the invite is held. */
export async function saveResent(
  tx: Tx,
  id: Uuid,
  sent: Inviter & { readonly tokenHash: Buffer; readonly sentAt: Date; readonly expiresAt: Date },
): Promise<void> {
  await tx
    .updateTable('invites')
    .set((eb) => ({ ...sent, permission: 'create:invites', sends: eb('sends', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** False where it was over already. Scope: the organization. */
export async function saveRevoked(
  tx: Tx,
  id: Uuid,
  { by, because, now }: { readonly by: string; readonly because: string; readonly now: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('invites')
    .set({ revokedAt: now, revokedBy: by, revokedBecause: because })
    .where('id', '=', id)
    .where(isOpen)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Where an invite belongs whose link was presented. */
export async function findInviteOfLink(
  ctx: Ctx,
  tokenHash: Buffer,
): Promise<{ organizationId: Uuid; id: Uuid } | undefined> {
  return ctx.db.transaction('link', async (tx) => {
    const { rows } = await sql<{ organizationId: Uuid; id: Uuid }>`
      select organization_id, id from invite_of_link(${tokenHash})`.execute(tx)
    return rows[0]
  })
}

const holds = (tokenHash: Buffer, now: Date) =>
  sql<boolean>`token_hash = ${tokenHash} and ${isOpen} and expires_at > ${now}`

/** The invite of a link that works. Scope: the organization. */
export async function readPendingInvite(
  tx: Tx,
  tokenHash: Buffer,
  now: Date,
): Promise<InviteRow | undefined> {
  const row = await tx.selectFrom('invites').select(columns).where(holds(tokenHash, now)).executeTakeFirst()
  return row && asInvite(row)
}

/** The same, held until the transaction ends: of 20 at once, one finds it pending. Scope: the organization. */
export async function holdPendingInvite(
  tx: Tx,
  tokenHash: Buffer,
  now: Date,
): Promise<InviteRow | undefined> {
  const row = await tx
    .selectFrom('invites')
    .select(columns)
    .where(holds(tokenHash, now))
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row && asInvite(row)
}

/** Scope: the organization; the invite is held and pending. */
export async function saveAccepted(tx: Tx, id: Uuid, memberId: Uuid, now: Date): Promise<void> {
  await tx
    .updateTable('invites')
    .set({ acceptedAt: now, memberId })
    .where('id', '=', id)
    .where(isOpen)
    .execute()
}

function asInvite<R extends { permission: string }>(row: R) {
  return { ...row, permission: row.permission as InviteRow['permission'] }
}

/** Holds a member until the transaction ends: whoever takes their rights away came before, or waits. Scope: the member's organization. */
export async function holdInviter(tx: Tx, memberId: Uuid): Promise<boolean> {
  const row = await tx
    .selectFrom('members')
    .select('id')
    .where('id', '=', memberId)
    .forShare()
    .executeTakeFirst()
  return row !== undefined
}

/** The address of an account, held, and whether it is proven. Scope: the account. */
export async function holdAddress(
  tx: Tx,
  userId: Uuid,
): Promise<{ emailKey: string; emailVerifiedAt: Date | null }> {
  return tx
    .selectFrom('users')
    .select(['emailKey', 'emailVerifiedAt'])
    .where('id', '=', userId)
    .forShare()
    .executeTakeFirstOrThrow()
}

// Registrations --------------------------------------------------------------------------------------------------

export interface RegistrationRow {
  readonly organizationId: Uuid
  readonly id: Uuid
  readonly email: string
  readonly emailKey: string
  readonly role: string
  readonly name: string
  readonly locale: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** What has expired goes: nobody is to be remembered for having asked. Scope: the organization. */
export async function insertRegistration(
  tx: Tx,
  row: RegistrationRow & { readonly tokenHash: Buffer },
): Promise<void> {
  await tx.deleteFrom('registrations').where('expiresAt', '<=', row.createdAt).execute()
  await tx.insertInto('registrations').values(row).execute()
}

export async function findRegistrationOfLink(ctx: Ctx, tokenHash: Buffer): Promise<Uuid | undefined> {
  return ctx.db.transaction('link', async (tx) => {
    const { rows } = await sql<{ organizationId: Uuid }>`
      select organization_id from registration_of_link(${tokenHash})`.execute(tx)
    return rows[0]?.organizationId
  })
}

/** The organization of a slug, for somebody who is in none. */
export async function findOrganizationOfSlug(ctx: Ctx, slug: string): Promise<Uuid | undefined> {
  return ctx.db.transaction('link', async (tx) => {
    const { rows } = await sql<{ id: Uuid | null }>`select organization_of_slug(${slug}) as id`.execute(tx)
    return rows[0]?.id ?? undefined
  })
}

const registrationColumns = [
  'organizationId',
  'id',
  'email',
  'emailKey',
  'role',
  'name',
  'locale',
  'createdAt',
  'expiresAt',
] as const

/** Scope: the organization. */
export async function readOpenRegistration(
  tx: Tx,
  tokenHash: Buffer,
  now: Date,
): Promise<RegistrationRow | undefined> {
  return tx
    .selectFrom('registrations')
    .select(registrationColumns)
    .where('tokenHash', '=', tokenHash)
    .where('spentAt', 'is', null)
    .where('expiresAt', '>', now)
    .executeTakeFirst()
}

/** One conditional update: of 20 at once, one finishes. Scope: the organization. */
export async function spendRegistration(tx: Tx, tokenHash: Buffer, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('registrations')
    .set({ spentAt: now })
    .where('tokenHash', '=', tokenHash)
    .where('spentAt', 'is', null)
    .where('expiresAt', '>', now)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** All SQL of this module that writes or locks. Each function names the scope its transaction must be in. @module */
import { sql } from 'kysely'
import type { Tx } from '#platform/database'
import type { Uuid } from '#platform/ids'
import { errors } from './catalog.ts'
import type { Organization, Settings } from './model.ts'

export interface NewOrganization {
  readonly id: Uuid
  readonly slug: string
  readonly name: string
  readonly settings: Settings
  readonly now: Date
}

/** Scope: the new organization. @throws `organizations.slug_taken` */
export async function insertOrganization(tx: Tx, { now, settings, ...row }: NewOrganization): Promise<void> {
  await slugFree(
    tx
      .insertInto('organizations')
      .values({ ...row, settings: JSON.stringify(settings), createdAt: now, updatedAt: now })
      .execute(),
  )
}

/** Scope: the organization. @throws `organizations.slug_taken` */
export async function saveOrganization(
  tx: Tx,
  id: Uuid,
  facts: Pick<Organization, 'name' | 'slug' | 'settings'>,
  now: Date,
): Promise<void> {
  const { settings, ...rest } = facts
  await slugFree(
    tx
      .updateTable('organizations')
      .set({ ...rest, settings: JSON.stringify(settings), updatedAt: now })
      .where('id', '=', id)
      .execute(),
  )
}

async function slugFree<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if ((error as { constraint?: unknown }).constraint === 'organizations_slug_key') throw errors.slug_taken()
    throw error
  }
}

/** Sets the status where it differs. Scope: the organization. */
export async function saveOrganizationStatus(
  tx: Tx,
  id: Uuid,
  status: 'active' | 'suspended',
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('organizations')
    .set({ status, updatedAt: now })
    .where('id', '=', id)
    .where('status', '<>', status)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export interface LockedMember {
  readonly id: Uuid
  readonly userId: Uuid
  readonly status: string
  readonly email: string
  readonly name: string
  readonly privilegesSuspendedAt: Date | null
  readonly accessEndsAt: Date | null
}

/** Holds a member's row until the transaction ends. Scope: the organization. */
export async function lockMember(tx: Tx, id: Uuid): Promise<LockedMember | undefined> {
  return tx
    .selectFrom('members as m')
    .innerJoin('users as u', 'u.id', 'm.userId')
    .select([
      'm.id',
      'm.userId',
      'm.status',
      'u.email',
      'u.name',
      'm.privilegesSuspendedAt',
      'm.accessEndsAt',
    ])
    .where('m.id', '=', id)
    .forUpdate('m')
    .executeTakeFirst()
}

/** Answers whether the account was not a member yet. Scope: the organization. */
export async function insertMember(
  tx: Tx,
  row: {
    organizationId: Uuid
    id: Uuid
    userId: Uuid
    createdAt: Date
    isAwaited: boolean
    inviteId: Uuid | null
  },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('members')
    .values(row)
    .onConflict((conflict) => conflict.columns(['organizationId', 'userId']).doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

/** A command of this member's that was let in before cannot commit. Scope: the organization. */
export async function saveMemberStatus(
  tx: Tx,
  id: Uuid,
  status: 'active' | 'deactivated',
  now: Date,
): Promise<void> {
  await tx
    .updateTable('members')
    .set((eb) => ({
      status,
      revision: eb('revision', '+', 1),
      deactivatedAt: status === 'deactivated' ? now : null,
    }))
    .where('id', '=', id)
    .execute()
}

/** Sets the privileged roles of a member aside, or gives them back. As {@link saveMemberStatus} for what was let in before. Scope: the organization. */
export async function savePrivileges(tx: Tx, id: Uuid, suspendedAt: Date | null): Promise<void> {
  await tx
    .updateTable('members')
    .set((eb) => ({ privilegesSuspendedAt: suspendedAt, revision: eb('revision', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** Sets when a membership ends by itself; null: it does not. Scope: the organization. */
export async function saveAccessEnd(tx: Tx, id: Uuid, accessEndsAt: Date | null): Promise<void> {
  await tx
    .updateTable('members')
    .set((eb) => ({ accessEndsAt, revision: eb('revision', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** Holds an organization's row, for rules over all its members at once. Scope: the organization. */
export async function lockOrganization(tx: Tx, id: Uuid): Promise<void> {
  await tx.selectFrom('organizations').select('id').where('id', '=', id).forNoKeyUpdate().execute()
}

/** Sessions go with it; assignments and the log stay. Scope: the organization. */
export async function deleteMemberRow(tx: Tx, id: Uuid): Promise<void> {
  await tx.deleteFrom('members').where('id', '=', id).execute()
}

/** False where the account also belongs to another organization: then its name is its owner's. Scope: the organization. */
export async function renameAccount(tx: Tx, userId: Uuid, name: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('users')
    .set({ name, updatedAt: now })
    .where('id', '=', userId)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Whether the account is a member of another organization than the transaction's. */
export async function belongsElsewhere(tx: Tx, userId: Uuid): Promise<boolean> {
  const { rows } = await sql<{
    elsewhere: boolean
  }>`select belongs_elsewhere(${userId}) as elsewhere`.execute(tx)
  return rows[0]!.elsewhere
}

/** Spends the token of the set-up link; of any number at once, one gets true. */
export async function spendSetupToken(tx: Tx, hash: Buffer, now: Date): Promise<boolean> {
  const { rows } = await sql<{ spent: boolean }>`select spend_setup_token(${hash}, ${now}) as spent`.execute(
    tx,
  )
  return rows[0]!.spent
}

/** As the owner of the tables: the new token replaces those that were not spent. */
export async function replaceSetupToken(tx: Tx, hash: Buffer, now: Date, expiresAt: Date): Promise<void> {
  await tx.deleteFrom('setupTokens').where('consumedAt', 'is', null).execute()
  await tx.insertInto('setupTokens').values({ tokenHash: hash, createdAt: now, expiresAt }).execute()
}

/** Reads of accounts. @module */
import { grants } from '@writ/policy'
import { sql } from 'kysely'
import type { Ctx, Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import { errors } from './catalog.ts'

export interface UserRow {
  readonly id: Uuid
  readonly email: string
  readonly name: string
  readonly locale: string
  readonly status: string
  readonly passwordChangedAt: Date | null
  readonly mustChangePassword: boolean
  readonly lastSignInAt: Date | null
  readonly createdAt: Date
}

/** An organization that an account belongs to, as the account itself sees it. */
export interface AccountOrganization {
  readonly organizationId: Uuid
  readonly slug: string
  readonly name: string
  readonly kind: 'platform' | 'organization'
  readonly organizationStatus: 'active' | 'suspended'
  readonly overrides: string | null
  readonly memberId: Uuid
  readonly status: 'active' | 'deactivated'
  /** The end of the last day, where one is set: from then on it is as if there were no membership. */
  readonly accessEndsAt: Date | null
  /** It took the account in and the person has not come yet. */
  readonly isAwaited: boolean
}

/** The account with an address (its key), if there is one: also where it is in no organization of the caller's. */
export async function findAccountByAddress(ctx: Ctx, key: string): Promise<Uuid | undefined> {
  return ctx.db.transaction(`address:${key}`, async (tx) => {
    const { rows } = await sql<{ id: Uuid | null }>`select account_by_address(${key}) as id`.execute(tx)
    return rows[0]?.id ?? undefined
  })
}

/** All organizations of an account. Scope: the account. */
export async function organizationsOf(tx: Tx, userId: Uuid): Promise<AccountOrganization[]> {
  const { rows } = await sql<AccountOrganization>`select * from account_organizations(${userId})`.execute(tx)
  return rows
}

/** An account as its organization, or its owner, sees it. @throws `identity.not_found` */
export async function getUser(tx: Tx, userId: Uuid): Promise<UserRow> {
  const row = await tx
    .selectFrom('users')
    .select([
      'id',
      'email',
      'name',
      'locale',
      'status',
      'passwordChangedAt',
      'mustChangePassword',
      'lastSignInAt',
      'createdAt',
    ])
    .where('id', '=', userId)
    .executeTakeFirst()
  if (!row) throw errors.not_found()
  return row
}

/** What the caller may do now, in the organization of their credential. */
export function ownPermissions(ctx: Ctx) {
  const { standing, home } = ctx.principal!
  return grants(ctx.policy, standing!, ctx.now(), { platform: home.kind === 'platform' })
}

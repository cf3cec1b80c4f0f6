/** All SQL of this module that writes or locks. Each function names the scope its transaction must be in. @module */
import { sql } from 'kysely'
import type { Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'

export interface GivenConsent {
  readonly id: Uuid
  readonly policyVersionId: Uuid
}

/** What was given and not withdrawn. Scope: the account, whose row is held. */
export async function findGiven(tx: Tx, userId: Uuid, purpose: string): Promise<GivenConsent | undefined> {
  return tx
    .selectFrom('consents')
    .select(['id', 'policyVersionId'])
    .where('userId', '=', userId)
    .where('purpose', '=', purpose)
    .where('withdrawnAt', 'is', null)
    .executeTakeFirst()
}

/** Scope: the account. */
export async function insertConsent(
  tx: Tx,
  consent: {
    userId: Uuid
    id: Uuid
    purpose: string
    policyVersionId: Uuid
    givenAt: Date
    givenBy: string
  },
): Promise<void> {
  await tx.insertInto('consents').values(consent).execute()
}

/** Scope: the account. */
export async function saveWithdrawal(
  tx: Tx,
  userId: Uuid,
  id: Uuid,
  withdrawn: { withdrawnAt: Date; withdrawnBecause: 'withdrawn' | 'renewed' },
): Promise<void> {
  await tx.updateTable('consents').set(withdrawn).where('userId', '=', userId).where('id', '=', id).execute()
}

/** Erases clear values of events before then, some at a time, in all logs. Scope: `deadlines`. */
export async function expirePersonalValues(
  tx: Tx,
  before: Date,
  limit: number,
): Promise<{ organizationId: Uuid; events: number }[]> {
  const { rows } = await sql<{ organizationId: Uuid; events: number }>`
    select organization_id, events from expire_audit_personal(${before}, ${limit})`.execute(tx)
  return rows
}

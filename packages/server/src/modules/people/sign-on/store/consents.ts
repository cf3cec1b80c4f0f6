/** SQL of what people agreed to hand over. Scope of every function: `sign-on`. @module */
import { sql } from 'kysely'
import type { Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'

export interface ConsentKey {
  readonly organizationId: Uuid
  readonly userId: Uuid
  readonly clientId: Uuid
}

/** Adds scopes to what was agreed to before. */
export async function saveConsent(
  tx: Tx,
  key: ConsentKey,
  scopes: readonly string[],
  givenAt: Date,
): Promise<void> {
  await tx
    .insertInto('signOnConsents')
    .values({ ...key, scopes: [...scopes], givenAt })
    .onConflict((conflict) =>
      conflict.columns(['organizationId', 'userId', 'clientId']).doUpdateSet({
        scopes: sql<string[]>`array(select distinct unnest(sign_on_consents.scopes || excluded.scopes))`,
        givenAt,
      }),
    )
    .execute()
}

/** What was agreed to; empty: nothing. */
export async function findConsent(tx: Tx, key: ConsentKey): Promise<readonly string[]> {
  const row = await tx
    .selectFrom('signOnConsents')
    .select('scopes')
    .where('organizationId', '=', key.organizationId)
    .where('userId', '=', key.userId)
    .where('clientId', '=', key.clientId)
    .executeTakeFirst()
  return row?.scopes ?? []
}

/** What was agreed to until now; undefined where there was nothing. */
export async function deleteConsent(tx: Tx, key: ConsentKey): Promise<readonly string[] | undefined> {
  const row = await tx
    .deleteFrom('signOnConsents')
    .where('organizationId', '=', key.organizationId)
    .where('userId', '=', key.userId)
    .where('clientId', '=', key.clientId)
    .returning('scopes')
    .executeTakeFirst()
  return row?.scopes
}

export async function listConsents(tx: Tx, organizationId: Uuid, userId: Uuid) {
  return tx
    .selectFrom('signOnConsents as s')
    .innerJoin('signOnClients as c', 'c.id', 's.clientId')
    .select(['s.clientId', 'c.name', 's.scopes', 's.givenAt'])
    .where('s.organizationId', '=', organizationId)
    .where('s.userId', '=', userId)
    .where('c.revokedAt', 'is', null)
    .orderBy('s.clientId')
    .execute()
}

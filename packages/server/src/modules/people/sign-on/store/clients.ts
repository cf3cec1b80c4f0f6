/** SQL of registered applications and of the keys. Writing is the owner's: the server's role may only read. @module */
import type { Selectable } from 'kysely'
import type { Tx } from '#platform/context'
import type { Uuid } from '#platform/ids'
import type { SignOnClients } from '../../../../generated/database.ts'
import type { Authentication, ClientType, PublicKeys, SignOnClient } from '../model/client.ts'

export async function insertClient(tx: Tx, client: SignOnClient, createdBy: string): Promise<void> {
  await tx
    .insertInto('signOnClients')
    .values({
      ...client,
      jwks: client.jwks && JSON.stringify(client.jwks),
      redirectUris: [...client.redirectUris],
      postLogoutUris: [...client.postLogoutUris],
      resources: [...client.resources],
      audienceScopes: [...client.audienceScopes],
      createdBy,
    })
    .execute()
}

/** A client that is not revoked. */
export async function findClient(tx: Tx, id: Uuid): Promise<SignOnClient | undefined> {
  const row = await tx
    .selectFrom('signOnClients')
    .selectAll()
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .executeTakeFirst()
  return row && clientOf(row)
}

/** The service that answers to a resource indicator. */
export async function findService(tx: Tx, audience: string): Promise<SignOnClient | undefined> {
  const row = await tx
    .selectFrom('signOnClients')
    .selectAll()
    .where('audience', '=', audience)
    .where('revokedAt', 'is', null)
    .executeTakeFirst()
  return row && clientOf(row)
}

export async function lockClient(tx: Tx, id: Uuid): Promise<SignOnClient | undefined> {
  const row = await tx
    .selectFrom('signOnClients')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row && clientOf(row)
}

export async function saveRevocation(tx: Tx, id: Uuid, revokedAt: Date): Promise<void> {
  await tx
    .updateTable('signOnClients')
    .set({ revokedAt, audience: null, audienceTokens: null })
    .where('id', '=', id)
    .execute()
}

export function clientOf(row: Selectable<SignOnClients>): SignOnClient {
  const { createdBy: _, ...client } = row
  return {
    ...client,
    type: row.type as ClientType,
    authentication: row.authentication as Authentication,
    jwks: row.jwks as PublicKeys | null,
    audienceTokens: row.audienceTokens as 'opaque' | 'jwt' | null,
  }
}

export interface StoredKey {
  readonly id: Uuid
  readonly secret: Buffer
}

export async function insertKey(tx: Tx, key: StoredKey, createdAt: Date): Promise<void> {
  await tx
    .insertInto('signOnKeys')
    .values({ ...key, algorithm: 'ES256', createdAt })
    .execute()
}

/** Keys that are not retired, newest first. */
export async function listKeys(tx: Tx): Promise<StoredKey[]> {
  return tx
    .selectFrom('signOnKeys')
    .select(['id', 'secret'])
    .where('retiredAt', 'is', null)
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

export async function retireOtherKeys(tx: Tx, keep: Uuid, retiredAt: Date): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('signOnKeys')
    .set({ retiredAt })
    .where('id', '<>', keep)
    .where('retiredAt', 'is', null)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

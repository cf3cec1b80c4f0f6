/** Reads of the one sign-on. @module */
import type { Tx } from '#platform/context'
import type { SignOnClient } from './model/client.ts'
import { clientOf } from './store/clients.ts'

/** All applications that were ever registered, oldest first. */
export async function listClients(tx: Tx): Promise<SignOnClient[]> {
  const rows = await tx.selectFrom('signOnClients').selectAll().orderBy('id').execute()
  return rows.map(clientOf)
}

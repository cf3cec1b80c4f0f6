/**
 * The operator's side, joined: the database as its owner, with the audit log behind it. What is done here is done
 * beside the server, by whoever may run commands on its machine, and never by a request.
 *
 * @module
 */
import { recordAsOperator } from '#evidence/audit'
import { createPool, Database } from '#platform/database'
import type { OperatorDatabase } from '#platform/operator'

export interface OperatorInput {
  /** Connection as writ_owner. */
  readonly ownerUrl: string
  readonly masterKey: Uint8Array
  now(): Date
}

/** Opens the database as its owner; close `db` when done. */
export function openOperatorDatabase({ ownerUrl, masterKey, now }: OperatorInput): OperatorDatabase {
  const pools = {
    transactions: createPool(ownerUrl, { max: 2 }),
    statements: createPool(ownerUrl, { max: 1 }),
  }
  const db = new Database(pools, masterKey)
  return { db, masterKey, now, record: recordAsOperator({ db, now }) }
}

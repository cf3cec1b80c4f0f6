/**
 * The keys that sign what applications verify. Made and retired by the operator, read by the server; never those of
 * the API's own access tokens, so that neither can be taken for the other.
 *
 * @module
 */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { Services, Tx } from '#platform/context'
import { deriveKey, seal, unseal } from '#platform/crypto'
import { newId, type Uuid } from '#platform/ids'
import { insertKey, listKeys } from '../store/clients.ts'

/** Makes a key; from the next token on it signs. */
export async function makeSignOnKey(tx: Tx, master: Uint8Array, now: Date): Promise<Uuid> {
  const id = newId(now)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' })
  await insertKey(tx, { id, secret: seal(sealKey(master), secret, id) }, now)
  return id
}

/** Makes the first key of an installation. */
export async function ensureSignOnKey(tx: Tx, master: Uint8Array, now: Date): Promise<void> {
  if ((await listKeys(tx)).length === 0) await makeSignOnKey(tx, master, now)
}

export interface PrivateKeys {
  /** Changes when a key is made or retired. */
  readonly version: string
  /** JWKs with their private halves; the first signs. */
  readonly keys: readonly object[]
}

/** @throws when there is none: the operator makes one */
export async function readSignOnKeys(
  services: Services,
  known: PrivateKeys | undefined,
): Promise<PrivateKeys> {
  const rows = await services.db.transaction('sign-on', listKeys)
  const version = rows.map(({ id }) => id).join()
  if (known?.version === version) return known
  if (rows.length === 0)
    throw new Error('there is no key for the one sign-on; make one with: writ admin rotate-keys')
  const key = sealKey(services.masterKey)
  const keys = rows.map(({ id, secret }) => {
    const der = unseal(key, secret, id)
    const jwk = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' })
    return { ...jwk, kid: id, alg: 'ES256', use: 'sig' }
  })
  return { version, keys }
}

function sealKey(master: Uint8Array): Buffer {
  return deriveKey(master, 'sign-on-keys')
}

/** Who an application's access token stands for, outside the provider's own addresses. @module */
import type { AdapterPayload } from 'oidc-provider'
import type { Principal, Services } from '#platform/context'
import { deriveKey, sha256, unseal } from '#platform/crypto'
import { findArtifact } from '../store/artifacts.ts'
import { bearerOfGrant } from './bearers.ts'

/** As long as the provider's: 256 bits in 43 characters. Anything else is not looked up. */
const OPAQUE = /^[\w-]{43}$/

/**
 * The principal behind an opaque access token that holds now; undefined for any other text. A token that is bound to a
 * key (RFC 9449) is the word of whoever holds the key, which cannot be checked here: the application that received it
 * has done so.
 */
export async function principalOfAccessToken(
  services: Services,
  token: string,
): Promise<Principal | undefined> {
  if (!OPAQUE.test(token)) return undefined
  const idHash = sha256(token)
  const row = await services.db.transaction('sign-on', (tx) =>
    findArtifact(tx, 'AccessToken', 'idHash', idHash, services.now()),
  )
  if (!row) return undefined
  const { grantId, exp } = openPayload(services, 'AccessToken', row)
  if (!grantId || (exp !== undefined && exp * 1000 <= Date.now())) return undefined
  return (await bearerOfGrant(services, sha256(grantId)))?.principal
}

/** What the provider sealed. @throws when it was not sealed here, for this row */
export function openPayload(
  services: Services,
  model: string,
  row: { readonly idHash: Buffer; readonly payload: Buffer },
): AdapterPayload {
  return JSON.parse(unseal(payloadKey(services), row.payload, boundTo(model, row.idHash)).toString())
}

export function payloadKey(services: Services): Buffer {
  return deriveKey(services.masterKey, 'sign-on-artifacts')
}

export function boundTo(model: string, idHash: Buffer): string {
  return `${model}:${idHash.toString('hex')}`
}

/**
 * Making and retiring signing keys: the operator's side of the keyring, run as the owner.
 *
 * @module
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Tx } from '#platform/context'
import { seal } from '#platform/crypto'
import { newId, type Uuid } from '#platform/ids'
import { type Algorithm, signingSealKey } from './keyring.ts'

/** Makes a key; from the next sign-in on it signs. */
export async function makeSigningKey(
  tx: Tx,
  master: Uint8Array,
  algorithm: Algorithm,
  now: Date,
): Promise<Uuid> {
  const id = newId(now)
  const { secret, publicJwk } =
    algorithm === 'HS256' ? { secret: randomBytes(64), publicJwk: null } : keyPair(id, algorithm)
  await tx
    .insertInto('signingKeys')
    .values({
      id,
      algorithm,
      secret: seal(signingSealKey(master), secret, id),
      publicJwk: publicJwk && JSON.stringify(publicJwk),
      createdAt: now,
    })
    .execute()
  return id
}

/** Makes a key for an algorithm that has none. */
export async function ensureSigningKey(
  tx: Tx,
  master: Uint8Array,
  algorithm: Algorithm,
  now: Date,
): Promise<void> {
  const found = await tx
    .selectFrom('signingKeys')
    .select('id')
    .where('algorithm', '=', algorithm)
    .where('retiredAt', 'is', null)
    .executeTakeFirst()
  if (!found) await makeSigningKey(tx, master, algorithm, now)
}

/** Retires every key but one: tokens they signed are refused from the next request on, on every node. */
export async function retireOtherKeys(tx: Tx, keep: Uuid, algorithm: Algorithm, now: Date): Promise<number> {
  const retired = await tx
    .updateTable('signingKeys')
    .set({ retiredAt: now })
    .where('algorithm', '=', algorithm)
    .where('id', '!=', keep)
    .where('retiredAt', 'is', null)
    .executeTakeFirst()
  return Number(retired.numUpdatedRows)
}

function keyPair(id: Uuid, algorithm: Exclude<Algorithm, 'HS256'>): { secret: Buffer; publicJwk: object } {
  const { privateKey, publicKey } = generate(algorithm)
  return {
    secret: privateKey.export({ format: 'der', type: 'pkcs8' }),
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid: id, alg: algorithm, use: 'sig' },
  }
}

function generate(algorithm: Exclude<Algorithm, 'HS256'>) {
  switch (algorithm) {
    case 'EdDSA':
      return generateKeyPairSync('ed25519')
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 3072 })
  }
}

/**
 * The keys that sign access tokens. They are made and retired by the operator's commands; the server only reads them.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { createSigner, createVerifier } from 'fast-jwt'
import { deriveKey, unseal } from '#platform/crypto'
import type { Database } from '#platform/database'
import type { Uuid } from '#platform/ids'

/** What a policy may choose (authentication.tokens.algorithm). */
export type Algorithm = 'HS256' | 'EdDSA' | 'ES256' | 'RS256'

/** What our access tokens say (RFC 9068 names, `org`, `sid` and `ver` are ours). Times in seconds. */
export interface AccessClaims {
  readonly iss: string
  readonly aud: string
  readonly sub: string
  readonly org: string
  readonly sid: string
  readonly ver: number
  readonly iat: number
  readonly exp: number
  readonly jti: string
}

export interface SigningKey {
  readonly id: Uuid
  readonly algorithm: Algorithm
  sign(claims: AccessClaims): string
  /** The claims, if this key signed this very token for this issuer. @throws on any other token */
  verify(token: string): AccessClaims
}

/** As standing() counts it (migrations/0003_access.sql). */
const KEYS_EPOCH = 'select count(*) + count(retired_at) as epoch from signing_keys'

/** RFC 9068 section 2.1: keeps an access token from being taken for any other JWT of ours, and the reverse. */
const TYPE = 'at+jwt'

export class Keyring {
  readonly #db: Database
  readonly #sealKey: Buffer
  readonly #issuer: string
  #keys: ReadonlyMap<Uuid, SigningKey> = new Map()
  /** standing()'s keys_epoch at the time the keys were read; -1 before the first read. */
  #epoch = -1
  #loading: Promise<void> | undefined

  constructor(db: Database, master: Uint8Array, issuer: string) {
    this.#db = db
    this.#sealKey = signingSealKey(master)
    this.#issuer = issuer
  }

  /** A key that is not retired. Reads the database when the key is unknown, or when `epoch` says that keys changed. */
  async find(id: Uuid, epoch: number = this.#epoch): Promise<SigningKey | undefined> {
    if (epoch !== this.#epoch || !this.#keys.has(id)) await this.#load()
    // A read that was on its way already may be older than what the caller knows. Epochs only grow.
    if (epoch > this.#epoch) await this.#load()
    return this.#keys.get(id)
  }

  /**
   * The newest key of an algorithm that is not retired now: one retired since the last look would sign tokens that
   * nobody takes.
   */
  async signer(algorithm: Algorithm): Promise<SigningKey> {
    const [now] = await this.#db.prepared<{ epoch: number }>('keys-epoch', KEYS_EPOCH, [])
    if (now!.epoch !== this.#epoch) await this.#load()
    if (now!.epoch > this.#epoch) await this.#load()
    const key = [...this.#keys.values()].filter((each) => each.algorithm === algorithm).at(-1)
    if (!key) throw new Error(`there is no ${algorithm} signing key; make one with: writ admin rotate-keys`)
    return key
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Coalesced: a flood of tokens with invented key ids costs one read at a time. */
  #load(): Promise<void> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #read(): Promise<void> {
    const rows = await this.#db.prepared<{
      id: Uuid
      algorithm: Algorithm
      secret: Buffer
      retired_at: Date | null
    }>(
      'signing-keys',
      'select id, algorithm, secret, retired_at from signing_keys order by created_at, id',
      [],
    )
    const live = rows.filter((row) => row.retired_at === null)
    this.#keys = new Map(live.map((row) => [row.id, this.#open(row)]))
    this.#epoch = rows.length + (rows.length - live.length)
  }

  #open(row: { id: Uuid; algorithm: Algorithm; secret: Buffer }): SigningKey {
    const secret = unseal(this.#sealKey, row.secret, row.id)
    const [signWith, verifyWith] = row.algorithm === 'HS256' ? [secret, secret] : asymmetric(secret)
    const sign = createSigner({
      key: signWith,
      algorithm: row.algorithm,
      kid: row.id,
      header: { typ: TYPE } as never,
    })
    const verify = createVerifier({
      key: verifyWith,
      algorithms: [row.algorithm],
      checkTyp: TYPE,
      allowedIss: this.#issuer,
      allowedAud: this.#issuer,
      requiredClaims: ['iss', 'aud', 'sub', 'org', 'sid', 'ver', 'iat', 'exp'],
      // The clock is the context's, not the machine's: the caller compares `exp`.
      ignoreExpiration: true,
    })
    return { id: row.id, algorithm: row.algorithm, sign, verify }
  }
}

/** The key that seals signing keys at rest. */
export function signingSealKey(master: Uint8Array): Buffer {
  return deriveKey(master, 'signing-keys')
}

function asymmetric(pkcs8: Buffer): [string, string] {
  const privateKey: KeyObject = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return [pem, createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString()]
}

/**
 * Access tokens: signed, short, and worth nothing alone. A signature proves who the bearer was when it was made;
 * what they may do is read live by the session's id on every request.
 *
 * @module
 */
import { createDecoder } from 'fast-jwt'
import type { Services, TokenInput } from '#platform/context'
import { newId, type Uuid } from '#platform/ids'
import { type AccessClaims, Keyring } from './keyring.ts'

/** Tokens whose signature was checked are remembered: it is a pure function of token and key. */
const REMEMBERED = 10_000

/** How far the clocks of two servers may differ: what one issues, the other takes at once. */
const CLOCK_SKEW_SECONDS = 60

/** Longer than any token of ours; a megabyte in a header is refused before it is hashed. */
const MAX_LENGTH = 4_096

export class AccessTokens {
  readonly #keyring: Keyring
  readonly #issuer: string
  readonly #decode = createDecoder({ complete: true })
  readonly #verified = new Map<string, { claims: AccessClaims; keyId: Uuid }>()
  #verifiedEpoch = -1

  constructor(services: Pick<Services, 'db' | 'masterKey' | 'publicUrl'>) {
    this.#issuer = services.publicUrl
    this.#keyring = new Keyring(services.db, services.masterKey, services.publicUrl)
  }

  /** Signs with the policy's algorithm, for the policy's lifetime. */
  async issue(input: TokenInput, now: Date): Promise<{ token: string; expiresInSeconds: number }> {
    const { algorithm, accessSeconds } = input.policy.policy.authentication.tokens
    const key = await this.#keyring.signer(algorithm)
    const issuedAt = Math.floor(now.getTime() / 1000)
    const token = key.sign({
      iss: this.#issuer,
      aud: this.#issuer,
      sub: input.userId,
      org: input.organizationId,
      sid: input.sessionId,
      ver: input.tokenVersion,
      iat: issuedAt,
      exp: issuedAt + accessSeconds,
      jti: newId(now),
    })
    return { token, expiresInSeconds: accessSeconds }
  }

  /**
   * The claims of a token that one of our live keys signed and that has not expired; undefined for any other.
   * `epoch` is what standing() said of the keys: when it moved on, nothing remembered is believed.
   */
  async verify(token: string, now: Date, epoch?: number): Promise<AccessClaims | undefined> {
    if (token.length > MAX_LENGTH) return undefined
    const checked = await this.#check(token, epoch)
    if (!checked) return undefined
    const { iat, exp } = checked.claims
    const seconds = now.getTime() / 1000
    return exp > seconds && iat <= seconds + CLOCK_SKEW_SECONDS ? checked.claims : undefined
  }

  /** Epoch of the keys that {@link verify} last used. */
  get epoch(): number {
    return this.#keyring.epoch
  }

  async #check(token: string, epoch: number | undefined): Promise<{ claims: AccessClaims } | undefined> {
    if (this.#verifiedEpoch !== (epoch ?? this.#keyring.epoch)) this.#verified.clear()
    const remembered = this.#verified.get(token)
    if (remembered) return remembered
    const keyId = this.#keyIdOf(token)
    const key = keyId === undefined ? undefined : await this.#keyring.find(keyId, epoch)
    if (!key) return undefined
    try {
      const fresh = { claims: key.verify(token), keyId: key.id }
      if (!isWellFormed(fresh.claims)) return undefined
      this.#remember(token, fresh)
      return fresh
    } catch {
      // Whatever is wrong with it (algorithm, signature, type, issuer, shape) is nobody's business but ours.
      return undefined
    }
  }

  /** The header chooses among our keys and nothing else: the key says which algorithm, type and issuer it accepts. */
  #keyIdOf(token: string): Uuid | undefined {
    try {
      const { header } = this.#decode(token) as { header: { kid?: unknown } }
      return typeof header.kid === 'string' && UUID.test(header.kid) ? header.kid : undefined
    } catch {
      return undefined
    }
  }

  #remember(token: string, verified: { claims: AccessClaims; keyId: Uuid }): void {
    this.#verifiedEpoch = this.#keyring.epoch
    if (this.#verified.size >= REMEMBERED) this.#verified.delete(this.#verified.keys().next().value!)
    this.#verified.set(token, verified)
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Types of what the token says: a signature alone does not make an `exp` a number. `sid` is looked up together with
 * those of other requests, whose look-up must not fail with it.
 */
function isWellFormed({ sub, org, sid, ver, iat, exp }: AccessClaims): boolean {
  return (
    [sub, org, sid].every((id) => typeof id === 'string' && UUID.test(id)) &&
    [ver, iat, exp].every(Number.isSafeInteger)
  )
}

/**
 * An authenticator in software, and the browser in front of it: passkeys with genuine keys, attestation `none` and
 * signatures (WebAuthn Level 3, sections 6.1, 6.3 and 6.5.1), and every way in which an attacker would make them wrong.
 *
 * @module
 */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { ORIGIN } from './app.ts'

/** What is wrong about an answer; absent: nothing. */
export interface Flaws {
  /** The page that asked, such as a phishing site's. */
  readonly origin?: string
  /** The site that the key is used for. */
  readonly rpId?: string
  /** What is signed instead of the challenge that was asked. */
  readonly challenge?: string
  readonly type?: string
  /** Default true: a PIN was typed, a finger was shown. */
  readonly userVerified?: boolean
  /** Default: one more than at the last use. */
  readonly signCount?: number
  /** One bit of the signature, the other way round. */
  readonly flipsSignature?: boolean
  readonly userHandle?: string
}

interface Key {
  readonly id: Buffer
  readonly rpId: string
  readonly userHandle: string
  readonly privateKey: KeyObject
  signCount: number
}

const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04
const ATTESTED = 0x40

export class SoftwareAuthenticator {
  readonly #keys: Key[] = []
  readonly #counts: boolean

  /** @param options.counts false: as synchronized passkeys are, whose counter stays 0 */
  constructor({ counts = true }: { counts?: boolean } = {}) {
    this.#counts = counts
  }

  /** `navigator.credentials.create`. */
  create(options: PublicKeyCredentialCreationOptionsJSON, flaws: Flaws = {}): RegistrationResponseJSON {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const rpId = options.rp.id!
    const key: Key = { id: randomBytes(32), rpId, userHandle: options.user.id, privateKey, signCount: 0 }
    this.#keys.push(key)
    return this.#attest(key, options, flaws)
  }

  /** Offers its newest key again, as if it had been made for this: what no honest authenticator does. */
  recreate(options: PublicKeyCredentialCreationOptionsJSON): RegistrationResponseJSON {
    return this.#attest(this.#keys.at(-1)!, options, {})
  }

  #attest(key: Key, options: PublicKeyCredentialCreationOptionsJSON, flaws: Flaws): RegistrationResponseJSON {
    const { x, y } = createPublicKey(key.privateKey).export({ format: 'jwk' })
    const cose = cborMap([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x!, 'base64url')],
      [-3, Buffer.from(y!, 'base64url')],
    ])
    const length = Buffer.alloc(2)
    length.writeUInt16BE(key.id.length)
    const attested = Buffer.concat([Buffer.alloc(16), length, key.id, cose])
    const attestationObject = cborMap([
      ['fmt', 'none'],
      ['attStmt', EMPTY_MAP],
      ['authData', this.#authenticatorData(key, flaws, attested)],
    ])
    return {
      ...credential(key.id),
      response: {
        clientDataJSON: clientData('webauthn.create', options.challenge, flaws).toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['internal'],
      },
    }
  }

  /** `navigator.credentials.get`, with the key that was asked for, or the newest. */
  get(options: PublicKeyCredentialRequestOptionsJSON, flaws: Flaws = {}): AuthenticationResponseJSON {
    const allowed = options.allowCredentials ?? []
    const key = this.#keys.findLast(
      ({ id }) => allowed.length === 0 || allowed.some((each) => each.id === id.toString('base64url')),
    )
    if (!key) throw new Error('this authenticator holds none of the keys that were asked for')
    const authenticatorData = this.#authenticatorData(key, flaws)
    const client = clientData('webauthn.get', options.challenge, flaws)
    const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(client)]), key.privateKey)
    // The last byte is part of a number: the signature stays well-formed.
    if (flaws.flipsSignature) signature[signature.length - 1]! ^= 1
    return {
      ...credential(key.id),
      response: {
        clientDataJSON: client.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: flaws.userHandle ?? key.userHandle,
      },
    }
  }

  /** Another one with the same keys and counters, as of now: what whoever reads out the chip has. */
  clone(): SoftwareAuthenticator {
    const clone = new SoftwareAuthenticator({ counts: this.#counts })
    clone.#keys.push(...this.#keys.map((key) => ({ ...key })))
    return clone
  }

  #authenticatorData(key: Key, flaws: Flaws, attested?: Buffer): Buffer {
    if (this.#counts) key.signCount++
    const head = Buffer.alloc(5)
    head[0] =
      USER_PRESENT |
      (flaws.userVerified === false ? 0 : USER_VERIFIED) |
      (attested === undefined ? 0 : ATTESTED)
    head.writeUInt32BE(flaws.signCount ?? key.signCount, 1)
    return Buffer.concat([sha256(flaws.rpId ?? key.rpId), head, attested ?? Buffer.alloc(0)])
  }
}

function credential(id: Buffer) {
  const spelled = id.toString('base64url')
  return { id: spelled, rawId: spelled, type: 'public-key' as const, clientExtensionResults: {} }
}

function clientData(type: string, challenge: string, flaws: Flaws): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: flaws.type ?? type,
      challenge: flaws.challenge ?? challenge,
      origin: flaws.origin ?? ORIGIN,
      crossOrigin: false,
    }),
  )
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest()
}

// CBOR (RFC 8949), as much of it as keys and attestations take ---------------------------------------------------------

const EMPTY_MAP = Symbol('an empty map')
type Item = number | string | Buffer | typeof EMPTY_MAP

function cborMap(entries: readonly (readonly [Item, Item])[]): Buffer {
  return Buffer.concat([head(5, entries.length), ...entries.flat().map(cbor)])
}

function cbor(item: Item): Buffer {
  if (item === EMPTY_MAP) return head(5, 0)
  if (typeof item === 'number') return item < 0 ? head(1, -1 - item) : head(0, item)
  if (typeof item === 'string') return Buffer.concat([head(3, Buffer.byteLength(item)), Buffer.from(item)])
  return Buffer.concat([head(2, item.length), item])
}

function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value])
  if (value < 256) return Buffer.from([(major << 5) | 24, value])
  return Buffer.from([(major << 5) | 25, value >> 8, value & 255])
}

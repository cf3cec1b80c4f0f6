/**
 * The keys that sign checkpoints: one a log, made when its first checkpoint is due, sealed under the master key.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { type NoteSigner, noteSigner } from '@writ/tlog'
import { deriveKey, seal, unseal } from '#platform/crypto'
import type { Uuid } from '#platform/ids'
import type { NewKey } from '../store.ts'

/** Importing a key costs more than a signature; this many logs at once keep theirs. */
const MOST_KEPT = 2_000

export class LogKeys {
  readonly #sealKey: Buffer
  readonly #host: string
  readonly #signers = new Map<string, NoteSigner>()

  /** @param publicUrl names new logs; logs that have a key keep their name when it changes */
  constructor(master: Uint8Array, publicUrl: string) {
    this.#sealKey = deriveKey(master, 'audit-keys')
    this.#host = new URL(publicUrl).host
  }

  /** A new key for a log. Of two made at once the first that is saved is the log's. */
  async create(organizationId: Uuid): Promise<NewKey> {
    const origin = `${this.#host}/logs/${organizationId}`
    const seed = randomBytes(32)
    const { verifierKey } = await noteSigner(origin, seed)
    return {
      organizationId,
      origin,
      verifierKey,
      seed: seal(this.#sealKey, seed, boundTo(organizationId, verifierKey)),
    }
  }

  /** @throws when the master key is not the one under which the key was sealed */
  async signer(key: NewKey): Promise<NoteSigner> {
    const known = this.#signers.get(key.verifierKey)
    if (known) return known
    const signer = await noteSigner(key.origin, this.#open(key))
    for (const oldest of this.#signers.keys()) {
      if (this.#signers.size < MOST_KEPT) break
      this.#signers.delete(oldest)
    }
    this.#signers.set(key.verifierKey, signer)
    return signer
  }

  #open({ organizationId, verifierKey, seed }: NewKey): Buffer {
    try {
      return unseal(this.#sealKey, seed, boundTo(organizationId, verifierKey))
    } catch (cause) {
      throw new Error(
        `The signing key of audit log ${organizationId} cannot be opened: WRIT_MASTER_KEY is not the key it was sealed under.`,
        { cause },
      )
    }
  }
}

function boundTo(organizationId: Uuid, verifierKey: string): string {
  return `${organizationId} ${verifierKey}`
}

import { equalBytes } from '@writ/tlog'
import type { Uuid } from '#platform/ids'

export interface Head {
  readonly size: number
  readonly root: Uint8Array
}

/** Enough for the logs that are busy at once; what is forgotten is read from the database again. */
const MOST_KEPT = 10_000

/**
 * Heads that this process itself computed, step by step, from one that it had verified, and the newest it signed.
 * A memory, never a source: it saves reading the tree, and notices a log that got shorter.
 */
export class RecentHeads {
  readonly #computed = new Map<Uuid, Head>()
  readonly #signed = new Map<Uuid, Head>()

  add(organizationId: Uuid, head: Head): void {
    keep(this.#computed, organizationId, head)
  }

  knows(organizationId: Uuid, { size, root }: Head): boolean {
    const known = this.#computed.get(organizationId)
    return known !== undefined && known.size === size && equalBytes(known.root, root)
  }

  sign(organizationId: Uuid, head: Head): void {
    keep(this.#signed, organizationId, head)
  }

  signed(organizationId: Uuid): Head | undefined {
    return this.#signed.get(organizationId)
  }
}

function keep(heads: Map<Uuid, Head>, organizationId: Uuid, head: Head): void {
  heads.delete(organizationId)
  heads.set(organizationId, head)
  for (const oldest of heads.keys()) {
    if (heads.size <= MOST_KEPT) return
    heads.delete(oldest)
  }
}

import {
  CompactRange,
  canonicalJson,
  type ExportSource,
  type Hash,
  leafHash,
  memoryHashReader,
  type NoteSigner,
  noteSigner,
  personalHash,
  signCheckpoint,
  toBase64,
  writeExport,
} from '../../src/index.ts'
import { collect } from './collect.ts'

export const ORIGIN = 'log.example/org-1'
export const SEED = Uint8Array.from({ length: 32 }, (_, i) => i + 1)
export const OTHER_SEED = Uint8Array.from({ length: 32 }, (_, i) => 99 - i)

export type Signer = NoteSigner & { readonly verifierKey: string }

/** Entries of which every third has a personal value, and every sixth one that was erased. */
export function sampleEntries(count: number): ExportSource[] {
  return Array.from({ length: count }, (_, i) => {
    if (i % 3 !== 0) return { leaf: canonicalJson({ id: `evt_${i}`, type: 'sessions.started' }) }
    const salt = Uint8Array.from({ length: 16 }, (_, at) => (i + at) % 256)
    const value = `user${i}@example.com`
    const leaf = canonicalJson({ id: `evt_${i}`, personal: { email: personalHash(salt, value) } })
    return i % 6 === 0 ? { leaf } : { leaf, personal: { email: { salt: toBase64(salt), value } } }
  })
}

export interface SampleLog {
  readonly entries: readonly ExportSource[]
  readonly leaves: readonly Hash[]
  readonly signer: Signer
  readonly checkpoint: string
}

export async function sampleLog(count: number, origin = ORIGIN): Promise<SampleLog> {
  const entries = sampleEntries(count)
  const leaves = entries.map(({ leaf }) => leafHash(leaf))
  const signer = await noteSigner(origin, SEED)
  const checkpoint = await signCheckpoint({ origin, size: count, root: rootOf(leaves) }, [signer])
  return { entries, leaves, signer, checkpoint }
}

export function rootOf(leaves: readonly Hash[]): Hash {
  const range = new CompactRange()
  for (const leaf of leaves) range.append(leaf)
  return range.root()
}

/** The lines of an export of `[from, to)`. */
export function exportOf(log: SampleLog, from = 0, to = log.entries.length): Promise<string[]> {
  const { entries, leaves, signer, checkpoint } = log
  return collect(
    writeExport({
      checkpoint,
      verifierKey: signer.verifierKey,
      from,
      to,
      entries: entries.slice(from),
      read: memoryHashReader(leaves),
    }),
  )
}

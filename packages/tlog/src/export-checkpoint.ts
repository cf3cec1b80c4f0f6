import { equalBytes } from './bytes.ts'
import { type Checkpoint, openCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { TlogError } from './errors.ts'
import type { ExportHeader } from './export.ts'
import { emptyRoot } from './hashing.ts'
import { noteVerifier } from './note-keys.ts'

/**
 * What the verification rests on.
 *
 * - `pinned-key`: a key the verifier brought. Only its holder can have made the checkpoint.
 * - `embedded-key`: the key in the file. Shows no slip since it was written; whoever rewrites the
 *   whole file can put a key of their own.
 * - `unsigned`: no key at all. The file agrees with itself, no more.
 */
export type TrustMode = 'pinned-key' | 'embedded-key' | 'unsigned'

/** The signed text of a note; a checkpoint without signatures is its own text. */
export function checkpointText(checkpoint: string): string {
  const split = checkpoint.lastIndexOf('\n\n')
  return split < 0 ? checkpoint : checkpoint.slice(0, split + 1)
}

/**
 * The checkpoint of a header, with what may be said of it. An embedded key must have signed even when
 * a pinned one has.
 *
 * @throws `tlog.note_untrusted`, `tlog.note_malformed`, `tlog.checkpoint_malformed`, `tlog.key_malformed`
 * @throws `tlog.export_invalid` when the header says other than the checkpoint.
 */
export async function openExportCheckpoint(
  header: ExportHeader,
  { pinnedKey, origin }: { readonly pinnedKey?: string; readonly origin?: string },
): Promise<{ checkpoint: Checkpoint; trust: TrustMode }> {
  let checkpoint = parseCheckpoint(checkpointText(header.checkpoint))
  let trust: TrustMode = 'unsigned'
  if (header.verifierKey !== undefined) {
    checkpoint = await openCheckpoint(header.checkpoint, [await noteVerifier(header.verifierKey)])
    trust = 'embedded-key'
  }
  if (pinnedKey !== undefined) {
    checkpoint = await openCheckpoint(header.checkpoint, [await noteVerifier(pinnedKey)])
    trust = 'pinned-key'
  }
  requireAgreement(header, checkpoint)
  if (origin === undefined || checkpoint.origin === origin) return { checkpoint, trust }
  throw new TlogError('tlog.note_untrusted', `It is of the log "${checkpoint.origin}"; expected "${origin}".`)
}

function requireAgreement(header: ExportHeader, checkpoint: Checkpoint): void {
  const disagree = (what: string) =>
    new TlogError('tlog.export_invalid', `It disagrees with the header's ${what}.`)
  if (header.origin !== checkpoint.origin) throw disagree('origin')
  if (header.size !== checkpoint.size) throw disagree('size')
  if (header.from > header.to || header.to > header.size) throw disagree('range')
  if (checkpoint.size === 0 && !equalBytes(checkpoint.root, emptyRoot())) {
    throw new TlogError('tlog.export_invalid', 'Its root is not that of an empty log.')
  }
}

/** Checkpoints, as https://c2sp.org/tlog-checkpoint defines them: a signed note that states a tree head. */
import { fromBase64, toBase64 } from './bytes.ts'
import { TlogError } from './errors.ts'
import { HASH_SIZE, type Hash } from './hashing.ts'
import { openNote, parseNote, signNote } from './note.ts'
import type { NoteSigner, NoteVerifier } from './note-keys.ts'

export interface Checkpoint {
  /** Names the log for ever. */
  readonly origin: string
  readonly size: number
  readonly root: Hash
  /** Further lines, opaque here. The specification advises against them. */
  readonly extensions?: readonly string[]
}

/** The text that is signed. @throws `tlog.checkpoint_malformed` when it could not be parsed back. */
export function formatCheckpoint({ origin, size, root, extensions = [] }: Checkpoint): string {
  const text = `${[origin, String(size), toBase64(root), ...extensions].join('\n')}\n`
  const back = parseCheckpoint(text)
  if (back.origin === origin && back.extensions?.length === extensions.length) return text
  throw malformed('its origin or an extension has a line break')
}

/** Parses signed text strictly. @throws `tlog.checkpoint_malformed` */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw malformed('it does not end with a newline')
  const [origin = '', size = '', root = '', ...extensions] = text.slice(0, -1).split('\n')
  if (origin === '') throw malformed('line 1, the origin, is empty')
  if (!text.isWellFormed() || /[\u0000-\u0009\u000b-\u001f]/.test(text)) {
    throw malformed('it has a control character or a lone surrogate')
  }
  if (!/^(0|[1-9][0-9]*)$/.test(size)) throw malformed('line 2, the tree size, is not a plain decimal')
  if (!Number.isSafeInteger(Number(size))) throw malformed('line 2, the tree size, is above 2^53-1')
  if (extensions.includes('')) throw malformed('an extension line is empty')
  return { origin, size: Number(size), root: parseRoot(root), extensions }
}

/** Signs a checkpoint. The caller guarantees that it extends every one signed before. */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): Promise<string> {
  return signNote(formatCheckpoint(checkpoint), signers)
}

/**
 * Opens a signed checkpoint. Pass `origin` whenever one key signs several logs, else a checkpoint of
 * one log is accepted for another.
 *
 * @throws `tlog.note_malformed`, `tlog.checkpoint_malformed`
 * @throws `tlog.note_untrusted` when not signed by one of `verifiers`, or of another origin.
 */
export async function openCheckpoint(
  note: string,
  verifiers: readonly NoteVerifier[],
  origin?: string,
): Promise<Checkpoint> {
  const checkpoint = parseCheckpoint((await openNote(note, verifiers)).text)
  if (origin === undefined || checkpoint.origin === origin) return checkpoint
  throw new TlogError(
    'tlog.note_untrusted',
    `The checkpoint is of the log "${checkpoint.origin}"; expected "${origin}".`,
  )
}

/** Reads a signed checkpoint without verifying it: only for showing, or when no key is known. */
export function peekCheckpoint(note: string): Checkpoint {
  return parseCheckpoint(parseNote(note).text)
}

function parseRoot(line: string): Hash {
  try {
    const root = fromBase64(line)
    if (root.length === HASH_SIZE) return root
  } catch (cause) {
    throw new TlogError('tlog.checkpoint_malformed', 'Not a checkpoint: line 3, the root, is not base64.', {
      cause,
    })
  }
  throw malformed(`line 3, the root, is not ${HASH_SIZE} bytes`)
}

function malformed(why: string): TlogError {
  return new TlogError('tlog.checkpoint_malformed', `Not a checkpoint: ${why}.`)
}

/** Signed notes, as https://c2sp.org/signed-note defines them. */
import { concatBytes, fromBase64, toBase64, toUtf8 } from './bytes.ts'
import { TlogError } from './errors.ts'
import type { NoteSigner, NoteVerifier } from './note-keys.ts'
import { isKeyName } from './note-keys.ts'

/** One signature line. `keyId` says which key it claims, it does not prove it. */
export interface NoteSignature {
  readonly name: string
  readonly keyId: number
  readonly signature: Uint8Array
}

export interface ParsedNote {
  /** What is signed, with its final newline. Not to be believed before a signature is verified. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

export interface OpenedNote {
  readonly text: string
  /** Signatures by the given keys, all verified, at least one. */
  readonly verified: readonly NoteSignature[]
  /** Signatures by keys nobody gave; they say nothing. */
  readonly unknown: readonly NoteSignature[]
}

/** The specification asks for at least 16; the bounds keep a hostile note from costing memory or time. */
const MAX_SIGNATURES = 100
const MAX_LENGTH = 1_000_000
const LINE_START = '\u2014 '

/**
 * Splits a note strictly, verifying nothing.
 *
 * @throws `tlog.note_malformed`
 */
export function parseNote(note: string): ParsedNote {
  if (note.length > MAX_LENGTH) throw malformed(`it is longer than ${MAX_LENGTH} characters`)
  requirePlainText(note)
  const split = note.lastIndexOf('\n\n')
  if (split < 0) throw malformed('no blank line separates text and signatures')
  const text = note.slice(0, split + 1)
  const block = note.slice(split + 2)
  if (block === '') throw malformed('it has no signature')
  if (!block.endsWith('\n')) throw malformed('its last line does not end with a newline')
  const lines = block.slice(0, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) throw malformed(`it has more than ${MAX_SIGNATURES} signatures`)
  return { text, signatures: lines.map(parseSignature) }
}

/** Writes `text` and the signatures as one note. @throws `tlog.note_malformed` when it could not be parsed back. */
export function formatNote({ text, signatures }: ParsedNote): string {
  if (!text.endsWith('\n')) throw malformed('its text does not end with a newline')
  const lines = signatures.map(({ name, keyId, signature }) => {
    const bytes = concatBytes(keyIdBytes(keyId), signature)
    return `${LINE_START}${name} ${toBase64(bytes)}\n`
  })
  const note = `${text}\n${lines.join('')}`
  parseNote(note)
  return note
}

/** Signs `text`, which ends with a newline, with every signer in turn. @throws `tlog.note_malformed` */
export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  requirePlainText(text)
  const message = toUtf8(text)
  const signatures: NoteSignature[] = []
  for (const { name, keyId, sign } of signers) {
    signatures.push({ name, keyId, signature: await sign(message) })
  }
  return formatNote({ text, signatures })
}

/**
 * Parses a note and verifies every signature by a key in `verifiers`.
 *
 * Signatures by other keys are ignored. A known key whose signature is wrong spoils the whole note.
 *
 * @throws `tlog.note_malformed`
 * @throws `tlog.note_untrusted` when a known signature is wrong, or none is known.
 */
export async function openNote(note: string, verifiers: readonly NoteVerifier[]): Promise<OpenedNote> {
  const { text, signatures } = parseNote(note)
  const message = toUtf8(text)
  const verified: NoteSignature[] = []
  const unknown: NoteSignature[] = []
  for (const signature of signatures) {
    const known = verifiers.filter((key) => key.name === signature.name && key.keyId === signature.keyId)
    for (const key of known) {
      if (await key.verify(message, signature.signature)) continue
      throw new TlogError('tlog.note_untrusted', `The signature by ${key.name} does not verify.`)
    }
    ;(known.length > 0 ? verified : unknown).push(signature)
  }
  if (verified.length === 0) throw new TlogError('tlog.note_untrusted', noneKnown(signatures, verifiers))
  return { text, verified, unknown }
}

function noneKnown(signatures: readonly NoteSignature[], verifiers: readonly NoteVerifier[]): string {
  const listed = (keys: readonly { name: string; keyId: number }[]) =>
    keys.map(({ name, keyId }) => `${name}+${keyId.toString(16).padStart(8, '0')}`).join(', ') || 'none'
  return `No signature is by a trusted key. Signed by: ${listed(signatures)}. Trusted: ${listed(verifiers)}.`
}

function parseSignature(line: string, at: number): NoteSignature {
  const where = `signature line ${at + 1}`
  if (!line.startsWith(LINE_START)) throw malformed(`${where} does not begin with an em dash and a space`)
  const fields = line.slice(LINE_START.length).split(' ')
  const [name, encoded] = fields
  if (fields.length !== 2 || name === undefined || encoded === undefined) {
    throw malformed(`${where} is not "${LINE_START}<key name> <base64>"`)
  }
  if (!isKeyName(name)) throw malformed(`${where} has no valid key name`)
  const bytes = decodeSignature(encoded, where)
  const keyId = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  return { name, keyId, signature: bytes.subarray(4) }
}

function decodeSignature(encoded: string, where: string): Uint8Array {
  try {
    const bytes = fromBase64(encoded)
    if (bytes.length > 4) return bytes
  } catch (cause) {
    throw new TlogError('tlog.note_malformed', `Not a signed note: ${where} is not base64.`, { cause })
  }
  throw malformed(`${where} is too short for a key id and a signature`)
}

function keyIdBytes(keyId: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, keyId)
  return bytes
}

function requirePlainText(text: string): void {
  if (!text.isWellFormed()) throw malformed('it has a lone surrogate and so no UTF-8')
  if (/[\u0000-\u0009\u000b-\u001f]/.test(text))
    throw malformed('it has a control character other than newline')
}

function malformed(why: string): TlogError {
  return new TlogError('tlog.note_malformed', `Not a signed note: ${why}.`)
}

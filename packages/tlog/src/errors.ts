/** Every way this library refuses; switch on the code, never on the sentence. */
export type TlogErrorCode =
  | 'tlog.bad_argument'
  | 'tlog.bad_encoding'
  | 'tlog.not_canonical'
  | 'tlog.proof_invalid'
  | 'tlog.note_malformed'
  | 'tlog.note_untrusted'
  | 'tlog.checkpoint_malformed'
  | 'tlog.key_malformed'
  | 'tlog.path_malformed'
  | 'tlog.tile_malformed'
  | 'tlog.tile_missing'
  | 'tlog.log_mismatch'
  | 'tlog.export_invalid'

/** The one error this library throws on purpose. */
export class TlogError extends Error {
  readonly code: TlogErrorCode

  constructor(code: TlogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TlogError'
    this.code = code
  }
}

/** @throws `tlog.bad_argument` unless `value` is a non-negative safe integer. */
export function requireCount(value: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return
  throw new TlogError('tlog.bad_argument', `${what} must be an integer from 0 to 2^53-1; it is ${value}.`)
}

/** Codes of authenticator apps (RFC 6238 on RFC 4226), as every app computes them: HMAC-SHA-1, six digits, 30 seconds. Pure. @module */
import { HOTP, Secret, TOTP } from 'otpauth'
import { sameBytes } from '#platform/crypto'

export const PERIOD_SECONDS = 30
/** RFC 4226 section 4, R6: 160 bits. */
export const SECRET_BYTES = 20
const DIGITS = 6
/** Clocks that are wrong by a step, and codes typed at its end (RFC 6238 section 5.2). */
const TOLERATED_STEPS = 1

export interface CodeShape {
  readonly algorithm: 'SHA1' | 'SHA256' | 'SHA512'
  readonly digits: number
}

const OURS: CodeShape = { algorithm: 'SHA1', digits: DIGITS }

/** RFC 6238 section 4.2: T. */
export function stepAt(now: Date): number {
  return Math.floor(now.getTime() / 1000 / PERIOD_SECONDS)
}

/** The code of a step (a counter, in RFC 4226's words). */
export function codeOf(secret: Uint8Array, step: number, shape: CodeShape = OURS): string {
  return HOTP.generate({ secret: secretOf(secret), counter: step, ...shape })
}

/** Which step a code is of; `fresh`: later than the newest that was taken, so it is good. Undefined: of none near `now`. */
export function matchCode(
  secret: Uint8Array,
  code: string,
  now: Date,
  lastStep: number | null,
): { readonly step: number; readonly fresh: boolean } | undefined {
  const typed = Buffer.from(code.replace(/[\s-]/g, ''))
  const current = stepAt(now)
  let match: { step: number; fresh: boolean } | undefined
  for (let step = current - TOLERATED_STEPS; step <= current + TOLERATED_STEPS; step++) {
    if (!sameBytes(Buffer.from(codeOf(secret, step)), typed)) continue
    // Two steps may share a code: it is good if it is good for one of them.
    if (!match?.fresh) match = { step, fresh: lastStep === null || step > lastStep }
  }
  return match
}

/** What an authenticator app reads, from a QR code or from a link (the Key URI format that all apps share). */
export function keyUri(secret: Uint8Array, issuer: string, account: string): string {
  // A colon separates issuer and account in the label.
  const label = (text: string) => text.replaceAll(':', ' ')
  return new TOTP({
    secret: secretOf(secret),
    issuer: label(issuer),
    label: label(account),
    algorithm: OURS.algorithm,
    digits: DIGITS,
    period: PERIOD_SECONDS,
  }).toString()
}

/** For who types it: base32 (RFC 4648). */
export function spelled(secret: Uint8Array): string {
  return secretOf(secret).base32
}

function secretOf(bytes: Uint8Array): Secret {
  return new Secret({ buffer: Uint8Array.from(bytes).buffer })
}

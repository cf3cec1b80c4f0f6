/**
 * When a browser left a host for the sign-on, in Writ's own words: for policies in which one sign-on does not serve
 * another application, and each asks to sign in anew.
 *
 * @module
 */
import type { Services } from '#platform/context'
import { deriveKey, hmac, sameBytes } from '#platform/crypto'

/** What the mark is for: it is worth nothing on another host, or with another browser's secret. */
interface Departure {
  readonly origin: string
  /** SHA-256 of the browser's secret, base64url. */
  readonly browser: string
}

/** Carried through the redirects. */
export function departureMark(services: Services, departure: Departure, at: Date): string {
  return `${at.getTime()}.${sealOf(services, departure, String(at.getTime())).toString('base64url')}`
}

/** Undefined for a mark that is not ours, for this host and browser. */
export function departedAt(
  services: Services,
  departure: Departure,
  mark: string | undefined,
): Date | undefined {
  const [, at, seal] = /^(\d{1,15})\.([\w-]{43})$/.exec(mark ?? '') ?? []
  if (at === undefined || seal === undefined) return undefined
  const isOurs = sameBytes(Buffer.from(seal, 'base64url'), sealOf(services, departure, at))
  return isOurs ? new Date(Number(at)) : undefined
}

function sealOf({ masterKey }: Services, { origin, browser }: Departure, at: string): Buffer {
  return hmac(deriveKey(masterKey, 'forward-auth-departure'), `${origin}\n${browser}\n${at}`)
}

/** What a host is, where people may be sent on it, and how it is told who they are. Pure. @module */
import type { Uuid } from '#platform/ids'

export interface ForwardHost {
  readonly id: Uuid
  /** As a browser spells it: scheme, host, and the port where it is not the scheme's own. */
  readonly origin: string
  readonly createdBy: string
  readonly createdAt: Date
}

/** From the sign-on to the host: one redirect. */
export const CODE_SECONDS = 60

/** A longer address is not returned to; the person lands on the host's first page. */
const MAX_RETURN = 2_000

/**
 * The origin that a text names and nothing else: no path, no user, no query. Browsers keep a `__Host-` cookie only over
 * TLS or on this machine, so other hosts over http are none.
 */
export function hostOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const isBare =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  if (!isBare || url.hostname === '' || /[?#@]/.test(text)) return undefined
  if (url.protocol === 'https:') return url.origin
  return url.protocol === 'http:' && isThisMachine(url.hostname) ? url.origin : undefined
}

function isThisMachine(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d+){3}$/.test(hostname)
  )
}

/** A path of a host, as it may be put behind its origin; `/` for everything else. */
export function returnPath(text: string | undefined): string {
  if (text === undefined || text.length > MAX_RETURN) return '/'
  // One slash: two, or one and a backslash, begin another host's address for a browser.
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(text) ? text : '/'
}

/**
 * A text as a header's value: printable ASCII, everything else and `%` percent-encoded as UTF-8. So no name can end the
 * header or begin another, and decodeURIComponent gives back what was encoded.
 */
export function headerValue(text: string): string {
  return text.toWellFormed().replace(/[^\x20-\x24\x26-\x7e]+|^ | $/gu, (part) => encodeURIComponent(part))
}

/** Whether a person looks at the answer: others are told 401 and are sent nowhere. */
export function isNavigation(
  method: string,
  headers: { mode: string | undefined; accept: string | undefined },
) {
  if (method !== 'GET' && method !== 'HEAD') return false
  if (headers.mode !== undefined) return headers.mode === 'navigate'
  return headers.accept?.includes('text/html') === true
}

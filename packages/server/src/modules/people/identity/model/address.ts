/**
 * E-mail addresses, in the one spelling by which accounts are compared. Pure.
 *
 * @module
 */

/** RFC 5321 section 4.5.3.1: 64 octets before the @, 254 in all. */
const MAX_LOCAL = 64
const MAX_ADDRESS = 254

/** Dot-atom of RFC 5322, and letters of any script (RFC 6531). Quoted forms ("a b"@…) exist to be misread; none is in use. */
const LOCAL = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u

/** What a domain may be made of before it is turned into ASCII; the URL parser would also read ports, paths and numbers. */
const DOMAIN = /^[\p{L}\p{M}\p{N}-]+(?:\.[\p{L}\p{M}\p{N}-]+)+$/u
const ASCII_DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/

/**
 * The spelling that is compared: trimmed, NFKC, lower case, domain in ASCII (UTS 46). Undefined for what is no address.
 *
 * Two spellings of one mailbox must not be two accounts or two counts of failed sign-ins; two mailboxes must not be
 * one account. So letters are folded (no provider in use tells Ada@ from ada@), and dots and +tags are not (some do).
 * Control and formatting characters, bidirectional ones among them, are refused: they are invisible to whoever reads
 * a list of members. Idempotent: the key of a key is that key.
 */
export function addressKey(email: string): string | undefined {
  const text = fold(email.trim())
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  if (at < 1 || !LOCAL.test(local) || byteLength(local) > MAX_LOCAL) return undefined
  const domain = asciiDomain(text.slice(at + 1))
  if (domain === undefined) return undefined
  const key = `${local}@${domain}`
  return byteLength(key) > MAX_ADDRESS ? undefined : key
}

/**
 * The address as it is shown and mailed to. In NFKC, like the key: else a mail to ａda@example.com (full width) would
 * prove another mailbox than ada@example.com, whose account it is.
 */
export function shownAddress(email: string): string {
  return email.trim().normalize('NFKC')
}

/** NFKC can make letters that have a lower case, and lower case can make sequences that compose: until nothing changes. */
function fold(text: string): string {
  let folded = text
  for (let round = 0; round < 4; round++) {
    // JavaScript writes Σ at the end of a word as ς and elsewhere as σ: one letter.
    const next = folded.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ')
    if (next === folded) break
    folded = next
  }
  return folded
}

function asciiDomain(domain: string): string | undefined {
  if (!DOMAIN.test(domain)) return undefined
  const parsed = URL.parse(`http://${domain}/`)
  // A last label of digits makes the parser read an IPv4 address.
  return parsed && ASCII_DOMAIN.test(parsed.hostname) ? parsed.hostname : undefined
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}

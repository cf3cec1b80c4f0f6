/** Who passkeys are made for (WebAuthn Level 3, section 5.4.2): the address people use, never what a request says. Pure. @module */

export interface RelyingParty {
  /** The domain that credentials are bound to. */
  readonly id: string
  /** The only origin whose pages are believed. */
  readonly origin: string
}

export function relyingPartyOf(publicUrl: string): RelyingParty {
  const { hostname, origin } = new URL(publicUrl)
  return { id: hostname, origin }
}

/** A user handle: the account's id as bytes (section 6.1: opaque, no personal data). */
export function handleOf(userId: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(userId.replaceAll('-', ''), 'hex'))
}

/** base64url, as browsers send bytes. Undefined for anything else. */
export function bytesOf(text: string): Buffer | undefined {
  return /^[\w-]+$/.test(text) ? Buffer.from(text, 'base64url') : undefined
}

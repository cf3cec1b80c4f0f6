/** One-time links of an account: what each is for, where it leads, how long it works. Pure. @module */

export type LinkKind = 'verify_email' | 'activation' | 'password_reset' | 'email_change' | 'email_refusal'

/** The prefix by which secret scanners find a link's token. */
export const LINK_PREFIX = 'writ_link_'

/** The page a link opens. Opening it spends nothing: mail filters and previews open links too. */
const PAGES: Readonly<Record<LinkKind, string>> = {
  verify_email: '/verify-email',
  activation: '/activate',
  password_reset: '/reset-password',
  email_change: '/confirm-email',
  email_refusal: '/refuse-email',
}

/** How long somebody may still say that a change of the address was not theirs. */
const REFUSAL_SECONDS = 7 * 86_400

/**
 * The address that is mailed. The token stands in the query, not in the fragment: the pages work without JavaScript.
 * Every answer carries `Referrer-Policy: no-referrer`, and the server logs no addresses of requests; what a proxy in
 * front may log is worth nothing once the link is spent.
 */
export function linkUrl(publicUrl: string, kind: LinkKind, token: string): string {
  return `${publicUrl}${PAGES[kind]}?token=${token}`
}

export function linkSeconds(
  kind: LinkKind,
  links: { readonly resetSeconds: number; readonly verifySeconds: number },
): number {
  if (kind === 'password_reset') return links.resetSeconds
  return kind === 'email_refusal' ? REFUSAL_SECONDS : links.verifySeconds
}

/** The same for a mail. */
export function linkMinutes(kind: LinkKind, links: Parameters<typeof linkSeconds>[1]): number {
  return Math.max(1, Math.floor(linkSeconds(kind, links) / 60))
}

/** What a refresh token that is presented means. Pure. @module */

/** A client whose answer was lost asks again at once; later it is somebody else. */
export const RETRY_WINDOW_MS = 10_000

export interface PresentedToken {
  readonly expiresAt: Date
  readonly spentAt: Date | null
  /** Fingerprint of the client that spent it. */
  readonly spentBy: Buffer | null
  /** Its successor was spent too: the client that rotated it has the answer. */
  readonly isSuccessorSpent: boolean
}

/** The session of the token and those it depends on, as they stand now. */
export interface SessionStanding {
  readonly endedAt: Date | null
  readonly expiresAt: Date
  readonly sessionTokenVersion: number
  readonly tokenVersion: number
  readonly userStatus: string
  readonly memberStatus: string
  readonly organizationStatus: string
  readonly mustChangePassword: boolean
  /** The end of the member's last day, if one is set. */
  readonly accessEndsAt: Date | null
}

export type RefreshVerdict =
  | { readonly verdict: 'rotate' | 'repeat' | 'reused' }
  | { readonly verdict: 'refused'; readonly reason: string }

/**
 * Judges a token whose session is held. A spent token is `reused` (and costs the session) unless it comes within
 * {@link RETRY_WINDOW_MS} from the client that spent it, which is given the same successor once more: RFC 9700
 * section 4.14.2 asks for the revocation, a lost answer for the exception.
 */
export function judgeRefresh(
  token: PresentedToken,
  session: SessionStanding,
  isSameClient: boolean,
  now: Date,
): RefreshVerdict {
  const reason = refusalOf(session, now)
  if (reason) return { verdict: 'refused', reason }
  const isRetry =
    token.spentAt !== null &&
    isSameClient &&
    !token.isSuccessorSpent &&
    now.getTime() - token.spentAt.getTime() <= RETRY_WINDOW_MS
  if (token.spentAt !== null && !isRetry) return { verdict: 'reused' }
  // Also of a retry: a change of the password ends the family's tokens, and with them the answer that was lost.
  if (token.expiresAt <= now) return { verdict: 'refused', reason: 'expired' }
  return { verdict: isRetry ? 'repeat' : 'rotate' }
}

function refusalOf(session: SessionStanding, now: Date): string | undefined {
  if (session.endedAt !== null) return 'session_ended'
  if (session.expiresAt <= now) return 'session_expired'
  if (session.sessionTokenVersion !== session.tokenVersion) return 'tokens_revoked'
  if (session.userStatus !== 'active') return 'account_deactivated'
  if (session.memberStatus !== 'active') return 'member_deactivated'
  if (session.accessEndsAt !== null && session.accessEndsAt <= now) return 'access_ended'
  if (session.organizationStatus !== 'active') return 'organization_suspended'
  return session.mustChangePassword ? 'password_change_required' : undefined
}

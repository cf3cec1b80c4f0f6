/**
 * Sessions: one sign-in of one member, in exactly one organization, and what its bearer presents.
 *
 * Invariants
 * - Cookie, access tokens and refresh tokens die with their session, and all of an account's with its token version.
 * - Nothing of a standing is kept: every request reads it (credentials/).
 * - A refresh token is spent once. A second use by anybody but the client that lost the answer ends the session.
 * - A failed sign-in says nothing about whether an account exists, by its answer or by its work; the log says why.
 * - The idle limit is the cookie's. A program's is the life of its refresh token, which each use renews; neither
 *   reaches beyond the session's absolute end.
 *
 * @module
 */
export { endAccountSessions, endMemberSessions } from './commands/end-sessions.ts'
export { renewOwnSession } from './commands/renew-session.ts'
export { type RotatedKeys, rotateKeys } from './commands/rotate-keys.ts'
export { Authenticator, holdActor, isSameOrigin } from './credentials/authenticate.ts'
export { clearCookie, SESSION_COOKIE, setCookie } from './credentials/cookie.ts'
export { ensureSigningKey } from './credentials/signing-keys.ts'
export { isPermitted } from './model/methods.ts'
export { type Debts, owedBy } from './model/owed.ts'
export { sessionRoutes } from './routes.ts'

/**
 * Sessions: one sign-in of one member, in exactly one organization, and what its bearer presents.
 *
 * Invariants
 * - Cookie, access tokens and refresh tokens die with their session, and all of an account's with its token version.
 * - Nothing of a standing is kept: every request reads it (credentials/).
 * - A refresh token is spent once. A second use by anybody but the client that lost the answer ends the session.
 * - A sign-in owes the second factor, a new password and the organization in this order, judged anew at each step from
 *   the account as it is; a challenge stands for what was proven, is spent once and dies with the account's tokens.
 * - A sign-in, a proof and a change of privileges give a browser a new cookie; the one it had is worth nothing.
 * - A failed sign-in says nothing about whether an account exists, by its answer or by its work; the log says why.
 * - The idle limit is the cookie's. A program's is the life of its refresh token, which each use renews; neither
 *   reaches beyond the session's absolute end.
 *
 * @module
 */
export { changeOwnPassword } from './commands/change-own-password.ts'
export {
  endAccountSessions,
  endMemberSessions,
  endOtherSessions,
  endOwnSession,
  signOut,
  signOutEverywhere,
} from './commands/end-sessions.ts'
export { finishPasswordChange } from './commands/finish-password-change.ts'
export { forgetOwnDevice } from './commands/forget-device.ts'
export { nameOrganization } from './commands/name-organization.ts'
export { askForPasskey, proveSecondFactor } from './commands/prove-second-factor.ts'
export { renewOwnSession } from './commands/renew-session.ts'
export { type RotatedKeys, rotateKeys } from './commands/rotate-keys.ts'
export { signIn } from './commands/sign-in.ts'
export { beginPasskeySignIn, signInByPasskey } from './commands/sign-in-by-passkey.ts'
export { type SteppedUp, type StepUpProof, stepUp } from './commands/step-up.ts'
export { type Switched, switchOrganization } from './commands/switch-organization.ts'
export type { FactorMethod, SignedIn, SignInResult } from './commands/take-next-step.ts'
export { Authenticator, holdActor, isSameOrigin } from './credentials/authenticate.ts'
export {
  type Browser,
  browserOf,
  clearCookie,
  DEVICE_COOKIE,
  SESSION_COOKIE,
  setCookie,
} from './credentials/cookie.ts'
export { ensureSigningKey } from './credentials/signing-keys.ts'
export { deviceOf } from './model/device.ts'
export { isPermitted } from './model/methods.ts'
export { type Debts, owedBy } from './model/owed.ts'
export { listOwnDevices, listOwnSessions, readMe } from './queries.ts'
export { setSignInCookies } from './routes/views.ts'
export { sessionRoutes } from './routes.ts'

/**
 * Second factors: authenticator apps, passkeys, and the recovery codes that stand in for them.
 *
 * Invariants
 * - A code is good once, whoever sends it, however often at once, on however many servers.
 * - Guesses are counted by account and factor, before the code is looked at: another session gives no new attempts.
 * - A factor is one from its first proof on; what was begun and not confirmed proves nothing.
 * - Whoever has a factor adds another only in a session that proved it; adding and removing take a fresh sign-in.
 * - A passkey answers one question, asked of one account, for one purpose, for this site's own address.
 * - A clear secret is shown once, at enrolment; it is kept sealed for its row, a recovery code only as a hash.
 *
 * @module
 */
export { beginPasskeyProof, type PasskeyQuestion } from './commands/begin-passkey-proof.ts'
export { type BegunTotp, beginTotp, confirmTotp } from './commands/enrol-totp.ts'
export type { RemovalProof } from './commands/guard-change.ts'
export { demandFreshSignIn, demandSecondFactor } from './commands/guard-change.ts'
export {
  type FactorProof,
  type FactorRefusal,
  type FactorResult,
  proveFactor,
} from './commands/prove-factor.ts'
export { type PasskeyAnswer, type PasskeyProof, provePasskey } from './commands/prove-passkey.ts'
export { recoverAccount } from './commands/recover-account.ts'
export { beginPasskey, type RegistrationQuestion, registerPasskey } from './commands/register-passkey.ts'
export { removePasskey, removeTotp } from './commands/remove-factor.ts'
export { removeFactorsSince } from './commands/remove-factors-since.ts'
export { renamePasskey } from './commands/rename-passkey.ts'
export { renewRecoveryCodes } from './commands/renew-recovery-codes.ts'
export type { MfaAdvice } from './model/advice.ts'
export { provesFactor } from './model/permitted.ts'
export {
  type EnrolledFactors,
  factorsOf,
  hasFactor,
  hasPasskey,
  listOwnPasskeys,
  mfaAdvice,
  readOwnFactors,
} from './queries.ts'
export {
  attestationField,
  codeField,
  optionsShape,
  passkeyAnswerField,
  passkeyNameField,
  recoveryCodeField,
} from './routes/fields.ts'
export { factorRoutes } from './routes.ts'
export { endChallenges } from './store/codes.ts'

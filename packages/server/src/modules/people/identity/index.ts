/**
 * Accounts: who can prove to be somebody.
 *
 * Invariants
 * - One mailbox, one account: addresses are compared by {@link addressKey}, whatever their spelling.
 * - A clear password is hashed or compared and forgotten; nothing stores or logs it.
 * - An attempt is counted before its password is looked at, so guesses in parallel gain nothing.
 * - Whoever keeps guessing locks strangers out: a device on which the account has signed in has attempts of its own.
 * - An account is its owner's: an organization changes it only while it belongs to no other organization.
 * - A one-time link is spent once, and only the newest of its kind holds.
 * - A change of a password or a status raises the account's token version, which ends every token at once.
 *
 * @module
 */
export { errors as identityErrors, events as identityEvents } from './catalog.ts'
export { authenticationOf } from './commands/authentication-of.ts'
export { changeAccount } from './commands/change-account.ts'
export { choosePassword, makeTemporaryPassword, type NewPassword } from './commands/choose-password.ts'
export { createUser, type NewUser } from './commands/create-user.ts'
export { deactivateAccount, reactivateAccount } from './commands/deactivate-account.ts'
export { deleteAccount } from './commands/delete-account.ts'
export { holdOwnAccount, userOf } from './commands/hold-own-account.ts'
export { inEachOrganization, inOrganization } from './commands/in-each-organization.ts'
export { type IssuedLink, issueLink, type NewLink } from './commands/issue-link.ts'
export { mailResetLink } from './commands/mail-reset-link.ts'
export { confirmProof, type Proof, provePassword } from './commands/prove-password.ts'
export { replacePassword, resetPassword } from './commands/reset-password.ts'
export { type OpenLink, readOpenLink, spendLink } from './commands/spend-link.ts'
export { updateProfile } from './commands/update-profile.ts'
export { addressKey, shownAddress } from './model/address.ts'
export { type LinkKind, linkMinutes } from './model/link.ts'
export { type Lockout, strictestLockout } from './model/strictest.ts'
export {
  type AccountOrganization,
  findAccountByAddress,
  organizationsOf,
  type UserRow,
} from './queries.ts'
export {
  emailField,
  identityRoutes,
  localeField,
  nameField,
  passwordField,
  userShape,
  userView,
} from './routes.ts'
export { DEVICE_SECONDS, forgetDevice, forgetDevices } from './store/devices.ts'
export { type LinkRow, supersedeLaterRefusals, supersedeLinks } from './store/links.ts'
export {
  type Account,
  isEmailVerified,
  lockAccount,
  raiseTokenVersion,
  readAccount,
  saveEmail,
  saveEmailVerified,
  savePassword,
  saveRehash,
} from './store.ts'

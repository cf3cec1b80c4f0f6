/**
 * Recovery: how a person proves an address, gets back in without the password, and moves to another address.
 *
 * Invariants
 * - Nothing here tells whether an address is known: neither an answer, nor its time, nor the work before it.
 * - A mailed link never signs anybody in and stands for no second factor; it sets a password, and the sign-in asks the rest.
 * - A new password by link ends everything the account held, and proves the address whose mailbox was read.
 * - A new address counts once its own mailbox has confirmed it; the former one can take the account back for seven days.
 * - How many mails a stranger can cause at an address is counted in the database, over all servers.
 *
 * @module
 */
export { confirmEmailChange } from './commands/confirm-email-change.ts'
export { activateAccount, finishReset } from './commands/finish-reset.ts'
export { refuseEmailChange } from './commands/refuse-email-change.ts'
export { requestEmailChange } from './commands/request-email-change.ts'
export { requestReset } from './commands/request-reset.ts'
export { sendVerification, verifyEmail } from './commands/verify-email.ts'
export { recoveryRoutes } from './routes.ts'

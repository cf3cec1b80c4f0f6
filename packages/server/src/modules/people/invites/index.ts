/**
 * How people come in by a mail: invited by a member, or registered by themselves.
 *
 * Invariants
 * - A link works once, for the address it was mailed to, and only the newest; of 20 at once, on any number of servers,
 *   one gets through. It is stored as a hash.
 * - What an invite offers is what its inviter may give at the moment it is taken up. Else it is withdrawn, and the log
 *   says why.
 * - A link opens no account that exists: its owner accepts signed in, so nothing that a sign-in asks for is skipped.
 *   An account whose address nobody has proven accepts nothing, for somebody else may hold its password.
 * - Who is, or was, a member comes back by no invite; whoever becomes one has no open invite left (migrations/0011).
 * - Registering says nothing of an address: the same answer and the same writes, whether it is known or not. No account
 *   exists until the link in the mail is followed.
 *
 * @module
 */
export {
  type Accepted,
  acceptInvite,
  acceptInviteAsNewPerson,
  lookAtInvite,
} from './commands/accept-invite.ts'
export { finishRegistration } from './commands/finish-registration.ts'
export { requestRegistration } from './commands/request-registration.ts'
export { sendInvite } from './commands/send-invite.ts'
export { titlesOf } from './model.ts'
export { inviteAndJoiningRoutes } from './routes.ts'

/**
 * One sign-on: an OpenID provider for the applications of the platform, on the library oidc-provider, with our storage,
 * our sessions and our policy.
 *
 * Invariants
 * - What an application gets comes from one session of one member in one organization, and is worth something only
 *   while that session holds: this is read at every use, on every server.
 * - Codes and tokens are stored as hashes, are spent once by a conditional update, and a second use ends the grant.
 * - Addresses are made from the configured public address, never from a request.
 * - Who finishes a sign-in is the browser that began it.
 * - Applications are registered by the operator alone; the server's database role cannot.
 * - Whatever ends a session, its applications are told (jobs.ts).
 *
 * @module
 */
export { type CreatedClient, createClient } from './commands/create-client.ts'
export { type ClientActs, type ClientView, clientActs } from './commands/register-clients.ts'
export { revokeClient } from './commands/revoke-client.ts'
export { rotateSignOnKeys } from './commands/rotate-sign-on-keys.ts'
export { withdrawConsent } from './commands/withdraw-consent.ts'
export { signOnJobs } from './jobs.ts'
export type { RegistrationInput, SignOnClient } from './model/client.ts'
export { principalOfAccessToken } from './provider/access-token.ts'
export { ensureSignOnKey } from './provider/keys.ts'
export { SignOn } from './provider/mount.ts'
export type { ConsentView, Page, SignOnPages } from './provider/pages.ts'
export { signOnRoutes } from './routes.ts'
export { listConsents } from './store/consents.ts'

/**
 * Applications: programs that ask for decisions.
 *
 * Invariants
 * - A credential is shown once and stored as its SHA-256. It is 256 random bits, so a slow hash would add nothing.
 * - An application holds no role. What it may do is fixed (access/decisions): ask, search, explain, register resources.
 * - It asks about its own organization. The platform's may ask about any, so only the operator registers one; the
 *   database refuses it to the server.
 * - Revoked is revoked: dead on the next request on every node, never revived.
 *
 * @module
 */

export { createPlatformApplication, platformOrganization } from './commands/create-platform-application.ts'
export { revokePlatformApplication } from './commands/revoke-platform-application.ts'
export type { Application } from './model.ts'
export { listPlatformApplications } from './queries.ts'
export { applicationRoutes } from './routes.ts'

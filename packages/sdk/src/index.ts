/**
 * The client of Writ, and one-line guards for an application's routes. No dependencies.
 *
 * Invariants
 * - A door opens only on a plain `true`: errors, outages and answers that cannot be read refuse.
 * - The client follows no redirect, so a credential never reaches another host.
 *
 * @module
 */
export { type CallOptions, type Check, type CheckAnswer, Client, type ClientOptions } from './client.ts'
export { type FieldError, type Problem, WritError, WritUnavailable } from './errors.ts'
export type { components, paths } from './generated/openapi.ts'
export { type ExpressRequestLike, expressGuards } from './guards/express.ts'
export { type FastifyRequestLike, fastifyGuards } from './guards/fastify.ts'
export { fetchGuards } from './guards/fetch.ts'
export type { GuardOptions, Subject } from './guards/guard.ts'
export { type HonoContextLike, honoGuards } from './guards/hono.ts'

/**
 * Leaving, and changes of duties: deadlines that are set, met or missed.
 *
 * Invariants
 * - With the end of the last day nothing of a leaver gets through: each request compares it with the clock.
 * - A deadline's state is read from the member's real roles and standing; nobody ticks it off.
 * - What is overdue is raised once, however many servers watch.
 * - An occasion on which the policy revokes immediately revokes in the request that names it.
 * - An organization is never left without an owner by a day that comes.
 *
 * @module
 */
export { watchDeadlines } from './jobs.ts'
export { offboardingRoutes } from './routes.ts'

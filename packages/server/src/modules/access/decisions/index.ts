/**
 * Decisions: may somebody do something to something, and why.
 *
 * Invariants
 * - There is one decision path: Writ's own routes, evaluations, searches and explanations all end in `decide` of
 *   `@writ/policy`, with standing that was read for this very request. Nothing of anybody's standing is kept.
 * - A denial is in the log before it is answered; so is all else that the policy's `audit.decisions` names.
 * - The register's word on a resource goes before the caller's. What rests on the caller's word is marked and recorded.
 * - A question is decided in one organization. Another one than the caller's own does not exist for them, unless
 *   they are the platform's.
 * - Deciding changes nothing; only the register of resources is written here.
 *
 * @module
 */
export { decideForActor as decide } from './engine/actor.ts'
export { decisionRoutes } from './routes.ts'

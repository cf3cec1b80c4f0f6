/**
 * The policy in force, its versions, and who holds which role.
 *
 * Invariants
 * - A version is immutable. The newest is in force on every node from its commit on; every past one stays readable.
 * - An assignment is never deleted, only ended, and names the version under which it was given.
 * - Nobody gives a role above their own, gives one their role does not give, or raises themselves.
 * - Roles of the platform are given beside the application only; the database refuses them to the server.
 * - An organization keeps an active owner, however many act at once.
 * - An organization may tighten what the policy lets it tighten, and loosen nothing.
 *
 * @module
 */
export {
  type Application,
  applyPolicy,
  currentPolicy,
  type NewPolicy,
  parseOrRefuse,
} from './commands/apply-policy.ts'
export { createAssignments } from './commands/assign-roles.ts'
export { policyDrift } from './queries.ts'
export { policyRoutes } from './routes.ts'
export { createPolicies } from './versions/compiled-versions.ts'

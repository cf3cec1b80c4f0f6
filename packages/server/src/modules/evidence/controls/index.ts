/**
 * Controls at work: what the policy demands, whether it holds now by a count over live data, and the events that show it.
 *
 * Invariants
 * - A state is measured when it is asked for; nothing of it is stored.
 * - A check counts; whose accounts they are is for whoever may read members or the log.
 * - A control that this release only declares has no state.
 *
 * @module
 */
export { proofs } from './checks/proofs.ts'
export { controlRoutes } from './routes.ts'

/**
 * The catalogue of controls: everything a policy can demand, what it says about it, and which clauses of which
 * framework it helps to meet. One file a control.
 *
 * Invariants
 * - Ids are unique and forever: exceptions, evidence and a policy's `frameworks` refer to them.
 * - A control that applies to a policy has at least one sentence in every language.
 * - `enforced` is said only of what this release does on every request.
 *
 * @module
 */
import { accessRequests } from './access-requests.ts'
import { accessReviews } from './access-reviews.ts'
import { accountDeletion } from './account-deletion.ts'
import { ownAccountDeletion } from './account-deletion-self.ts'
import { auditEvents } from './audit-events.ts'
import { auditImmutability } from './audit-immutability.ts'
import { auditRetention } from './audit-retention.ts'
import { lockout } from './authentication-lockout.ts'
import { authenticationMethods } from './authentication-methods.ts'
import { mfa } from './authentication-mfa.ts'
import { password } from './authentication-password.ts'
import { passwordHash } from './authentication-password-hash.ts'
import { recovery } from './authentication-recovery.ts'
import { authenticationRequired } from './authentication-required.ts'
import { session } from './authentication-session.ts'
import { singleSignOn } from './authentication-single-sign-on.ts'
import { tokens } from './authentication-tokens.ts'
import { breakGlass } from './break-glass.ts'
import { containment } from './containment.ts'
import type { Control } from './control.ts'
import { databaseIsolation } from './database-isolation.ts'
import { deactivation } from './deactivation.ts'
import { decisionPath } from './decision-path.ts'
import { elevation } from './elevation.ts'
import { executionCodes } from './execution-codes.ts'
import { impersonation } from './impersonation.ts'
import { incomingWebhooks } from './incoming-webhooks.ts'
import { invites } from './invites.ts'
import { lastOwner } from './last-owner.ts'
import { leastPrivilege } from './least-privilege.ts'
import { memberMoves } from './member-moves.ts'
import { monitoring } from './monitoring.ts'
import { offboarding } from './offboarding.ts'
import { offboardingChecklist } from './offboarding-checklist.ts'
import { organizationContext } from './organization-context.ts'
import { organizationSettings } from './organization-settings.ts'
import { platformRoles } from './platform-roles.ts'
import { policyApproval } from './policy-approval.ts'
import { policyReview } from './policy-review.ts'
import { policyVersions } from './policy-versions.ts'
import { privacy } from './privacy.ts'
import { provisioning } from './provisioning.ts'
import { provisioningActivation } from './provisioning-activation.ts'
import { selfRegistration } from './provisioning-self-registration.ts'
import { resourceState } from './resource-state.ts'
import { roleAssignment } from './role-assignment.ts'
import { roleChanges } from './role-changes.ts'
import { roles } from './roles.ts'
import { sanctions } from './sanctions.ts'
import { securityHeaders } from './security-headers.ts'
import { sensitiveActions } from './sensitive-actions.ts'
import { separationOfDuties } from './separation-of-duties.ts'
import { serviceAccounts } from './service-accounts.ts'
import { signals } from './signals.ts'
import { supportAccess } from './support-access.ts'
import { tenantIsolation } from './tenant-isolation.ts'
import { thirdParties } from './third-parties.ts'
import { usageLimits } from './usage-limits.ts'

export {
  type Control,
  type ControlMapping,
  type Enforcement,
  type FrameworkName,
  frameworkNames,
  type Section,
  sections,
} from './control.ts'
export { frameLanguage, type Language, languages, type Words, wordsFor } from './words/index.ts'

/** Every control, in the order of the rendered document within its section. */
export const controls: readonly Control[] = Object.freeze([
  authenticationRequired,
  authenticationMethods,
  password,
  passwordHash,
  recovery,
  lockout,
  mfa,
  organizationSettings,
  session,
  tokens,
  singleSignOn,
  tenantIsolation,
  databaseIsolation,
  organizationContext,
  leastPrivilege,
  decisionPath,
  roles,
  lastOwner,
  resourceState,
  provisioning,
  selfRegistration,
  provisioningActivation,
  invites,
  roleAssignment,
  roleChanges,
  accessRequests,
  memberMoves,
  usageLimits,
  deactivation,
  accountDeletion,
  ownAccountDeletion,
  offboarding,
  offboardingChecklist,
  accessReviews,
  platformRoles,
  sensitiveActions,
  separationOfDuties,
  elevation,
  breakGlass,
  impersonation,
  supportAccess,
  serviceAccounts,
  incomingWebhooks,
  executionCodes,
  thirdParties,
  auditEvents,
  auditImmutability,
  auditRetention,
  monitoring,
  signals,
  securityHeaders,
  containment,
  sanctions,
  privacy,
  policyVersions,
  policyApproval,
  policyReview,
])

const byId: ReadonlyMap<string, Control> = new Map(controls.map((control) => [control.id, control]))

/** The control of an id, undefined when there is none. */
export function findControl(id: string): Control | undefined {
  return byId.get(id)
}

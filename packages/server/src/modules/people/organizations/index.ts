/**
 * Organizations and their members.
 *
 * Invariants
 * - An organization begins with an owner and keeps an active one, however many act at once.
 * - Nobody administers a member above their own reach, nor deactivates, deletes or resets themselves.
 * - What a deactivation ends has ended when it returns, on every node.
 * - A membership is the organization's, an account its owner's: credentials are touched only where the account belongs
 *   to no other organization.
 * - Deleting a member removes neither their assignments nor their events.
 * - The set-up link works once, while there is no organization.
 *
 * @module
 */
export { memberErrors } from './catalog.ts'
export { addMember, type Candidate } from './commands/add-member.ts'
export { createMemberAsOperator } from './commands/create-member.ts'
export { type CreatedOrganization, createOrganization } from './commands/create-organization.ts'
export { createSetupToken } from './commands/create-setup-token.ts'
export { deactivateHeld, keepAnOwner } from './commands/deactivate-member.ts'
export { grantPlatformRole, type PlatformGrant, revokePlatformRole } from './commands/grant-platform-role.ts'
export { holdMember, holdPerson, memberTarget } from './commands/hold-member.ts'
export { isDefault, mayProvision, rolesOfNewMember } from './model.ts'
export { findMemberOf, type MemberRow, readMember } from './queries/members.ts'
export { operatorContext } from './queries/operator.ts'
export { getOrganization } from './queries/organizations.ts'
export {
  organizationNameField,
  organizationParams,
  roleField,
  rolesField,
  slugField,
} from './routes/fields.ts'
export { statementField } from './routes/member-standing.ts'
export { organizationRoutes } from './routes.ts'
export { saveAccessEnd } from './store.ts'

/** Everything this module can say: its failures, its audit events, the permissions it asks for. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'

export const errors = defineErrors('organizations', {
  not_found: [404, 'Organization not found.'],
  slug_taken: [409, 'Another organization has this name in addresses. Choose another slug.'],
  setup_refused: [
    401,
    'This set-up link does not work: it was used, it has expired, or there is an organization already. The server prints a new one at its next start, while there is none.',
  ],
  owner_only: [403, 'Only an owner of the organization can hand over its ownership.'],
})

export const memberErrors = defineErrors('members', {
  not_found: [404, 'Member not found.'],
  above_you: [403, 'Your role does not administer members who hold this role.'],
  yourself: [403, 'You cannot do this to yourself. Ask another administrator.'],
  already_member: [409, 'This person is a member of the organization already.'],
  account_exists: [
    409,
    'There is an account with this e-mail address in another organization, and an account belongs to one organization under this policy.',
  ],
  inactive: [409, 'This member is deactivated. Reactivate the member first.'],
  no_default_role: [422, 'The policy has no default role, so "roles" must name one.'],
  not_provisioning: [403, 'Your role does not create accounts under this policy.'],
  deletion_needs_acknowledgement: [
    409,
    'Deletion removes the account for good and cannot be undone; deactivation ends all access at once and can. Deactivate instead, or repeat with ?acknowledge=history-stays: the audit history stays in either case.',
  ],
})

export const events = defineEvents('organizations', {
  created: 'An organization was created.',
  changed: 'Name, address or settings of an organization were changed.',
  suspended: 'The platform suspended an organization: nobody but the platform reaches it.',
  activated: 'The platform restored a suspended organization.',
  ownership_transferred: 'An owner handed the ownership to another member.',
  setup_refused: 'Somebody tried to set the server up with a link that does not work.',
})

export const memberEvents = defineEvents('members', {
  added: 'A person became a member of the organization.',
  renamed: "An administrator changed a member's name.",
  deactivated: 'A member was deactivated: sessions, tokens and keys ended at once.',
  reactivated: 'A deactivated member was reactivated.',
  deleted: 'A member was deleted.',
  refused: 'Somebody tried to administer a member who is above them, or themselves.',
})

export const permissions = {
  readOrganization: 'read:organization',
  updateOrganization: 'update:organization',
  transfer: 'transfer:organization',
  readAll: 'read:organizations',
  create: 'create:organizations',
  suspend: 'suspend:organizations',
  readMembers: 'read:members',
  createMembers: 'create:members',
  updateMembers: 'update:members',
  deactivate: 'deactivate:members',
  reactivate: 'reactivate:members',
  deleteMembers: 'delete:members',
  resetPassword: 'reset-password:members',
  assignRoles: 'assign:roles',
} as const

/** Everything this module can say: its failures, its audit events, the permissions it asks for. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'

export const errors = defineErrors('policy', {
  not_found: [404, 'Policy version not found.'],
  setting_refused: [
    422,
    'An organization may only tighten settings that the policy names, and never loosen one. "errors" names each setting.',
  ],
  locks_you_out: [
    409,
    'With these settings you could not change them back yourself. "reason" says what you would be refused for; see to that first.',
  ],
})

export const roleErrors = defineErrors('roles', {
  unknown: [422, 'The policy has no such role.'],
  one_only: [422, 'A member has exactly one role under this policy.'],
  none: [422, 'A member has at least one role. To take away all access, deactivate the member.'],
  separated: [409, 'The policy keeps these roles apart: one member may not hold them together.'],
  above_your_own: [403, 'You cannot give a role above your own, to others or to yourself.'],
  not_yours_to_assign: [403, 'Your role does not give or take this role.'],
  operator_only: [
    403,
    'Roles of the platform are given beside the application, by the operator: writ admin grant-role.',
  ],
  last_owner: [409, 'An organization keeps at least one active owner. Make another member an owner first.'],
})

export const events = defineEvents('policy', {
  applied: 'A policy version was put into force.',
  settings_changed: 'An organization tightened settings for itself, or took that back.',
})

export const roleEvents = defineEvents('roles', {
  changed: "A member's roles were changed.",
  ended: 'All roles of a member who leaves were ended.',
  assignment_refused: 'Somebody tried to give or take a role that is not theirs to give.',
})

export const permissions = {
  read: 'read:policy',
  readRoles: 'read:roles',
  readMembers: 'read:members',
  readSettings: 'read:settings',
  updateSettings: 'update:settings',
} as const

/** Everything this module can say: its failures, its audit events, the permissions it asks for. */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'

export const errors = defineErrors('applications', {
  not_found: [404, 'Application not found.'],
  already_revoked: [409, 'This application has already been revoked.'],
})

export const events = defineEvents('applications', {
  created: 'An application was registered and given a credential.',
  revoked: 'An application was revoked: its credential is dead.',
})

export const permissions = { read: 'read:applications', manage: 'manage:applications' } as const

/** Everything this module can say. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'

export const errors = defineErrors('identity', {
  not_found: [404, 'Account not found.'],
  address_taken: [409, 'There is an account with this e-mail address already.'],
  weak_password: [422, 'The password does not meet the policy. "rules" names everything it misses.'],
  wrong_password: [403, 'The current password is not right.'],
  link_dead: [
    422,
    'This link does not work: it was used, a newer one was sent, or it has expired. Ask for a new one.',
  ],
  belongs_elsewhere: [
    403,
    'This account also belongs to another organization, so only its owner or the platform can change it. Deactivate the membership instead.',
  ],
})

export const events = defineEvents('identity', {
  account_created: 'An account was created.',
  profile_changed: 'A person changed their own name or language.',
  password_changed: 'A person changed their own password.',
  password_change_failed: 'A person who tried to change their password did not know the current one.',
  password_reset: 'An administrator replaced a password by a temporary one.',
  account_locked: 'An account was locked after too many failed sign-ins.',
  device_forgotten: 'A device lost what it had proven: from then on it is a stranger to its account.',
  account_deactivated: 'An account was deactivated: it signs in nowhere.',
  account_reactivated: 'A deactivated account was reactivated.',
  account_deleted: 'An account was deleted.',
})

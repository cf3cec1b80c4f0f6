/** Everything this module can say: its failures and its audit events. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'

export const errors = defineErrors('sign_on', {
  client_not_found: [404, 'Application not found.'],
  client_already_revoked: [409, 'This application has already been revoked.'],
  no_interaction: [
    404,
    'This sign-in is no longer open, or it was begun in another browser. Go back to the application and begin again.',
  ],
  no_consent: [404, 'You have handed nothing to such an application.'],
})

export const events = defineEvents('sign_on', {
  client_created: 'An application was registered for the one sign-on.',
  client_revoked: 'An application was revoked: nothing it was given is worth anything any more.',
  keys_rotated: 'A new key signs ID tokens; the others were retired if the operator said so.',
  authorized: 'A person went on into an application with their session.',
  device_limited: 'Codes of devices from one address were stopped for a while: too many were tried.',
  token_refreshed: 'An application exchanged a refresh token for its successor.',
  reused:
    'A spent code or refresh token was presented again: somebody else may have it, so all that the application was given ended.',
  revoked: 'An application gave back what it was given.',
  consent_given: 'A person agreed that an application receives what it asked for.',
  consent_refused: 'A person refused what an application asked for.',
  consent_withdrawn: 'A person took back what they had agreed to; the application is out.',
  logout_delivered: 'An application was told that a session ended.',
  logout_failed: 'An application could not be told that a session ended, and is not tried again.',
})

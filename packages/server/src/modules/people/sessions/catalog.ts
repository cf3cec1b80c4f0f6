/** Everything this module can say. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'

export const errors = defineErrors('sessions', {
  not_found: [404, 'Session not found.'],
  invalid_credentials: [
    401,
    'The e-mail address or the password is not right, or this account cannot sign in here.',
  ],
  invalid_refresh_token: [401, 'The refresh token does not hold. Sign in again.'],
  invalid_challenge: [
    401,
    'This sign-in is no longer open: it was finished or it took too long. Sign in again.',
  ],
  organization_not_found: [404, 'You belong to no such organization.'],
})

export const events = defineEvents('sessions', {
  signed_in: 'A person signed in.',
  sign_in_failed: 'A sign-in failed; the reason is for the log alone.',
  sign_in_limited: 'Sign-ins from one address were stopped for a while: too many failed.',
  organization_asked: 'A person of several organizations signed in and was asked which one.',
  challenged: 'A person with a temporary password signed in and was asked for a new one.',
  switched: 'A person went on in another of their organizations.',
  stepped_up: 'A person proved again who they are.',
  step_up_failed: 'A person who was to prove again who they are did not.',
  rotated: 'A session got a new cookie; the old one is worth nothing.',
  refreshed: 'A refresh token was exchanged for its successor.',
  refresh_refused: 'A refresh token was refused.',
  refresh_reused:
    'A spent refresh token was presented again: somebody else may have it, so its session ended.',
  ended: 'A session ended: its cookie, access tokens and refresh tokens.',
  keys_rotated: 'A new key signs access tokens; the others were retired if the operator said so.',
})

/** Everything this module can say: its failures and its audit events. @module */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'

export const errors = defineErrors('privacy', {
  unknown_purpose: [422, 'The policy asks no consent for such a purpose. "purposes" has those it asks for.'],
  not_given: [404, 'You have given no such consent, or have withdrawn it.'],
  export_off: [
    403,
    'Under this policy people do not export their data themselves. Ask your organization for it.',
  ],
})

export const events = defineEvents('privacy', {
  consent_given: 'A person gave their consent to a purpose, under the policy in force.',
  consent_withdrawn: 'A person withdrew their consent to a purpose.',
  exported: 'A person took along what is held about them.',
  read: "Somebody looked at another person's data; noted once an hour for each reader, person and kind of data.",
  listed: 'Somebody went through the data of the members; noted once an hour for each reader.',
  expired: 'Clear values in the log were erased whose time under the policy was over; the proofs still hold.',
})

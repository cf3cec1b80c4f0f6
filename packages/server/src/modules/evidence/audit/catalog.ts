/** Everything this module can say: its failures, its audit events, the permissions it asks for. */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'

export const errors = defineErrors('audit', {
  not_found: [404, 'Audit event not found.'],
  no_checkpoint: [
    404,
    'This log has no signed checkpoint yet: it is empty, or its first events are being signed.',
  ],
  no_such_tile: [
    404,
    'The log has no such tile. Partial tiles have the width that the size of a checkpoint gives them.',
  ],
  not_in_checkpoint: [
    409,
    'The event is recorded and not yet under a signed checkpoint. Ask again in a second.',
  ],
  range: [422, 'The range is not within the log as of its newest checkpoint.'],
  erasure_off: [403, 'Under this policy personal values are not erased from the log.'],
  event_too_large: [500, 'The event of this change is too large for the audit log, so nothing was changed.'],
})

export const events = defineEvents('audit', {
  exported: 'The audit log, or a range of it, was exported.',
  personal_erased: "A person's clear values were erased from the audit log; the proofs still hold.",
})

export const permissions = {
  read: 'read:audit',
  readPlatform: 'read:platform-audit',
  export: 'export:audit',
  /** Erasing a person's values belongs to deleting them. */
  erase: 'delete:members',
} as const

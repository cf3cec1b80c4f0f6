/** Everything this module can say. @module */
import { defineErrors } from '#platform/errors'

export const errors = defineErrors('controls', {
  not_found: [404, 'The policy language has no such control.'],
})

export const permissions = { read: 'read:policy' } as const

/** Everything this module can say: its failures, its audit events, the permissions it asks for. */
import { defineEvents } from '#platform/catalog'
import { defineErrors } from '#platform/errors'

export const errors = defineErrors('decisions', {
  malformed_request: [400, 'The question cannot be read as the AuthZEN Authorization API 1.0 writes it.'],
  too_many: [422, 'These are more questions than one request may ask. Split them.'],
  unknown_resource_type: [422, 'The policy knows no resource of this type.'],
  candidates_needed: [
    422,
    'No resource of this type is registered, so there is nothing to search. Register the resources (PUT …/resources/{type}/{id}) or send their ids as context.candidates.',
  ],
})

/** Codes of `resources.…`: the register. */
export const resourceErrors = defineErrors('resources', {
  not_found: [404, 'Resource not found.'],
  unknown_type: [422, 'The policy declares no resource of this type.'],
})

export const events = defineEvents('decisions', {
  allowed: 'Somebody asked whether an action is allowed, and it was.',
  denied: 'Access was denied.',
  searched: 'Somebody asked who may, on what, or what somebody may do.',
})

export const resourceEvents = defineEvents('resources', {
  registered: 'A resource of the application was registered or changed.',
  removed: 'A resource of the application was removed from the register.',
})

export const permissions = {
  check: 'check:decisions',
  search: 'search:decisions',
  explain: 'explain:decisions',
  readResources: 'read:resources',
  registerResources: 'register:resources',
} as const
